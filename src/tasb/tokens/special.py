"""Special tokens are added when a batch is built, so that one store serves every length."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tasb.errors import TasbError
from tasb.tokens.texts import Lengths, Texts, places

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

    def around(self, ids: Ids, starts: Lengths, stops: Lengths, length: int) -> Texts:
        """Return ``[CLS] text [SEP]`` of texts that stand in one array.

        Args:
            ids: token ids of texts, without special tokens.
            starts: (n,) place of the first token of each text.
            stops: (n,) place behind its last token.
            length: tokens that are kept of a text, special tokens included.
        """
        kept = np.minimum(stops - starts, length - 2)
        lengths = kept + 2
        ends = np.cumsum(lengths)
        found = np.empty(lengths.sum(), dtype=np.int32)
        found[ends - lengths] = self.cls
        found[ends - 1] = self.sep
        found[places(ends - lengths + 1, kept)] = ids[places(starts, kept)]
        return Texts(found, lengths)
