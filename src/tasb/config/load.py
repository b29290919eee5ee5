"""From the raw config to the checked graph, or to errors of one line each."""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError

from tasb.config.check import check
from tasb.config.generations import written_out
from tasb.config.inherit import Raw, filled, with_kinds, without_nulls
from tasb.config.model import Config
from tasb.config.words import message
from tasb.errors import TasbError
from tasb.graph import Graph
from tasb.students.run import TrainingRun

T = TypeVar("T")


def load(raw: Raw) -> Graph:
    """Check a config, as YAML gives it, and return the graph of its artifacts.

    Raises:
        TasbError: one line per mistake, each beginning with the config key.
    """
    try:
        graph = Graph(load_config(raw))
        check(graph)
    except ValueError as error:
        raise TasbError(f"config: {error}") from None
    return graph


def load_config(raw: Raw) -> Config:
    """Return the typed config; names in it that refer to others are checked by `load`.

    Raises:
        TasbError: one line per mistake, each beginning with the config key.
        ValueError: a run is `like` one that does not exist.
    """
    raw = with_kinds(without_nulls(raw))
    lines: list[str] = []
    students = _checked(TrainingRun.model_validate, raw.get("students") or {}, "students", lines)
    runs = raw.get("runs") or {}
    if students is None:
        raw = {**raw, "students": {}, "runs": {}}  # so that each mistake is said once
    elif isinstance(runs, dict):
        raw = written_out(raw, filled(runs, students.plain()))
    config = _checked(Config.model_validate, raw, "", lines)
    if config is None or lines:
        raise TasbError("\n".join(sorted(dict.fromkeys(lines))))
    return config


def _checked(validate: Callable[[Any], T], raw: Any, key: str, lines: list[str]) -> T | None:
    """Return what a part of the config means, or None after adding a line per mistake."""
    try:
        return validate(raw)
    except ValidationError as error:
        lines += [f"config: {_line(raw, key, details)}" for details in error.errors()]
        return None


def _line(raw: Any, prefix: str, details: Any) -> str:
    key = ".".join([*([prefix] if prefix else []), *_key(raw, details["loc"])])
    return f"{key}: {message(details)}" if key else message(details)


def _key(raw: Any, location: tuple[str | int, ...]) -> list[str]:
    """Return the parts of a key, without those by which pydantic tells a `kind` of settings."""
    parts: list[str] = []
    told = None
    for part in location:
        kind = raw if isinstance(raw, str) else raw.get("kind") if isinstance(raw, dict) else None
        if kind == part and raw is not told:
            told = raw
            continue
        if part == "[key]":  # the name itself is wrong
            continue
        if isinstance(raw, dict):
            raw = raw.get(part)
        elif isinstance(raw, list) and isinstance(part, int):
            raw = raw[part]
        parts.append(str(part))
    return parts
