"""An artifact: the files that one job makes. It says once what decides them.

The inputs of the job, its recipe and all that is made before it follow from that.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tasb.settings import Settings

Recipe = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Artifact:
    """The files that one job makes, what decides them, and what they are made from."""

    make: str
    """The function that makes it, such as ``tasb.rankings.rerank:make``; jobs alone import it."""
    name: str
    """Stage, collection and names in the config; log and sidecar are called after it."""
    files: Mapping[str, Sequence[str]]
    """Paths by the name of the rule's output."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What decides the files in addition to the sources."""
    sources: Mapping[str, "Source"] = field(default_factory=dict)
    """What it is made from, by the name of the rule's input."""
    part: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the job that what follows does not depend on: the steps of a shard."""
    brought: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Files that no job makes, by the name of the rule's input: the user's, and templates."""
    passing: bool = False
    """Whether its files may be deleted once nothing needs them; its sidecar stays."""
    heavy: bool = False
    """Whether the job computes with a model: on all cores, and on the GPU where there is one."""
    uses: Sequence[str] = ()
    """Further functions that `make` finds by their names."""
    declared: str = ""
    """The declaration in the config that it stands for, such as ``runs.baseline``."""
    asked: frozenset[str] = frozenset()
    """What of the config it was built from; set by `tasb.graph.Graph`."""

    def __getitem__(self, name: str) -> "Part":
        return Part(self, tuple(self.files[name]))

    def of(self, *names: str) -> "Part":
        """Return some of its files, by the names of the rule's outputs."""
        return Part(self, tuple(path for name in names for path in self.files[name]))

    @property
    def sidecar(self) -> str:
        """The file in which the job writes digests, times and device."""
        return f"results/{self.name}.made.json"

    @property
    def paths(self) -> list[str]:
        """All files of the artifact."""
        return [*(path for paths in self.files.values() for path in paths), self.sidecar]

    @cached_property
    def recipe(self) -> Recipe:
        """Plain, sorted values that decide the job's result: the one param of its rule.

        ``from`` holds the digests of the sources, so that a change of the config changes the
        recipes of just what depends on it.
        """
        recipe: Recipe = canonical({**self._lasting, **self.part})
        return recipe

    @cached_property
    def _lasting(self) -> Recipe:
        upstream = {
            name: list(dict.fromkeys(part.artifact.digest for part in parts(source)))
            for name, source in self.sources.items()
        }
        return dict(canonical({"make": self.make, **self.settings, "from": upstream}))

    @cached_property
    def digest(self) -> str:
        """A short name for what decides the artifact; the same for all shards of a plan."""
        text = json.dumps(self._lasting, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def inputs(self) -> dict[str, list[str]]:
        """The files that the job reads, by the names of the rule's inputs.

        Among them are the sidecars of its sources, whose digests it checks.
        """
        found = {
            name: [path for part in parts(source) for path in part.paths]
            for name, source in self.sources.items()
        }
        below = [part.artifact for source in self.sources.values() for part in parts(source)]
        if below:
            found["sidecars"] = list(dict.fromkeys(artifact.sidecar for artifact in below))
        return {**found, **{name: list(paths) for name, paths in self.brought.items()}}

    def closure(self) -> list["Artifact"]:
        """Return the artifact and everything that it is made from, each once."""
        found: dict[Artifact, None] = {}
        waiting: list[Artifact] = [self]
        while waiting:
            artifact = waiting.pop()
            if artifact not in found:
                found[artifact] = None
                below = [part.artifact for source in artifact.sources.values()
                         for part in parts(source)]  # fmt: skip
                waiting += reversed(below)
        return list(found)


@dataclass(frozen=True)
class Part:
    """Some files of an artifact."""

    artifact: Artifact
    paths: tuple[str, ...]


Source = Part | Sequence[Part]


def parts(source: Source) -> Iterator[Part]:
    """Yield the parts of a source."""
    yield from [source] if isinstance(source, Part) else source


def canonical(value: Any) -> Any:
    """Return plain values with all keys sorted; the order of keys in a config means nothing.

    Raises:
        TypeError: a value that Snakemake could not track.
    """
    if isinstance(value, Settings):
        return canonical(value.plain())
    if isinstance(value, Mapping):
        return {str(key): canonical(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(f"{type(value)} would not be tracked by Snakemake")
