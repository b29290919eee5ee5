"""Run every job of a config in one process: `python every_job.py FILE ...`, configs to merge."""

import sys
from pathlib import Path

import yaml

from tasb.artifact import Artifact, parts
from tasb.config.code import code_of
from tasb.config.load import load
from tasb.jobs import run
from tasb.settings import merged


def in_order(artifacts: list[Artifact]) -> list[Artifact]:
    """Return artifacts and what they are made from, sources first."""
    found: dict[str, Artifact] = {}

    def add(artifact: Artifact) -> None:
        if artifact.name not in found:
            for source in artifact.sources.values():
                for part in parts(source):
                    add(part.artifact)
            found[artifact.name] = artifact

    for artifact in artifacts:
        add(artifact)
    return list(found.values())


raw = merged(*(yaml.safe_load(Path(name).read_text()) for name in sys.argv[1:]))
graph = load(raw)
for artifact in in_order([made for name in graph.config.chosen for made in graph.target(name)]):
    if Path(artifact.sidecar).is_file():
        continue
    code = code_of((artifact.make, *artifact.uses, "tasb.jobs:run"), "src")
    log = f"logs/{artifact.name}.log"
    outputs = {**artifact.files, "made": artifact.sidecar}
    for path in artifact.paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    run(artifact.recipe, {**artifact.inputs, "code": code}, outputs, log, 1)
