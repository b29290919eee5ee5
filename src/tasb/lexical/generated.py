"""Predicted queries of passages, sampled from an encoder-decoder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForSeq2SeqLM

from tasb.errors import TasbError
from tasb.jobs import Job, progress
from tasb.lexical.expanded import Expansion, write_expansions
from tasb.models.device import prepare
from tasb.models.precision import autocast, resolve_precision
from tasb.seeds import derive
from tasb.tokens.store import TokenStore
from tasb.vectors.encode import shard_range

SPECIAL = ("decoder_start_token_id", "eos_token_id", "pad_token_id")
BLOCK = 32
"""Passages that are written for at a time; each block draws from a stream of its own."""


def make(job: Job) -> None:
    """Write queries for a shard of the passages."""
    recipe, store = job.recipe, TokenStore(job.file("tokens"))
    folder, on = Path(job.files("model")[0]).parent, prepare(job)
    model: Any = AutoModelForSeq2SeqLM.from_pretrained(folder, local_files_only=True)
    precision = job.about["precision"] = resolve_precision(recipe["precision"], on)
    if precision == "fp16" and model.config.model_type == "t5":
        raise TasbError("vectors.precision: T5's activations are beyond fp16; set fp32 or bf16")
    tokenizer = Tokenizer.from_file(job.file("tokenizer"))
    rows = shard_range(len(store), recipe["shard"], recipe["shards"])
    with autocast(precision, on):
        written = generated(model.to(on).eval(), tokenizer, store, rows, recipe)
        write_expansions(written, job.output("expansions"))


@torch.inference_mode()
def generated(
    model: Any, tokenizer: Tokenizer, store: TokenStore, rows: range, settings: Any
) -> Iterator[Expansion]:
    """Yield the queries of some passages, sampled from the `top_k` likeliest tokens at each place.

    What is drawn for a passage does not depend on the shard that it is in.

    Args:
        model: encoder-decoder of transformers.
        tokenizer: of its texts.
        store: tokens of all passages.
        rows: positions of the passages.
        settings: queries, top_k, query_length, passage_length, seed.
    """
    first, last = rows.start // BLOCK, -(-rows.stop // BLOCK)
    for block in progress(range(first, last), last - first, f"blocks of {BLOCK} passages"):
        torch.manual_seed(derive(settings["seed"], block) >> 1)
        own = range(block * BLOCK, min((block + 1) * BLOCK, len(store)))
        ids, mask = _padded(model, tokenizer, store, own, settings["passage_length"])
        found = model.generate(
            input_ids=ids, attention_mask=mask, do_sample=True, top_k=settings["top_k"],
            num_return_sequences=settings["queries"], max_length=settings["query_length"],
            **{name: getattr(model.config, name) for name in SPECIAL},
        )  # fmt: skip
        texts = tokenizer.decode_batch(found.tolist(), skip_special_tokens=True)
        for row in own:
            at = (row - own.start) * settings["queries"]
            if row in rows:
                yield texts[at : at + settings["queries"]]


def _padded(
    model: Any, tokenizer: Tokenizer, store: TokenStore, rows: range, length: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return passages as the model reads them: BERT's with [CLS] and [SEP], T5's with </s>."""
    config, on = model.config, next(model.parameters()).device
    eos = tokenizer.token_to_id("</s>")
    if config.model_type == "t5":
        texts = [[*store[row][: length - 1].tolist(), eos] for row in rows]
    else:
        start, end = config.decoder_start_token_id, config.eos_token_id
        texts = [[start, *store[row][: length - 2].tolist(), end] for row in rows]
    longest = max(map(len, texts))
    ids = [text + [config.pad_token_id] * (longest - len(text)) for text in texts]
    mask = [[1] * len(text) + [0] * (longest - len(text)) for text in texts]
    return torch.tensor(ids, device=on), torch.tensor(mask, device=on)
