"""The base of every config model: unknown keys are refused, with the nearest known one."""

import difflib
from collections.abc import Iterable
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest of the known names, else ``""``."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


class Settings(BaseModel):
    """An immutable part of the config.

    Values are read leniently, since nested values on Snakemake's command line and numbers
    such as ``1e-5`` (a string in YAML 1.1) arrive as strings: ``"1e-5"`` is the number it
    means, ``"null"`` is no value, ``"abc"`` for a number is an error.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

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
        return {key: None if value == "null" else value for key, value in data.items()}

    def plain(self) -> dict[str, Any]:
        """Return the settings as plain values, as they stand in a rule's params."""
        return self.model_dump(mode="json")
