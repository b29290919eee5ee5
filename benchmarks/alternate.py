"""Two ways of one thing, alternating, and the ratio of their times."""

import argparse
import statistics
import time
from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def options(description: str | None, **numbers: int) -> argparse.Namespace:
    """Return a benchmark's options: precision, repetitions, and numbers by their defaults."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--precision", default="fp32", choices=["fp32", "bf16"])
    for name, default in {"repetitions": 5, **numbers}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def alternate(
    what: str,
    amount: int,
    unit: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    repetitions: int = 5,
) -> None:
    """Print a Markdown row: both rates, and the ratio with its spread over the repetitions.

    Args:
        what: the first cell.
        amount: units that one call of either does.
        unit: what is counted.
        ours: one repetition of our way; a first one is not measured.
        theirs: one repetition of the peer's way.
        repetitions: how often each is measured, alternating.
    """
    ours()
    theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(repetitions)]
    rates = [amount / statistics.median(side) for side in zip(*pairs)]
    ratios = [second / first for first, second in pairs]
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(
        f"| {what} | {rates[0]:,.1f} {unit}/s | {rates[1]:,.1f} {unit}/s "
        f"| {statistics.median(ratios):.2f} | {spread} |",
        flush=True,
    )
