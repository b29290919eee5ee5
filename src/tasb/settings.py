"""The base of every config model: unknown keys are refused, with the nearest known one."""

import difflib
from collections.abc import Iterable
from typing import Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict, model_validator


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest of the known names, else ``""``."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


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
        """Return the settings as plain values, as they stand in a rule's params."""
        return self.model_dump(mode="json")
