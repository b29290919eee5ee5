"""TAS-B: dense retrieval training with balanced topic aware sampling, end to end."""
