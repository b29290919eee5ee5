"""Stage 9: the top passages of each query, from whatever system."""
