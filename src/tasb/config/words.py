"""The words in which a mistake in the config is told, in place of pydantic's."""

from collections.abc import Mapping
from typing import Any

from tasb.settings import nearest

SHOWN = 60
"""Characters of a wrong value that are shown."""
NEEDED = {
    "missing": "is missing",
    "bool": "true or false is needed",
    "int": "a whole number is needed",
    "float": "a number is needed",
    "finite": "a finite number is needed",
    "string": "a text is needed",
    "list": "a list is needed",
    "dict": "a mapping of keys is needed",
    "model": "a mapping of keys is needed",
    "literal": "one of {expected} is needed",
    "greater_than_equal": "a number from {ge} on is needed",
    "greater_than": "a number above {gt} is needed",
    "less_than_equal": "a number up to {le} is needed",
    "less_than": "a number below {lt} is needed",
    "string_pattern_mismatch": "a text like {pattern} is needed",
    "too_long": "at most {max_length} entries are allowed",
    "too_short": "at least {min_length} entries are needed",
    "union_tag_not_found": "'kind' is missing",
    "value_error": "{error}",
}
"""By the type of pydantic's error, or by the beginning of it."""


def message(details: Mapping[str, Any]) -> str:
    """Return what is wrong, and what was found.

    Args:
        details: one of the errors of a pydantic.ValidationError.
    """
    kind, found = details["type"], details["input"]
    if kind == "union_tag_invalid":
        found = details["ctx"]["tag"]
        known = [name.strip("' ") for name in details["ctx"]["expected_tags"].split(",")]
        text = f"unknown kind{nearest(found, known) or '; known: ' + ', '.join(known)}"
    else:
        part = max((name for name in NEEDED if kind.startswith(name)), key=len, default="")
        text = NEEDED.get(part, details["msg"]).format_map(details.get("ctx", {}))
    return text + shown(found)


def shown(found: Any) -> str:
    """Return a plain value in brackets, long ones cut; nothing for one that is not plain."""
    if not isinstance(found, str | int | float | bool):
        return ""
    text = repr(found)
    return f" (found {text if len(text) <= SHOWN else text[:SHOWN] + '…'})"
