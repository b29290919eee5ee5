"""Tokenizing a whole table of texts with a fast tokenizer, on all cores."""

from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer

from tasb.collection.tables import count_texts, read_text_column
from tasb.jobs import Job, progress
from tasb.tokens.store import write_tokens


def make(job: Job) -> None:
    """Tokenize the passages, or a query set."""
    texts, tokenizer = job.file("texts"), job.file("tokenizer")
    tokenize(texts, tokenizer, job.recipe["limit"], job.output("tokens"))


def tokenize(texts: str | Path, tokenizer_file: str | Path, limit: int, path: str | Path) -> None:
    """Tokenize the texts of a Parquet table into a token store.

    A text that holds "[SEP]" or the like (MS MARCO has some) gets the tokens of these characters.

    Args:
        texts: Parquet with a column ``text``, in order of position.
        tokenizer_file: a ``tokenizer.json``.
        limit: ids kept of each text, special tokens not included.
        path: the store to write.
    """
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.encode_special_tokens = True
    rows = _ids(tokenizer, texts, limit)
    total = count_texts(texts)
    write_tokens(progress(rows, total, "texts tokenized"), tokenizer.get_vocab_size(), path)


def _ids(tokenizer: Tokenizer, texts: str | Path, limit: int) -> Iterator[list[int]]:
    for part in read_text_column(texts, rows=10_000):
        encodings = tokenizer.encode_batch_fast(part, add_special_tokens=False)
        for encoding in encodings:
            yield encoding.ids[:limit]
