"""From the raw config to the checked model, or to errors of one line each."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from tasb.config.model import Config
from tasb.config.references import check_references
from tasb.errors import TasbError


def load_config(raw: dict[str, Any]) -> Config:
    """Check a config, as YAML gives it, and return the typed model.

    Raises:
        TasbError: one line per mistake, each beginning with the config key.
    """
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        lines = [f"config: {_line(raw, details)}" for details in _said_once(error.errors())]
        raise TasbError("\n".join(dict.fromkeys(lines))) from None
    try:
        check_references(config)
    except ValueError as error:
        raise TasbError(f"config: {error}") from None
    return config


def _said_once(errors: Sequence[Any]) -> list[Any]:
    """Leave out what runs took over from `students`, and tables from `metrics`.

    The mistake is shown there already.
    """
    shared = {(part["loc"][1:], part["msg"]) for part in errors if part["loc"][:1] == ("students",)}
    if any(part["loc"][:1] == ("metrics",) for part in errors):
        errors = [part for part in errors if part["loc"][::2] != ("tables", "metrics")]
    return [
        part
        for part in errors
        if part["loc"][:1] != ("runs",) or (part["loc"][2:], part["msg"]) not in shared
    ]


def _line(raw: Any, details: Any) -> str:
    message = details["msg"].removeprefix("Value error, ")
    key = _key(raw, details["loc"])
    given = details["input"]
    found = f" (found {given!r})" if isinstance(given, str | int | float | bool) else ""
    return f"{key}: {message}{found}" if key else f"{message}{found}"


def _key(raw: Any, location: tuple[str | int, ...]) -> str:
    """Return the dotted key, without the part by which pydantic tells a `kind` of settings."""
    parts: list[str] = []
    told = None
    for part in location:
        if isinstance(raw, dict) and raw is not told and raw.get("kind") == part:
            told = raw
            continue
        if isinstance(raw, dict):
            raw = raw.get(part)
        elif isinstance(raw, list) and isinstance(part, int):
            raw = raw[part]
        parts.append(str(part))
    return ".".join(parts)
