"""Special tokens and prefixes around the token ids of queries and of passages, by a card."""

from dataclasses import replace
from pathlib import Path

from tokenizers import Tokenizer

from tasb.errors import TasbError
from tasb.models.card import Card
from tasb.tokens.special import ROLES, SpecialTokens

Sides = tuple[SpecialTokens, SpecialTokens]
"""Of queries, and of passages."""
QUERIES, PASSAGES = 0, 1
PROBES = ("word", "Word", "42", "(a)")
"""Beginnings of texts that a tokenizer may read otherwise behind a prefix."""


def sides_of(special: SpecialTokens, card: Card, tokenizer_file: str | Path) -> Sides:
    """Return the special tokens around the texts of each side.

    Args:
        special: of the tokenizer.
        card: its prefixes, whether [SEP] ends a text, and whether [MASK] fills up queries.
        tokenizer_file: tokenizer.json.

    Raises:
        TasbError: the tokenizer has no [MASK], or reads a text otherwise behind a prefix.
    """
    ended = replace(special, ends=card.separator)
    if not (card.query_prefix or card.passage_prefix or card.masked_queries):
        return ended, ended
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.encode_special_tokens = True
    mask = _mask(tokenizer, tokenizer_file) if card.masked_queries else None
    queries = _prefix(tokenizer, card.query_prefix, f"{tokenizer_file}: query_prefix")
    passages = _prefix(tokenizer, card.passage_prefix, f"{tokenizer_file}: passage_prefix")
    return replace(ended, prefix=queries, filling=mask), replace(ended, prefix=passages)


def _mask(tokenizer: Tokenizer, file: str | Path) -> int:
    found = [tokenizer.token_to_id(name) for name in ROLES["mask_token"]]
    known = next((token for token in found if token is not None), None)
    if known is None:
        raise TasbError(f"{file}: no [MASK], with which masked_queries fills up queries")
    return int(known)


def _prefix(tokenizer: Tokenizer, text: str, key: str) -> tuple[int, ...]:
    """Return the ids of a prefix, behind which a text has the ids that it has alone."""

    def ids(of: str) -> list[int]:
        """Return the ids of some text."""
        found: list[int] = tokenizer.encode(of, add_special_tokens=False).ids
        return found

    prefix = ids(text)
    for probe in PROBES:
        if text and ids(text + probe) != prefix + ids(probe):
            raise TasbError(
                f"{key} '{text}': this tokenizer reads '{probe}' otherwise behind it than alone; "
                "end the prefix with a space, or put it into the texts themselves"
            )
    return tuple(prefix)
