"""The config of the built-in collection, as YAML gives it, and changes to it."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasb.config.load import load
from tasb.errors import TasbError
from tasb.graph import Graph

ROOT = Path(__file__).parents[2]
FILE = ROOT / "config" / "config.yaml"

Raw = dict[str, Any]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture
def raw() -> Raw:
    """config/config.yaml as plain values, free to be changed."""
    return dict(yaml.safe_load(FILE.read_text(encoding="utf-8")))


@pytest.fixture
def changed(raw: Raw) -> Callable[[str, Any], Raw]:
    """Return the config with the value at a dotted key replaced; the original stays."""

    def change(key: str, value: Any) -> Raw:
        result = copy.deepcopy(raw)
        *parents, last = key.split(".")
        inner: Any = result
        for parent in parents:
            inner = inner[int(parent)] if isinstance(inner, list) else inner.setdefault(parent, {})
        inner[last] = value
        return result

    return change


@pytest.fixture
def refusal(changed: Callable[[str, Any], Raw]) -> Callable[[str, Any], str]:
    """Return the message with which a changed config is refused."""

    def refuse(key: str, value: Any) -> str:
        with pytest.raises(TasbError) as caught:
            load(changed(key, value))
        return str(caught.value)

    return refuse


@pytest.fixture
def loaded(changed: Callable[[str, Any], Raw]) -> Callable[[str, Any], Graph]:
    """Return the graph of a changed config."""
    return lambda key, value: load(changed(key, value))
