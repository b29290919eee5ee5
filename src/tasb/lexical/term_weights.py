"""Weights of the words of all passages: by a trained DeepCT, or from a published file."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from tasb.collection.tables import count_texts
from tasb.errors import TasbError
from tasb.files import existing
from tasb.jobs import Job, progress
from tasb.lexical.blocks import write_rows
from tasb.lexical.words import CONTINUED, WordPieces
from tasb.models.card import Card
from tasb.models.deep_ct import DeepCt
from tasb.models.device import prepare
from tasb.models.load import load_model
from tasb.models.precision import autocast, resolve_precision
from tasb.tokens.store import TokenStore

BLOCK = 2048
"""Passages whose words are weighed together."""
SCHEMA = pa.schema([("passage", pa.int32()), ("words", pa.list_(pa.string())),
                    ("weights", pa.list_(pa.float32()))])  # fmt: skip
SPECIAL = ("[CLS]", "[SEP]", "[PAD]")
Weighed = tuple[int, dict[str, float]]
"""A passage, and the weight of each of its words."""


def make(job: Job) -> None:
    """Weigh the words of all passages by a trained model."""
    settings, device = job.recipe["encoder"], prepare(job)
    card = Card.model_validate(settings["card"])
    model = load_model(settings["model"], card, job.files("model"), job.file("tokenizer"))
    if not isinstance(model, DeepCt):
        raise TypeError("only a DeepCT weighs words")
    precision = job.about["precision"] = resolve_precision(settings["precision"], device)
    store, pieces = TokenStore(job.file("tokens")), WordPieces(job.file("tokenizer"))
    found = weighed(model.to(device).eval(), store, pieces, card.passage_length,
                    settings["batch_tokens"], precision)  # fmt: skip
    write_weights(found, job.output("weights"))


@torch.inference_mode()
def weighed(
    model: DeepCt, store: TokenStore, pieces: WordPieces, length: int, tokens: int, precision: str
) -> Iterator[Weighed]:
    """Yield each passage with the weights of its words; a repeated word has its largest.

    Args:
        model: in inference mode.
        store: tokens of the passages.
        pieces: of its tokenizer.
        length: tokens of a passage, special tokens included.
        tokens: padded tokens in one forward pass.
        precision: of the passes.
    """
    encoder, blocks = model.encoder, range(0, len(store), BLOCK)
    for start in progress(blocks, len(blocks), f"blocks of {BLOCK} passages weighed"):
        rows = range(start, min(start + BLOCK, len(store)))
        texts = encoder.ready(store.texts(rows, encoder.special, length), tokens)
        values: dict[int, np.ndarray] = {}
        with autocast(precision, next(model.parameters()).device):
            for group, weights in model.weights(texts):
                values |= zip(group.rows.tolist(), weights.float().cpu().numpy())
        for row, passage in enumerate(rows):
            words, places = pieces.words(store[passage][: length - 2])
            best: dict[str, float] = {}
            for word, place in zip(words, places):
                best[word] = max(best.get(word, -np.inf), float(values[row][1 + place]))
            yield passage, best


def make_from_file(job: Job) -> None:
    """Read published weights: a line a passage, with ``token weight`` pairs between tabs."""
    existing(job.recipe["file"], f"systems.{job.recipe['system']}.file")
    count = count_texts(job.file("passages"))
    write_weights(read_predictions(job.file("predictions"), count), job.output("weights"))


def read_predictions(path: str | Path, count: int) -> Iterator[Weighed]:
    """Yield the passages of a file of DeepCT's predictions; pieces of a word are put together.

    The weight of a word is that of its first piece.

    Args:
        path: the file.
        count: passages of the collection.

    Raises:
        TasbError: a line is no such pairs, or there are more or fewer lines than passages.
    """
    number = 0
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if number > count:
                raise TasbError(f"{path}:{number}: weights for an unknown passage; the collection "
                                f"has {count:,}")  # fmt: skip
            best: dict[str, float] = {}
            for word, weight in _words(f"{path}:{number}", line):
                best[word] = max(best.get(word, -np.inf), weight)
            yield number - 1, best
    if number < count:
        raise TasbError(
            f"{path}: {number:,} lines for {count:,} passages; is it the file of this collection, "
            "and whole?"
        )


def _words(where: str, line: str) -> list[tuple[str, float]]:
    """Return the words of a line, each with the weight of its first piece."""
    found: list[tuple[str, float]] = []
    for pair in line.rstrip("\n").split("\t"):
        piece, _, weight = pair.strip().rpartition(" ")
        if not pair.strip() or piece in SPECIAL:
            continue
        try:
            value = float(weight)
        except ValueError:
            raise TasbError(f"{where}: '{pair}' is no token with its weight") from None
        if piece.startswith(CONTINUED) and found:
            word, before = found.pop()
            found.append((word + piece.removeprefix(CONTINUED), before))
        else:
            found.append((piece, value))
    return found


def write_weights(rows: Iterable[Weighed], path: str | Path) -> None:
    """Write the words of passages and their weights, a row a passage."""
    write_rows(rows, _table, SCHEMA, path)


def _table(block: list[Weighed]) -> pa.Table:
    columns = [passage for passage, _ in block], [[*words] for _, words in block], [
        [*words.values()] for _, words in block
    ]  # fmt: skip
    return pa.table(dict(zip(SCHEMA.names, columns)), schema=SCHEMA)
