"""Ten minutes on a GPU: that it computes what a CPU does, and how fast, next to its limits.

Random DistilBERT weights and generated tokens of MS MARCO's lengths; nothing is downloaded. It
needs torch, transformers, numpy and pydantic. ``--tiny`` runs all of it on a CPU in a minute.
Prints one table, and writes the same as JSON.
"""

import argparse
import json
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import torch
from gpu_checks import checks
from gpu_cross_batch import cross_batch
from gpu_data import FULL, TINY, Data, Sizes, generate
from gpu_rates import Rates, Row, Way, card_rates, encoding, plan_scores, search, training

from tasb.models.device import device, name_of
from tasb.models.precision import resolve_precision


def measure(tiny: bool) -> dict[str, Any]:
    """Return the checks and the rows."""
    sizes, on = TINY if tiny else FULL, device()
    precision = resolve_precision("auto", on)
    data = generate(sizes)
    compared = checks(data, on)
    rates = card_rates(sizes, on, precision)
    rows = list(_shown(_rows(sizes, data, rates, on)))
    return {
        "device": name_of(on),
        "date": date.today().isoformat(),
        "machine": platform.platform(),
        "torch": torch.__version__,
        "precision": precision,
        "sizes": asdict(sizes),
        "teraflops": rates.products / 1e12,
        "gigabytes_per_second": rates.memory / 1e9,
        "checks": compared,
        "rows": [asdict(row) for row in rows],
    }


def _rows(sizes: Sizes, data: Data, rates: Rates, on: torch.device) -> Iterator[Row]:
    small, large = sizes.batches
    given = sizes, data, rates, on
    yield training(*given, Way(small), peer=True)
    yield training(*given, Way(small, live=True))
    yield training(*given, Way(large))
    yield training(*given, Way(large, live=True, cache=16_384))
    yield from cross_batch(sizes, on)
    yield plan_scores(*given)
    yield encoding(*given)
    yield from search(sizes, rates, on)


def _shown(rows: Iterator[Row]) -> Iterator[Row]:
    """Print each row as soon as it is measured; a lease may end before the last one."""
    for row in rows:
        print(_line(row), file=sys.stderr, flush=True)
        yield row


def table(found: dict[str, Any]) -> str:
    """Return what was measured in Markdown."""
    lines = [
        f"{found['device']}, {found['date']}, torch {found['torch']}, {found['precision']}: "
        f"{found['teraflops']:.3g} TFLOP/s in matrix products, "
        f"{found['gigabytes_per_second']:.3g} GB/s read and written",
        "",
        "| check, GPU against CPU | largest relative difference | allowed | |",
        "|---|---:|---:|---|",
    ]
    lines += [
        f"| {row['check']} | {row['difference']:.1e} | {row['limit']:.0e} "
        f"| {'equal' if row['equal'] else '**differs**'} |"
        for row in found["checks"]
    ]
    lines += ["", "| what | measured | limit of the card | share | sentence-transformers "
              "| memory of the card |", "|---|---:|---:|---:|---:|---:|"]  # fmt: skip
    return "\n".join([*lines, *(_line(Row(**row)) for row in found["rows"])])


def _line(row: Row) -> str:
    share, peer = "–", "–"
    if row.limit is not None:
        reached = row.limit / row.value if row.unit == "ms" else row.value / row.limit
        share = f"{reached:.0%}"
    if row.peer is not None:
        peer = f"{row.peer:,.1f} ({row.value / row.peer:.2f} times)"
    limit = "–" if row.limit is None else f"{row.limit:,.1f}"
    memory = "–" if row.memory is None else f"{row.memory:.1f} GB"
    return f"| {row.what} | {row.value:,.1f} {row.unit} | {limit} | {share} | {peer} | {memory} |"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="small sizes, for a CPU")
    parser.add_argument("--json", default="gpu.json", help="file to write")
    given = parser.parse_args()
    if not given.tiny and device().type == "cpu":
        parser.error("no GPU here; --tiny runs the same on a CPU")
    found = measure(given.tiny)
    Path(given.json).write_text(json.dumps(found, indent=2) + "\n")
    print(table(found))


if __name__ == "__main__":
    main()
