"""A recipe: plain, sorted values that decide an artifact, and digests of what it is made from."""

import hashlib
import json
from typing import Any

from tasb.settings import Settings

Recipe = dict[str, Any]


def canonical(value: Any) -> Any:
    """Return plain values with all keys sorted; the order of keys in a config means nothing.

    Raises:
        TypeError: a value that Snakemake could not track.
    """
    if isinstance(value, Settings):
        return canonical(value.plain())
    if isinstance(value, dict):
        return {str(key): canonical(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(f"{type(value)} would not be tracked by Snakemake")


def digest(recipe: Recipe) -> str:
    """Return a short name for a recipe."""
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]


def made(settings: dict[str, Any], **sources: Recipe) -> Recipe:
    """Return the recipe with these settings, made from artifacts with those recipes."""
    upstream = {name: digest(recipe) for name, recipe in sources.items()}
    return dict(canonical({**settings, "from": upstream}))
