"""Stage 4: scores of the two teachers, for pairs (BERT_CAT) and for batches (ColBERT)."""
