"""What an artifact was made from: kept in its sidecar, compared when a run is planned.

The digests of a job's inputs are checked before it reads them, so that a damaged file changes
no result. Whatever Snakemake remembers, an artifact whose origin differs is made again.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tasb.artifact import Artifact, parts
from tasb.errors import TasbError
from tasb.files import read_json, sha256

SIDECAR = ".made.json"
Digests = dict[str, str]


def origin(recipe: Mapping[str, Any], inputs: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return what a job makes its files from, after checking the digests of its inputs.

    Args:
        recipe: see `tasb.artifact.Artifact.recipe`.
        inputs: the job's input files; ``sidecars`` of what is made by jobs, and ``code``.

    Returns:
        ``recipe``; ``code``: a digest of the source files; ``inputs``: digests of what jobs
        made; ``brought``: digest, size and time of the other files.

    Raises:
        TasbError: a file is not as its job left it.
    """
    known = _known(inputs.get("sidecars", []))
    files = [path for name, paths in inputs.items() if name not in ("sidecars", "code")
             for path in paths if not path.endswith(SIDECAR)]  # fmt: skip
    made = [path for path in dict.fromkeys(files) if path in known]
    for path in made:
        digest, sidecar = known[path]
        if sha256(path) != digest:
            sidecar.unlink(missing_ok=True)
            raise TasbError(
                f"{path}: damaged, its digest is not that of {sidecar}; run the same command "
                f"again, which makes it again (or only it: snakemake --cores all {path})"
            )
    return {
        "recipe": dict(recipe),
        "code": code_digest(tuple(inputs.get("code", []))),
        "inputs": {path: known[path][0] for path in made},
        "brought": {path: _looks(path) for path in dict.fromkeys(files) if path not in known},
    }


def _known(sidecars: Sequence[str]) -> dict[str, tuple[str, Path]]:
    """Return the digest of each file by its path, and the sidecar that holds it."""
    found: dict[str, tuple[str, Path]] = {}
    for name in sidecars:
        sidecar = read_sidecar(name)
        if sidecar is None:
            Path(name).unlink(missing_ok=True)
            raise TasbError(f"{name}: damaged; run the same command again, which makes it again")
        found |= {path: (digest, Path(name)) for path, digest in sidecar["sha256"].items()}
    return found


def _looks(path: str) -> dict[str, Any]:
    stat = Path(path).stat()
    return {"sha256": sha256(path), "size": stat.st_size, "time": stat.st_mtime_ns}


def read_sidecar(path: str | Path) -> dict[str, Any] | None:
    """Return a sidecar, or None if it is damaged."""
    try:
        found = read_json(path)
    except ValueError:  # no JSON, or no UTF-8
        return None
    if not isinstance(found, dict) or not isinstance(found.get("sha256"), dict):
        return None
    return found


@cache
def code_digest(files: tuple[str, ...]) -> str:
    """Return a digest of the contents of source files."""
    return hashlib.sha256("".join(map(_source_digest, files)).encode()).hexdigest()


@cache
def _source_digest(file: str) -> str:
    return sha256(file)


class Planned:
    """The sidecars that stand when a run is planned, each read once."""

    def __init__(self) -> None:
        self._read: dict[str, dict[str, Any] | None] = {}

    def _sidecar(self, artifact: Artifact) -> dict[str, Any] | None:
        path = artifact.sidecar
        if path not in self._read:
            self._read[path] = read_sidecar(path)
        return self._read[path]

    def is_stale(self, artifact: Artifact, code: Sequence[str]) -> bool:
        """Return whether an artifact was made from something else than it would be now.

        An artifact without a sidecar is not there, which Snakemake sees itself.

        Args:
            artifact: the artifact.
            code: its source files, see `tasb.config.code.code_of`.
        """
        if not Path(artifact.sidecar).is_file():
            return False
        found = self._sidecar(artifact)
        was = found and found.get("from")
        if not found or not isinstance(was, dict):
            return True
        plain = json.loads(json.dumps(artifact.recipe))
        return (
            was.get("recipe") != plain
            or was.get("code") != code_digest(tuple(code))
            or {*found["sha256"], artifact.sidecar} != set(artifact.paths)
            or self._other_inputs(artifact, was.get("inputs", {}))
            or _other_files(artifact, was.get("brought", {}))
        )

    def _other_inputs(self, artifact: Artifact, was: Digests) -> bool:
        """Return whether what it was made from has other contents now."""
        for source in artifact.sources.values():
            for part in parts(source):
                if not Path(part.artifact.sidecar).is_file():
                    continue
                now = self._sidecar(part.artifact)
                digests = now["sha256"] if now else {}
                for path in part.paths:
                    if path != part.artifact.sidecar and was.get(path) != digests.get(path):
                        return True
        return False


def _other_files(artifact: Artifact, was: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether the user's files have changed; contents are read where times differ."""
    paths = [path for found in artifact.brought.values() for path in found]
    if set(paths) != set(was):
        return True
    for path in paths:
        stat = Path(path).stat()
        if stat.st_size != was[path]["size"]:
            return True
        if stat.st_mtime_ns != was[path]["time"] and sha256(path) != was[path]["sha256"]:
            return True
    return False
