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
    prefix: tuple[int, ...] = ()
    """Behind [CLS], before each text."""
    ends: bool = True
    """Whether [SEP] ends a text."""
    filling: int | None = None
    """What fills texts up to their greatest length: [MASK]; None: they stay as they are."""

    @classmethod
    def read(cls, tokenizer_file: str | Path) -> "SpecialTokens":
        """Read the ids from a tokenizer.json; [CLS] and <s>, [SEP] and </s> are the same role."""
        added = json.loads(Path(tokenizer_file).read_text(encoding="utf-8"))["added_tokens"]
        ids = {token["content"]: int(token["id"]) for token in added}
        roles = (ROLES["cls_token"], ROLES["sep_token"], ROLES["pad_token"])
        found = [next((ids[name] for name in names if name in ids), None) for names in roles]
        known = [token for token in found if token is not None]
        if len(known) < len(roles):
            raise TasbError(f"{tokenizer_file}: no [CLS], [SEP] and [PAD] among its added tokens")
        return cls(cls=known[0], sep=known[1], pad=known[2])

    def around(self, ids: Ids, starts: Lengths, stops: Lengths, length: int) -> Texts:
        """Return ``[CLS] prefix text [SEP]`` of texts that stand in one array.

        Args:
            ids: token ids of texts, without special tokens.
            starts: (n,) place of the first token of each text.
            stops: (n,) place behind its last token.
            length: tokens that are kept of a text, special tokens and prefix included.
        """
        before = 1 + len(self.prefix)
        kept = np.minimum(stops - starts, length - before - self.ends)
        lengths = kept + before + self.ends
        if self.filling is not None:
            lengths = np.full_like(kept, length)
        begins = np.cumsum(lengths) - lengths
        found = np.full(lengths.sum(), self.filling or 0, dtype=np.int32)
        found[begins] = self.cls
        for place, token in enumerate(self.prefix, start=1):
            found[begins + place] = token
        if self.ends:
            found[begins + before + kept] = self.sep
        found[places(begins + before, kept)] = ids[places(starts, kept)]
        return Texts(found, lengths)
