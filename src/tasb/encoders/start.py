"""From which pre-trained encoder a run starts in the end."""

from typing import TYPE_CHECKING

from tasb.settings import require

if TYPE_CHECKING:
    from tasb.graph import Graph


def encoder_of(graph: "Graph", init: str, key: str) -> str:
    """Return the pre-trained encoder at the beginning of a chain of runs.

    Raises:
        ValueError: runs start from each other, or there is no such encoder or run.
    """
    above: list[str] = []
    while init in graph.config.runs:
        if init in above:
            cycle = " -> ".join([*above[above.index(init) :], init])
            raise ValueError(f"runs.{init}.init: runs start from each other in a cycle: {cycle}")
        above.append(init)
        init = graph.run(init, key).init
    require(init, {**graph.config.encoders, **graph.config.runs}, key, "encoder or run")
    return init
