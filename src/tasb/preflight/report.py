"""What each target needs and what all of them need, as a table."""

import math

from tasb.artifact import Artifact
from tasb.errors import TasbError
from tasb.graph import Graph
from tasb.preflight.machine import Machine
from tasb.preflight.needs import Needs, needs
from tasb.preflight.sizes import passages_of

USED = 0.4
"""Share of the rate of matrix products that a training or an encoding reaches, about."""
HEAD = (f"{'target':16}{'jobs':>7}{'GB fetched':>12}{'of results':>12}{'of memory':>11}"
        f"{'of the device':>15}{'hours here':>12}")  # fmt: skip


def report(graph: Graph, machine: Machine) -> str:
    """Return what each target needs that is not there yet, and whether this machine has it.

    Raises:
        TasbError: the number of passages is not known before they are read.
    """
    passages = passages_of(graph)
    if not passages:
        made = graph.passages().files["passages"][0]
        raise TasbError("the number of passages is not known before they are read; run "
                        f"'snakemake --cores all {made}' first")  # fmt: skip
    lines, every = [HEAD], dict[str, Artifact]()
    for name in graph.config.chosen:
        made_for = {artifact.name: artifact for artifact in graph.target(name)}
        every |= made_for
        lines.append(_line(name, needs(graph, made_for.values(), passages), machine))
    total = needs(graph, every.values(), passages)
    lines += [_line("all together", total, machine), ""]
    return "\n".join([*lines, *notes(graph, total, passages, machine)])


def notes(graph: Graph, total: Needs, passages: int, machine: Machine) -> list[str]:
    """Return how the estimates came about, and an error for each thing that is missing."""
    unknown = ", ".join(total.unknown)
    lines = [f"{passages:,} passages; matrix products here {machine.rate / 1e12:,.1f} TFLOP/s, of "
             f"which {USED:.0%} are counted on; memory is what is needed at least.",
             *([f"Not in 'GB fetched', since their size is not known: {unknown}."]
               if unknown else [])]  # fmt: skip
    if total.passing:
        lines.append("Vectors are deleted once nothing needs them (keep_vectors: false); those of "
                     "two systems count.")  # fmt: skip
    disk, memory, device = (each / 1e9 for each in (machine.disk, machine.memory, machine.device))
    lines.append(f"Here: {disk:,.0f} GB free on the disk, {memory:,.0f} GB of memory, "
                 f"{device:,.0f} of the device.")  # fmt: skip
    return [*lines, *(f"error: {reason}" for reason in missing(graph, total, machine))]


def missing(graph: Graph, total: Needs, machine: Machine) -> list[str]:
    """Return what this machine lacks, each with the figure and the way out."""
    found = []
    if total.disk > machine.disk:
        way = "" if not graph.config.keep_vectors else "set keep_vectors: false, "
        found.append(
            f"the disk has {machine.disk / 1e9:,.0f} GB free, and about {total.disk / 1e9:,.0f} "
            f"are needed: make room, {way}or ask for fewer tables"
        )
    if total.memory > machine.memory:
        found.append(
            f"the machine has {machine.memory / 1e9:,.0f} GB of memory, and at least "
            f"{total.memory / 1e9:,.0f} are needed for BM25: take a larger one"
        )
    if total.device > machine.device:
        found.append(
            f"the device has {machine.device / 1e9:,.0f} GB of memory, and at least "
            f"{total.device / 1e9:,.0f} are needed by a training: set gradient_cache, or a smaller "
            "batch_size"
        )
    return found


def _line(name: str, found: Needs, machine: Machine) -> str:
    hours = found.flop / (USED * machine.rate) / 3600
    shown = f"{hours:,.1f}" if hours < 100 else f"{math.ceil(hours):,}"
    return (f"{name:16}{found.jobs:7,}{found.fetched / 1e9:12,.1f}{found.disk / 1e9:12,.1f}"
            f"{found.memory / 1e9:11,.1f}{found.device / 1e9:15,.1f}{shown:>12}")  # fmt: skip
