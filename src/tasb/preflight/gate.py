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
ENDLESS = 1 << 62
"""Bytes where a memory is not known."""
MEASURED = (
    "from tasb.preflight.machine import measured; found = measured(0); "
    "print(found.rate, found.device)"
)


def before_first_job(graph: Graph, todo: Container[str], here: bool = True) -> list[str]:
    """Return what a user should know before a run.

    Of several collections the one in use is counted, for the others are read by tables alone.

    Args:
        graph: of the config.
        todo: files that the run will make.
        here: whether its jobs run on this machine; of others only the disk is known.

    Raises:
        TasbError: the machine lacks something that the run needs.
    """
    due = [artifact for artifact in graph.built() if any(path in todo for path in artifact.paths)]
    passages = passages_of(graph)
    total = needs(graph, due, passages, todo)
    machine = _machine(total, here)
    lacking = missing(graph, total, machine)
    if lacking:
        raise TasbError("; ".join(lacking) + "; 'snakemake --cores 1 preflight' has the details")
    lines = [*_unknown(graph)] if total.trainings else []
    if total.flop >= LONG:
        hours = total.flop / (USED * machine.rate) / 3600 if machine.rate else 0.0
        time = f" and {hours:,.0f} hours on this device" if machine.rate else ""
        lines.append(f"This run: {total.jobs:,} jobs, about {total.disk / 1e9:,.0f} GB of "
                     f"results{time}.")  # fmt: skip
    return lines


def _machine(total: Needs, here: bool) -> Machine:
    """Return what is known of the machine; a long run is worth seconds of measuring."""
    free = shutil.disk_usage(".").free
    of_machine = memory() if here else ENDLESS
    if total.flop < LONG or not here:
        return Machine(0.0, of_machine, ENDLESS, free)
    said = subprocess.run(
        [sys.executable, "-c", MEASURED], capture_output=True, text=True, check=False
    )
    if said.returncode:  # the jobs will say why
        return Machine(0.0, of_machine, ENDLESS, free)
    rate, device = said.stdout.split()[-2:]
    return Machine(float(rate), of_machine, int(device), free)


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
