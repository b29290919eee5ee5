"""Before the first job of a run: what is missing ends it, and what should be known is said."""

import shutil
import subprocess
import sys
from collections.abc import Container, Iterator
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasb.errors import TasbError
from tasb.graph import Graph
from tasb.preflight.machine import Machine, memory
from tasb.preflight.needs import Needs, needs
from tasb.preflight.report import USED, missing
from tasb.preflight.sizes import passages_of
from tasb.tables.known_artifact import KnownOf

LONG = 1e16
"""FLOP from which on hours are estimated, for which the device is measured for some seconds."""
MEASURED = (
    "from tasb.preflight.machine import measured; found = measured(0); "
    "print(found.rate, found.device)"
)


def before_first_job(graph: Graph, todo: Container[str]) -> list[str]:
    """Return what a user should know before a run.

    Args:
        graph: of the config.
        todo: files that the run will make.

    Raises:
        TasbError: the machine lacks something that the run needs.
    """
    due = [artifact for artifact in graph.built() if any(path in todo for path in artifact.paths)]
    own = [artifact for artifact in due if graph.config.collection in artifact.name.split("/")]
    passages = passages_of(graph)
    total = needs(graph, own, passages, todo)
    machine = _machine(total)
    lacking = missing(graph, total, machine)
    if lacking:
        raise TasbError("; ".join(lacking) + "; 'snakemake --cores 1 preflight' has the details")
    lines = [*_unknown(graph)] if total.trainings else []
    if total.flop >= LONG:
        hours = total.flop / (USED * machine.rate) / 3600
        lines.append(f"This run: {total.jobs:,} jobs, about {total.disk / 1e9:,.0f} GB of results "
                     f"and {hours:,.0f} hours on this device.")  # fmt: skip
    return lines


def _machine(total: Needs) -> Machine:
    free = shutil.disk_usage(".").free
    if total.flop < LONG:
        return Machine(1.0, memory(), max(memory(), 1 << 62), free)
    said = subprocess.run(
        [sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True
    )
    rate, device = said.stdout.split()[-2:]
    return Machine(float(rate), memory(), int(device), free)


def _unknown(graph: Graph) -> Iterator[str]:
    """Yield a line for each table of known values that has not been made, or does not agree."""
    for name, table in graph.config.tables.items():
        if not isinstance(table, KnownOf):
            continue
        path = Path(graph.table(name).files["data"][0])
        first = f"run 'snakemake --cores all {name}' first: it takes little, and trains nothing"
        if not path.is_file():
            yield f"warning: released models have not been compared with '{name}' here; {first}"
            continue
        within = pq.read_table(path, columns=["within"])["within"]
        passed = pc.sum(within).as_py()
        if passed < len(within):
            text = path.with_suffix(".md")
            yield (f"warning: {len(within) - passed} of {len(within)} known values are not within "
                   f"their bands, see {text}; what is trained now may be as far off")  # fmt: skip
