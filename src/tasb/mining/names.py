"""Mined pairs by the names of their declarations."""

from typing import TYPE_CHECKING

from tasb.artifact import Part
from tasb.collection.config import AUGMENTED, TRAINING, UNLABELLED

if TYPE_CHECKING:
    from tasb.graph import Graph


def mined_pairs(graph: "Graph", names: tuple[str, ...]) -> Part:
    """Return the pairs of one declaration, or those of several put together."""
    if len(names) == 1:
        return graph.mined(names[0])["pairs"]
    return graph.joined(names)["pairs"]


def query_set_of(graph: "Graph", names: tuple[str, ...]) -> str:
    """Return the query set whose positions some mined pairs hold."""
    asked = {graph.named("mining", name, "mining", "mining").queries for name in names}
    if asked == {TRAINING, UNLABELLED}:
        return AUGMENTED
    return str(asked.pop())
