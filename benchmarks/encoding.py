"""Passages encoded a second: ours from tokens, and sentence-transformers' encode from texts."""

import os

from alternate import alternate, options
from sentence_transformers import SentenceTransformer
from texts import LIMIT, TEXTS, Triples, encoder_folder, read
from tokenizers import Tokenizer

from tasb.jobs import Job
from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.device import prepare
from tasb.models.encoder import Encoder
from tasb.models.sides import PASSAGES
from tasb.vectors.config import Vectors
from tasb.vectors.encode import TextEncoder

LENGTH = 200


def main() -> None:
    """Print one row for each collection; our time includes tokenizing, as theirs does."""
    given = options(__doc__, passages=512)
    folder, device = encoder_folder(), prepare(Job({}, {}, {}, os.cpu_count() or 1))
    card = Card(passage_length=LENGTH)
    model = BertDot(Encoder.load(folder, folder / "tokenizer.json"), card).to(device)
    encoder = TextEncoder(model, Vectors().batch_tokens, given.precision)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LIMIT)
    peer = SentenceTransformer(str(folder))
    peer.max_seq_length = LENGTH
    if given.precision == "bf16":
        peer.bfloat16()
    for name in TEXTS:
        texts = read(name, given.passages // 2)

        def ours(texts: Triples = texts) -> None:
            tokenizer.encode_batch(texts.passages, add_special_tokens=False)
            list(encoder.encode(texts.passage_tokens, PASSAGES, range(len(texts.passages))))

        def theirs(texts: Triples = texts) -> None:
            peer.encode(texts.passages, batch_size=32)

        what = f"encoding, {name}, {given.precision}"
        alternate(what, len(texts.passages), "passages", ours, theirs, given.repetitions)


if __name__ == "__main__":
    main()
