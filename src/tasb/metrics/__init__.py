"""Stage 11: effectiveness per query, and significance."""
