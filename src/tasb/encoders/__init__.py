"""Pre-trained encoders, verified by checksum; part of the tokens stage."""
