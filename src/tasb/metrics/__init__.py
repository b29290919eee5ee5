"""Stage 10: effectiveness per query, and significance."""
