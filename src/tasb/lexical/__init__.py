"""Stage 3: BM25 rankings, and BM25 negatives for training."""
