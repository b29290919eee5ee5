"""The reference of all config keys, from the typed models: ``python -m tasb.config.reference``."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from tasb.config.model import Config
from tasb.settings import Settings

RECOMPUTED = {
    "collection": "everything",
    "seed": "all draws: from the training queries on",
    "collections": "passages, query sets or pairs, and what is made from them",
    "downloads": "the file, and what is read from it",
    "encoders": "tokens, and what is made from them",
    "tokens": "tokens, and what is made from them",
    "negatives": "BM25 negatives, and what is made from them: all trainings",
    "clusters": "the clusters, plans by topic, their runs, Figures 1 and 2",
    "mining": "the pairs that it makes, and the runs that train on them",
    "plans": "`shard_steps`: the plans and their runs; `stored_gigabytes`: runs that change sides",
    "early_stopping_set": "the set, and all runs that stop early",
    "students": "each run that takes the key over, as below",
    "runs": "the plan if the key decides it, the training, and what is made from the model",
    "systems": "the rankings of the system, or just those of its index; its metrics and tables",
    "vectors": "passage vectors, teachers' scores and clusters, and what is made from them",
    "keep_vectors": "nothing; what later needs vectors that are gone makes them again",
    "rankings": "all rankings, and what is made from them",
    "metrics": "`names`: metrics and tables; `p`, `correction`: tables",
    "tables": "the table",
    "figures": "the figure",
    "latency": "the measured times, and the tables that show them",
    "across": "what tables of kind `across` read of a collection that was not there",
    "targets": "nothing",
}
"""What a change of a section recomputes."""
INTRODUCTION = """# Config keys

Every key, with its type, its default and its meaning. This page is generated from the typed models
(`python -m tasb.config.reference > docs/config.md`). `NAME` stands for a name of yours. In place of
a mapping with `kind` the name of the kind alone will do.
"""
BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
WRAPPERS: dict[Any, str] = {Annotated: "", list: "list of ", dict: "by name: ", tuple: "pair of "}
WORDS = {int: "whole number", float: "number", str: "text", bool: "true or false", NoneType: "null"}


def reference() -> str:
    """Return the page."""
    parts = [INTRODUCTION]
    for name, field in Config.model_fields.items():
        parts.append(
            f"## {name}\n\n{_meaning(Config, name)}\nA change recomputes: {RECOMPUTED[name]}.\n"
        )
        kinds = list(_models(field.annotation))
        if not kinds:
            parts.append(
                f"- type: {_type(field.annotation, field)}\n- default: {_default(field)}\n"
            )
        for kind in kinds if name != "students" else ():
            where = f"{name}.NAME" if get_origin(field.annotation) is dict else name
            parts += _tables(kind, where)
    return "\n".join(parts)


def _tables(model: type[Settings], where: str) -> Iterator[str]:
    """Yield the table of a model's keys, then those of the models inside of it."""
    fields = {name: field for name, field in model.model_fields.items() if name != "kind"}
    kind = model.model_fields.get("kind")
    title = f"`{where}`" + (f", kind `{get_args(kind.annotation)[0]}`" if kind else "")
    yield f"### {title}\n\n{textwrap.dedent(inspect.getdoc(model) or '').splitlines()[0]}\n"
    if fields:
        yield "| key | type | default | meaning |\n|---|---|---|---|\n" + "".join(
            f"| `{name}` | {_type(field.annotation, field)} | {_default(field)} "
            f"| {_meaning(model, name)} |\n"
            for name, field in fields.items()
        )
    for name, field in fields.items():
        below = (
            f"{where}.{name}.NAME" if get_origin(field.annotation) is dict else f"{where}.{name}"
        )
        for inner in _models(field.annotation):
            yield from _tables(inner, below)


def _models(annotation: Any) -> Iterator[type[Settings]]:
    """Yield the models in an annotation: one, the kinds of a union, or none."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
    for part in get_args(annotation) if get_origin(annotation) is not Literal else ():
        yield from _models(part)


def _type(annotation: Any, field: FieldInfo | None = None) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{part}`" for part in parts)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_type(part, field) for part in parts))
    if origin in WRAPPERS:
        return WRAPPERS[origin] + _type(parts[-1] if origin is dict else parts[0])
    if issubclass(annotation, Settings):
        kind = annotation.model_fields.get("kind")
        return f"`{get_args(kind.annotation)[0]}`" if kind else "mapping"
    bounds = [f"{sign} {getattr(limit, name):,g}" for limit in (field.metadata if field else ())
              for name, sign in BOUNDS.items() if hasattr(limit, name)]  # fmt: skip
    shown = bounds if annotation in (int, float) else []
    return " ".join([WORDS[annotation], ", ".join(shown)]).strip()


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, Settings):
        given = value.plain()
        return f"`{given['kind']}`" if "kind" in given else "as below"
    if value is None or isinstance(value, bool):
        return f"`{str(value).lower()}`".replace("none", "null")
    return f"`{value}`" if value not in ([], {}) else "none"


def _meaning(model: type[Settings], name: str) -> str:
    """Return the docstring of a key, from the class that declares it."""
    for owner in model.__mro__:
        if name in owner.__dict__.get("__annotations__", {}):
            found = _docstrings(owner).get(name, "")
            if found:
                return found.replace("``", "`").replace("|", "\\|")
    return ""


def _docstrings(owner: type) -> dict[str, str]:
    """Return the texts below the attributes of a class."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    return {
        before.target.id: " ".join(str(after.value.value).split())
        for before, after in zip(body, body[1:])
        if isinstance(before, ast.AnnAssign)
        and isinstance(before.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
    }


if __name__ == "__main__":
    print(reference())
