"""Special tokens are added when a batch is built, so that one store serves every length."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tasb.errors import TasbError

Ids = npt.NDArray[np.uint16] | npt.NDArray[np.uint32]
"""Token ids of a text, without special tokens."""

ROLES = {
    "cls_token": ("[CLS]", "<s>"),
    "sep_token": ("[SEP]", "</s>"),
    "pad_token": ("[PAD]", "<pad>"),
    "unk_token": ("[UNK]", "<unk>"),
    "mask_token": ("[MASK]", "<mask>"),
}
"""What tokenizers call each special token."""


@dataclass(frozen=True)
class SpecialTokens:
    """Ids of the special tokens of a BERT-like tokenizer."""

    cls: int
    sep: int
    pad: int

    @classmethod
    def read(cls, tokenizer_file: str | Path) -> "SpecialTokens":
        """Read the ids from a tokenizer.json; [CLS] and <s>, [SEP] and </s> are the same role."""
        added = json.loads(Path(tokenizer_file).read_text(encoding="utf-8"))["added_tokens"]
        ids = {token["content"]: int(token["id"]) for token in added}
        roles = (ROLES["cls_token"], ROLES["sep_token"], ROLES["pad_token"])
        found = [next((ids[name] for name in names if name in ids), None) for names in roles]
        if None in found:
            raise TasbError(f"{tokenizer_file}: no [CLS], [SEP] and [PAD] among its added tokens")
        return cls(*(token for token in found if token is not None))

    def single(self, ids: Ids, length: int) -> npt.NDArray[np.int64]:
        """Return ``[CLS] ids [SEP]``, cut to `length` with both special tokens."""
        kept = ids[: length - 2].astype(np.int64)
        return np.concatenate(([self.cls], kept, [self.sep]))

    @staticmethod
    def pair(query: npt.NDArray[np.int64], passage: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return ``[CLS] query [SEP] passage [SEP]`` from the two texts with special tokens."""
        return np.concatenate((query, passage[1:]))
