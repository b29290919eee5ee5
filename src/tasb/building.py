"""How the artifacts of a config are built: each once, with the parts of the config it reads."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tasb.artifact import Artifact
from tasb.config.model import Config
from tasb.settings import require


@dataclass
class _Frame:
    """An artifact that is being built."""

    key: tuple[Any, ...]
    declared: str
    asked: set[str] = field(default_factory=set)


class Builder:
    """Artifacts by what builds them, and those that are being built now."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._built: dict[tuple[Any, ...], Artifact] = {}
        self._owners: dict[str, str] = {}
        self._frames: list[_Frame] = []

    def ask(self, *parts: str) -> None:
        """Note parts of the config, such as ``runs.baseline``, for what is being built."""
        if self._frames:
            self._frames[-1].asked.update(parts)

    def section(self, name: str) -> Any:
        """Return a section of the config."""
        self.ask(name)
        return getattr(self.config, name)

    def named(self, section: str, name: str, key: str, what: str) -> Any:
        """Return a declaration.

        Raises:
            ValueError: there is none of that name; the message begins with the key that asks.
        """
        known = getattr(self.config, section)
        require(name, known, key, what)
        self.ask(f"{section}.{name}")
        return known[name]

    def once(
        self, build: Callable[..., Artifact], *names: Any, declared: str = "", key: str = ""
    ) -> Artifact:
        """Return what a function builds from some names; the same artifact for the same names.

        Raises:
            ValueError: it is being built already, so that references form a cycle, or another
                artifact has one of its files.
        """
        place = (build, *names)
        if place not in self._built:
            if any(frame.key == place for frame in self._frames):
                raise ValueError(self._cycle(place))
            self._frames.append(_Frame(place, declared))
            artifact = build(self, *names, **({"key": key} if key else {}))
            frame = self._frames.pop()
            asked = frozenset(frame.asked) | artifact.asked
            self._claim(artifact)
            self._built[place] = replace(artifact, declared=declared, asked=asked)
        return self._built[place]

    def built(self) -> list[Artifact]:
        """Return the artifacts that have been asked for."""
        return list(self._built.values())

    def _claim(self, artifact: Artifact) -> None:
        """Note whose files an artifact's are."""
        for path in artifact.paths:
            if path in self._owners:
                both = " and ".join(sorted({self._owners[path], artifact.name}))
                raise ValueError(f"two names make one file, {path} of {both}; rename one of them")
            self._owners[path] = artifact.name

    def _cycle(self, place: tuple[Any, ...]) -> str:
        """Return the declarations between two visits of a place, those of runs first."""
        keys = [frame.key for frame in self._frames]
        frames = self._frames[keys.index(place) :]
        cycle = list(dict.fromkeys(frame.declared for frame in frames if frame.declared))
        first = min(cycle, key=lambda name: (not name.startswith("runs."), name))
        start = cycle.index(first)
        cycle = [*cycle[start:], *cycle[:start], first]
        return f"{cycle[0]}: references form a cycle: {' -> '.join(cycle)}"
