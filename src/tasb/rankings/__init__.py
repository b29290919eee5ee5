"""Stage 10: the top passages of each query, from whatever system."""
