"""Whether the memory of a GPU holds the largest pass, tried before the work begins."""

from collections.abc import Callable

import torch

from tasb.errors import TasbError
from tasb.models.device import name_of

LEAST = 512
"""Tokens of a pass below which nothing is tried."""
BATCH_TOKENS = "vectors.batch_tokens"
"""The key of the tokens that models read at a time outside of training."""


def refuse_no_room(
    run: Callable[[int | None], None],
    tokens: int | None,
    on: torch.device,
    key: str,
    most: int = LEAST,
) -> None:
    """Try the largest pass; if memory does not suffice, say which number of tokens would fit.

    Args:
        run: computes with so many tokens at a time, or with all.
        tokens: what the config asks for; None for all.
        on: the device.
        key: the config key of the tokens.
        most: tokens to try in place of all.

    Raises:
        TasbError: names the key, and the largest of the halves of it that fits.
    """
    if _fits(run, tokens):
        return
    smaller = most if tokens is None else tokens // 2
    while smaller >= LEAST and not _fits(run, smaller):
        smaller //= 2
    asked = "null, all at once," if tokens is None else f"{tokens} tokens"
    found = f"{smaller} fits: set it to that" if smaller >= LEAST else "nor is there for less"
    raise TasbError(
        f"{key}: there is no room for {asked} in the memory of {name_of(on)} "
        f"({_free(on)}); {found}, or free the card of other programs"
    )


def _fits(run: Callable[[int | None], None], tokens: int | None) -> bool:
    try:
        run(tokens)
    except torch.OutOfMemoryError:
        return False
    finally:
        torch.cuda.empty_cache()
    return True


def _free(on: torch.device) -> str:
    if on.type != "cuda":
        return "no GPU"
    free, total = torch.cuda.mem_get_info(on)
    return f"{free / 1e9:.1f} of {total / 1e9:.1f} GB are free"
