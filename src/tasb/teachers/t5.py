"""monoT5 and duoT5: a T5 says whether a passage is relevant, or the better one of two."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import T5ForConditionalGeneration

from tasb.errors import TasbError
from tasb.jobs import progress
from tasb.models.batches import length_groups
from tasb.models.device import device_of
from tasb.models.precision import autocast, resolve_precision
from tasb.teachers.duo import symmetric_sums
from tasb.teachers.scoring import BLOCK, Scores
from tasb.tokens.store import TokenStore
from tasb.tokens.texts import Positions

END = "</s>"
Ids = list[int]


class Prompts:
    """The texts that a T5 reads, as token ids.

    ``Query: q Document: d Relevant:`` and ``Query: q Document0: a Document1: b Relevant:``, each
    with ``</s>``. SentencePiece's pieces do not go beyond a space, so texts that were tokenized
    one by one are put together. Passages are cut, both by as much, and never what is around them.
    """

    def __init__(self, tokenizer: Tokenizer, length: int) -> None:
        """Take a tokenizer, and the tokens that a prompt may have."""

        def ids(text: str) -> Ids:
            """Return the tokens of a part of the prompt."""
            found: Ids = tokenizer.encode(text, add_special_tokens=False).ids
            return found

        self.query, self.relevant = ids("Query:"), ids("Relevant:")
        self.one, self.two = [ids("Document:")], [ids("Document0:"), ids("Document1:")]
        self.end = _id(tokenizer, END)
        self.length = length

    def prompt(self, query: Sequence[int], *passages: Sequence[int]) -> Ids:
        """Return the prompt of a query with one passage or two."""
        names = self.one if len(passages) == 1 else self.two
        around = [*self.query, *query], [*self.relevant, self.end]
        taken = len(around[0]) + len(around[1]) + sum(map(len, names))
        cut = max(0, self.length - taken) // len(passages)
        between = [token for name, passage in zip(names, passages)
                   for token in [*name, *passage[:cut]]]  # fmt: skip
        return [*around[0], *between, *around[1]]


class T5Scorer:
    """A T5 in inference mode, over token stores."""

    def __init__(
        self,
        model: Any,
        tokenizer: Tokenizer,
        stores: tuple[TokenStore, TokenStore],
        settings: Any,
    ) -> None:
        """Take a model on its device.

        Args:
            model: T5 of transformers.
            tokenizer: its tokenizer.
            stores: tokens of the queries and of the passages.
            settings: query_length, length, targets, compares, batch_tokens, precision.

        Raises:
            TasbError: a target is no token of the tokenizer, or the precision is fp16.
        """
        self.model, self.device = model.eval(), device_of(model)
        self.queries, self.passages = stores
        self.precision = resolve_precision(settings["precision"], self.device)
        if self.precision == "fp16":
            raise TasbError(
                "vectors.precision: fp16, in which T5's activations overflow (it was trained in "
                "bf16), so that scores are not numbers; set fp32, or bf16 where the device has it"
            )
        self.compares, self.batch_tokens = settings["compares"], settings["batch_tokens"]
        self.query_length = settings["query_length"]
        self.prompts = Prompts(tokenizer, settings["length"])
        self.targets = [_id(tokenizer, token) for token in settings["targets"]]

    @torch.inference_mode()
    def scores(self, query: Positions, passage: Positions) -> Scores:
        """Return log P(true) of each pair, or the symmetric sum of comparisons, fp32 (n,)."""
        if self.compares:
            return symmetric_sums(query, passage, self._compared)
        return self._log_probabilities([self._prompt(q, p) for q, p in zip(query, passage)])

    def _compared(self, query: Positions, first: Positions, second: Positions) -> Scores:
        prompts = [self._prompt(*triple) for triple in zip(query, first, second)]
        return np.exp(self._log_probabilities(prompts))

    def _prompt(self, query: int, *passages: int) -> Ids:
        ids = self.queries[int(query)][: self.query_length].tolist()
        return self.prompts.prompt(ids, *(self.passages[int(each)].tolist() for each in passages))

    def _log_probabilities(self, prompts: list[Ids]) -> Scores:
        """Return log P(true) against P(false) as the first word of the answer, (n,)."""
        found = np.empty(len(prompts), np.float32)
        blocks = range(0, len(prompts), BLOCK)
        for start in progress(blocks, len(blocks), f"blocks of {BLOCK} prompts scored"):
            block = prompts[start : start + BLOCK]
            lengths = np.array([len(prompt) for prompt in block])
            for rows in length_groups(lengths, self.batch_tokens):
                found[start + rows] = self._group([block[row] for row in rows])
        return found

    def _group(self, prompts: list[Ids]) -> Scores:
        config, longest = self.model.config, max(map(len, prompts))
        ids = torch.full((len(prompts), longest), config.pad_token_id)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(prompts):
            ids[row, : len(prompt)], mask[row, : len(prompt)] = torch.tensor(prompt), 1
        start = torch.full((len(prompts), 1), config.decoder_start_token_id, device=self.device)
        with autocast(self.precision, self.device):
            logits = self.model(
                input_ids=ids.to(self.device), attention_mask=mask.to(self.device),
                decoder_input_ids=start,
            ).logits[:, 0]  # fmt: skip
        chosen = logits[:, self.targets].float().log_softmax(1)[:, 0]
        values: Scores = chosen.cpu().numpy()
        return values


def _id(tokenizer: Tokenizer, token: str) -> int:
    found = tokenizer.token_to_id(token)
    if found is None:
        raise TasbError(
            f"targets: the tokenizer has no token '{token}'; a T5 by castorini has '▁true' and "
            "'▁false', a multilingual one others: its model card names them"
        )
    return int(found)


def open_t5(settings: Any, files: Any, device: torch.device) -> T5Scorer:
    """Load the T5 of a job that re-ranks.

    Args:
        settings: see `T5Scorer`.
        files: model (config.json, model.safetensors), tokenizer, query_tokens, passage_tokens.
        device: where it computes.
    """
    folder = Path(files["model"][0]).parent
    model: Any = T5ForConditionalGeneration.from_pretrained(folder, local_files_only=True)
    stores = TokenStore(files["query_tokens"][0]), TokenStore(files["passage_tokens"][0])
    tokenizer = Tokenizer.from_file(files["tokenizer"][0])
    return T5Scorer(model.to(device), tokenizer, stores, settings)
