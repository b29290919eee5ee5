"""The base of every config model: unknown keys are refused, with the nearest known one."""

import difflib
import re
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

NAME = re.compile(r"\w[\w.-]{0,79}")
"""Names become parts of paths, of Snakemake's targets and of the names of plans."""


def _name(value: Any) -> str:
    """Return a name of the user's.

    Raises:
        ValueError: it could not be a part of a path, or is no text.
    """
    if not isinstance(value, str):
        raise ValueError(f"the name {value!r} is no text; put it in quotes, as '{value}'")
    if not NAME.fullmatch(value):
        raise ValueError(
            f"'{value[:60]}' is no name: up to 80 letters, digits, '_', '-' and '.', the first "
            "of them a letter, a digit or '_'"
        )
    return value


T = TypeVar("T")


def _distinct(values: list[T]) -> list[T]:
    """Return a list in which nothing occurs twice.

    Raises:
        ValueError: something does.
    """
    twice = next((value for place, value in enumerate(values) if value in values[:place]), None)
    if twice is not None:
        raise ValueError(f"'{twice}' occurs twice")
    return values


Name = Annotated[str, BeforeValidator(_name)]
"""What a user calls a collection, a run, a system, a query set, a table."""
Distinct = Annotated[list[T], AfterValidator(_distinct)]
"""A list in which nothing occurs twice."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest of the known names, else ``""``."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


def require(name: Any, known: Iterable[str], key: str, what: str) -> None:
    """Refuse a name that is not known.

    Raises:
        ValueError: names the config key, and the nearest known name or all of them.
    """
    names = list(known)
    if not isinstance(name, str) or name not in names:
        hint = nearest(str(name), names) or f"; known: {', '.join(sorted(names)) or 'none'}"
        raise ValueError(f"{key}: unknown {what} '{name}'{hint}")


def as_kind(value: Any) -> Any:
    """Return ``{kind: value}`` for a plain name, which stands for a kind with its defaults."""
    return {"kind": value} if isinstance(value, str) else value


def merged(base: Any, over: Any) -> Any:
    """Return nested settings with some of them replaced; keys of another kind do not stay.

    A plain name stands for a kind with its defaults, so no keys of the base are kept.
    """
    if isinstance(over, dict) and isinstance(base, str):
        base = as_kind(base)
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    if over.get("kind", base.get("kind")) != base.get("kind"):
        return over
    replaced = {key: merged(base.get(key), value) for key, value in over.items()}
    return {**base, **replaced}


def _whole_number(text: str) -> int | str:
    """Return 800000 for ``"8e5"``, and any other text, digits alone included, as it is."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and "e" in text.lower() else text


class Settings(BaseModel):
    """An immutable part of the config.

    Values are read leniently, since nested values on Snakemake's command line and numbers
    such as ``1e-5`` (a string in YAML 1.1) arrive as strings: ``"1e-5"`` is the number it
    means, ``"null"`` is no value; ``"abc"``, ``true`` or ``.inf`` for a number is an error.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _read_keys(cls, data: Any) -> Any:
        for key in data if isinstance(data, dict) else ():
            if key not in cls.model_fields:
                known = sorted(cls.model_fields)
                hint = nearest(str(key), known) or f"; known keys: {', '.join(known)}"
                raise ValueError(f"unknown key '{key}'{hint}")
        if not isinstance(data, dict):
            return data
        return {key: cls._read_value(key, value) for key, value in data.items()}

    @classmethod
    def _read_value(cls, key: str, value: Any) -> Any:
        """Return what a value stands for, where pydantic would take it for something else."""
        annotation = cls.model_fields[key].annotation
        kinds = get_args(annotation) or (annotation,)
        if value == "null":
            return None
        if isinstance(value, bool) and bool not in kinds and {int, float} & set(kinds):
            return str(value).lower()
        if isinstance(value, str) and int in kinds:
            return _whole_number(value)
        return value

    def plain(self) -> dict[str, Any]:
        """Return the settings as plain values, as they are in a rule's params."""
        return self.model_dump(mode="json")
