"""A computation never waits for what it reads: a thread has the next items ready."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, pairwise
from typing import Any, TypeVar

Item = TypeVar("Item")
Ready = TypeVar("Ready")

DEPTH = 3
"""Items that are ready before they are asked for."""


def ahead(items: Iterable[Item], make: Callable[[Item], Ready]) -> Iterator[Ready]:
    """Yield ``make(item)`` of each item, in order; one other thread reads and makes them.

    What it raises is raised where that item is asked for.
    """
    rest, end = map(make, items), object()
    with ThreadPoolExecutor(1, "ahead") as thread:
        waiting: deque[Any] = deque(thread.submit(next, rest, end) for _ in range(DEPTH))
        while (found := waiting.popleft().result()) is not end:
            waiting.append(thread.submit(next, rest, end))
            yield found


def behind(items: Iterable[Item]) -> Iterator[Item]:
    """Yield each item once the one after it was begun, so that a GPU has work meanwhile."""
    for item, _ in pairwise(chain(items, [None])):
        if item is not None:
            yield item
