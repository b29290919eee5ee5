"""The source files that decide a job's result, so that Snakemake can track them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path


@cache
def code_of(functions: tuple[str, ...], source: str | Path) -> list[str]:
    """Return the modules of some functions and all of ours that they import, sorted.

    Args:
        functions: such as ``tasb.rankings.rerank:make``.
        source: the folder that holds the package `tasb`.
    """
    root = Path(source)
    waiting = [name.partition(":")[0] for name in functions]
    seen, found = set(waiting), set()
    while waiting:
        for file in _files(waiting.pop(), root):
            found.add(str(file))
            new = _imports(file) - seen
            seen |= new
            waiting += new
    return sorted(found)


@cache
def _imports(file: Path) -> frozenset[str]:
    names = set()
    for node in _executed(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(name for name in names if name.split(".")[0] == "tasb")


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes but those that type checkers alone read."""
    yield node
    if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
        return
    for child in ast.iter_child_nodes(node):
        yield from _executed(child)


@cache
def _files(module: str, root: Path) -> list[Path]:
    """Return the file of a module and the __init__ files of the packages around it."""
    parts = module.split(".")
    packages = [root.joinpath(*parts[:end], "__init__.py") for end in range(1, len(parts) + 1)]
    candidates = [*packages, root.joinpath(*parts).with_suffix(".py")]
    return [file for file in candidates if file.is_file()]
