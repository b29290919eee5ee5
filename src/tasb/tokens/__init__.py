"""Stage 2: every text is tokenized once, into a memory-mapped store."""
