"""Stage 9: passage and query vectors, and trained Faiss indexes."""
