"""What declarations take over from others, filled in before the config is checked."""

from typing import Any

from tasb.config.model import NAMED
from tasb.settings import merged, require

Raw = dict[str, Any]


def without_nulls(raw: Raw) -> Raw:
    """Return a config without the declarations that a later config sets to null."""
    return {key: _declared(value) if key in NAMED else value for key, value in raw.items()}


def with_kinds(raw: Raw) -> Raw:
    """Return a config in which each table says its kind; one that does not is of systems."""
    tables = raw.get("tables")
    if not isinstance(tables, dict):
        return raw
    told = {name: {"kind": "systems", **table} if isinstance(table, dict) else table
            for name, table in tables.items()}  # fmt: skip
    return {**raw, "tables": told}


def _declared(named: Any) -> Any:
    """Leave out null, which is a string on the command line."""
    if not isinstance(named, dict):
        return named
    return {name: value for name, value in named.items() if value not in (None, "null")}


def filled(runs: Raw, students: Raw) -> Raw:
    """Return runs with what they take over filled in.

    A run is like `students`; or, by its key ``like``, like another run; or, with ``like: null``,
    like none, so that what it does not give has the library's default.

    Args:
        runs: as they are declared.
        students: the defaults, checked.

    Raises:
        ValueError: a run is like one that does not exist, or like itself at some remove.
    """
    found: Raw = {}
    for name in runs:
        _fill(name, runs, students, found, [])
    return {name: found[name] for name in runs}


def _fill(name: str, runs: Raw, students: Raw, found: Raw, above: list[str]) -> Any:
    run = runs[name]
    if name in found or not isinstance(run, dict):
        return found.setdefault(name, run)
    if name in above:
        cycle = " -> ".join([*above[above.index(name) :], name])
        raise ValueError(f"runs.{name}.like: runs are like each other in a cycle: {cycle}")
    own = {key: value for key, value in run.items() if key != "like"}
    base = students
    if run.get("like", "") in (None, "null"):
        base = {}
    elif "like" in run:
        require(run["like"], runs, f"runs.{name}.like", "run")
        base = _fill(run["like"], runs, students, found, [*above, name])
    return found.setdefault(name, merged(base, own))
