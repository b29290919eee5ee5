"""A key that a config file gives twice; YAML would silently take the last one."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from tasb.errors import TasbError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def refuse_duplicate_keys(files: Iterable[str | Path]) -> None:
    """Refuse config files with a key twice in one mapping.

    Raises:
        TasbError: names the file, both lines and the key.
    """
    for file in files:
        with open(file, encoding="utf-8") as text:
            root = yaml.compose(text, Loader=LOADER)
        for mapping in _mappings(root):
            seen: dict[str, int] = {}
            for key, _ in mapping.value:
                line = key.start_mark.line + 1
                if key.value in seen:
                    raise TasbError(
                        f"{file}:{line}: key '{key.value}' is given twice, first in line "
                        f"{seen[key.value]}; remove one"
                    )
                seen[key.value] = line


def _mappings(root: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    """Yield each mapping once, however often it is referred to."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield node
            waiting += [child for pair in node.value for child in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
