"""The three architectures of section 2: BERT_CAT, ColBERT and BERT_DOT."""
