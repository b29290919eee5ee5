"""Runs that are trained in generations, written out: each is a run on pairs of the one before."""

from typing import Any

from pydantic import ValidationError

from tasb.mining.config import Generations
from tasb.settings import Settings, as_kind

Raw = dict[str, Any]
REFERENCES = (
    "system", "systems", "run", "init", "teacher", "model", "compared_with", "against",
)  # fmt: skip
"""Keys whose values name a run."""


def written_out(raw: Raw, runs: Raw) -> Raw:
    """Return a config in which each generation is a run, and what is mined for it is declared.

    What names the run means its last generation.

    Args:
        raw: the config.
        runs: its runs, each with what it takes over filled in.

    Raises:
        ValueError: a run cannot be trained in generations.
    """
    found, mining, last = {}, dict(raw.get("mining") or {}), {}
    for name, run in runs.items():
        turns = run.get("generations") if isinstance(run, dict) else None
        if turns in (None, "null"):
            found[name] = run
            continue
        declared = _checked(turns)
        if declared is None:
            found[name] = run
            continue
        last[name] = f"{name}-{declared.count}"
        for number in range(1, declared.count + 1):
            own = f"{name}-{number}"
            if own in runs or own in mining:
                raise ValueError(
                    f"runs.{own}: generation {number} of '{name}' is called so; rename it"
                )
            found[own], mining[own] = _generation(name, run, runs, declared, number)
    if not last:
        return {**raw, "runs": found}
    return dict(_renamed({**raw, "runs": found, "mining": mining}, last))


def _checked(turns: Any) -> Generations | None:
    """Return how a run is trained in generations; None where the check of the config refuses it."""
    try:
        return Generations.model_validate(turns)
    except ValidationError:
        return None


def _generation(
    name: str, run: Raw, runs: Raw, declared: Generations, number: int
) -> tuple[Raw, Raw]:
    """Return one generation, and what is mined for it."""
    first = run.get("init")
    if first == name:
        raise ValueError(f"runs.{name}.init: '{name}' would mine with its own index; name a run "
                         "that is trained before it, such as one on BM25 negatives")  # fmt: skip
    if first not in runs:
        raise ValueError(f"runs.{name}.init: generations start from a run, whose search is mined "
                         f"first, such as one on BM25 negatives; '{first}' is none")  # fmt: skip
    before = first if number == 1 else f"{name}-{number - 1}"
    teacher = as_kind(run.get("pairs") or {}).get("teacher")
    pairs = {"kind": "mined", "mining": [f"{name}-{number}"], "teacher": teacher}
    own = {**run, "generations": None, "generation": number, "init": before, "pairs": pairs}
    if number > 1:
        own["warmup_steps"] = 0
    choice: Settings = declared.mining
    return own, {**choice.plain(), "system": before, "part": number - 1}


def _renamed(value: Any, last: dict[str, str], key: str = "") -> Any:
    """Return a part of the config in which references mean the last generation."""
    if isinstance(value, dict):
        return {name: _renamed(part, last, str(name)) for name, part in value.items()}
    if isinstance(value, list):
        return [_renamed(part, last, key) for part in value]
    if key in REFERENCES and isinstance(value, str):
        return last.get(value, value)
    return value
