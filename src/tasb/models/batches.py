"""What a forward pass reads: padded texts of like length, or texts packed one after the other."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from tasb.models.attention import Layout
from tasb.models.device import to_device
from tasb.tokens.special import SpecialTokens
from tasb.tokens.texts import Lengths, Texts, places

STEPS = 16
"""Sizes of filled passes between one power of two and the next, so that few are recorded."""


@dataclass(frozen=True)
class Group:
    """Texts of one forward pass, on the model's device."""

    rows: Lengths
    """(n,) which texts."""
    ids: torch.Tensor
    """(n, longest) padded, or (1, tokens) packed."""
    mask: torch.Tensor
    """(n, longest), 1 for tokens, 0 for padding."""
    segments: torch.Tensor | None
    """As ids: 0 up to and with the first [SEP] of a text, 1 after it, 0 for padding."""
    packed: "Packed | None" = None


@dataclass(frozen=True)
class Packed:
    """Where packed texts stand; those that only fill the pass up are at the end."""

    layout: Layout
    positions: torch.Tensor
    """(1, tokens) place of each token in its text."""
    padded: torch.Tensor
    """(tokens that do not fill up,) place of each token in the (n * longest) padded ones."""
    filled: bool
    """Whether the pass is filled up, to be one of few sizes."""


def length_groups(lengths: Lengths, tokens: int, padding: float = 0.1) -> list[Lengths]:
    """Cut sequences, sorted by length, into groups for one forward pass each.

    Args:
        lengths: (n,) tokens of each sequence.
        tokens: padded tokens that a group may hold (a longer sequence is a group alone).
        padding: share of a group's padded tokens that may be padding.

    Returns:
        Index arrays that together hold each of the n indices once, shortest first.
    """
    order = np.argsort(lengths, kind="stable")
    groups, start, real = [], 0, 0
    for end, index in enumerate(order):
        longest = int(lengths[index])
        padded = longest * (end - start + 1)
        real += longest
        if end > start and (padded > tokens or padded - real > padding * padded):
            groups.append(order[start:end])
            start, real = end, longest
    return [*groups, order[start:]] if len(order) else []


def packed_groups(lengths: Lengths, tokens: int | None) -> list[Lengths]:
    """Cut sequences, in order, into groups of at most so many tokens; None makes one group.

    A longer sequence is a group alone.
    """
    every = np.arange(len(lengths))
    if tokens is None or not len(lengths):
        return [every] if len(lengths) else []
    cuts, held = [], 0
    for index, length in enumerate(lengths):
        if held and held + length > tokens:
            cuts.append(index)
            held = 0
        held += length
    return np.split(every, cuts)


def pad(rows: Lengths, texts: Texts, special: SpecialTokens, on: torch.device,
        segments: bool) -> Group:  # fmt: skip
    """Return some of the texts as a padded group.

    Args:
        rows: (n,) which of them.
        texts: all texts.
        special: the special tokens.
        on: the device of the model.
        segments: whether the model tells a second segment from the first.
    """
    group = texts.select(rows)
    place = _padded_places(group)

    def spread(values: npt.NDArray[Any], fill: int) -> torch.Tensor:
        """Return flat values as (n, longest)."""
        found = np.full((len(group), int(group.lengths.max())), fill, dtype=np.int64)
        found.ravel()[place] = values
        return to_device(found, on)

    second = spread(_segments(group, special), 0) if segments else None
    mask = spread(np.ones(len(group.ids)), 0)
    return Group(rows, spread(group.ids, special.pad), mask, second)


def pack(rows: Lengths, texts: Texts, special: SpecialTokens, on: torch.device, segments: bool,
         fill: bool) -> Group:  # fmt: skip
    """Return some of the texts as one packed sequence.

    Args:
        rows: (n,) which of them.
        texts: all texts.
        special: the special tokens.
        on: the device of the model.
        segments: whether the model tells a second segment from the first.
        fill: whether padding, as one more text, makes the sequence as long as the next of few
            lengths, see `STEPS`.
    """
    group = texts.select(rows)
    longest = int(group.lengths.max())
    mask = np.arange(longest) < group.lengths[:, None]
    whole, reach = group, longest
    if fill:
        grain = max(8, (1 << len(group.ids).bit_length()) // (2 * STEPS))
        rest = grain - len(group.ids) % grain
        whole = group.followed_by(Texts(np.full(rest, special.pad, np.int32), np.array([rest])))
        reach = -(-max(longest, grain) // 128) * 128
    offsets = np.append(whole.starts, len(whole.ids))
    positions = np.zeros(len(whole.ids), np.int64)  # what fills up may be longer than any text
    positions[: len(group.ids)] = places(np.zeros_like(group.lengths), group.lengths)
    packed = Packed(
        Layout(to_device(offsets, on), to_device(np.arange(len(offsets)), on), reach),
        to_device(positions[None], on),
        to_device(_padded_places(group), on),
        fill,
    )
    second = to_device(_segments(whole, special)[None], on) if segments else None
    ids = to_device(whole.ids[None].astype(np.int64), on)
    return Group(rows, ids, to_device(mask.astype(np.int64), on), second, packed)


def _padded_places(texts: Texts) -> Lengths:
    """Return where each token stands in the flat (n * longest) padded texts."""
    return places(np.arange(len(texts)) * texts.lengths.max(), texts.lengths)


def _segments(texts: Texts, special: SpecialTokens) -> Lengths:
    """Return, of each token, 0 up to and with the first [SEP] of its text, 1 after it."""
    separators = (texts.ids == special.sep).astype(np.int64)
    before = separators.cumsum() - separators
    within = before - np.repeat(before[texts.starts], texts.lengths)
    found: Lengths = (within > 0).astype(np.int64)
    return found


def place_of(groups: list[Group], on: torch.device) -> torch.Tensor:
    """Return where each text is found among those of all groups, (n,)."""
    return to_device(np.concatenate([group.rows for group in groups]).argsort(), on)
