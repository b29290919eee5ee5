"""Stage 1: passages, queries, judgments and training pairs, checked where they enter."""
