"""Stage 7: the batches of a run, in order, as an artifact."""
