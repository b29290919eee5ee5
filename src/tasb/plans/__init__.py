"""Stage 6: the batches of a run, in order, as an artifact."""
