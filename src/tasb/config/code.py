"""The source files that decide a script's result, so that Snakemake can track them."""

import ast
from functools import cache
from pathlib import Path


def code_of(script: str | Path, source: str | Path) -> list[str]:
    """Return a script and all modules of ours that it imports, directly or not, sorted.

    Args:
        script: the script.
        source: the folder that holds the package `tasb`.
    """
    root, found = Path(source), {str(script)}
    waiting = [Path(script)]
    while waiting:
        for module in _imports(waiting.pop()):
            for file in _files(module, root):
                if str(file) not in found:
                    found.add(str(file))
                    waiting.append(file)
    return sorted(found)


@cache
def _imports(file: Path) -> frozenset[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(name for name in names if name.split(".")[0] == "tasb")


@cache
def _files(module: str, root: Path) -> list[Path]:
    """Return the file of a module and the __init__ files of the packages around it."""
    parts = module.split(".")
    packages = [root.joinpath(*parts[:end], "__init__.py") for end in range(1, len(parts) + 1)]
    candidates = [*packages, root.joinpath(*parts).with_suffix(".py")]
    return [file for file in candidates if file.is_file()]
