"""Stage 5: training queries grouped into topics."""
