"""Stage 8: passage and query vectors, and trained Faiss indexes."""
