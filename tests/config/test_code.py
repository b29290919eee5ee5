import ast
import inspect
from pathlib import Path

import pytest
import yaml

from tasb.config.code import code_of
from tasb.config.load import load
from tasb.jobs import function
from tasb.settings import merged

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
CONFIGS = ("msmarco", "examples/scifact", "examples/squad", "examples/trec-dl-2019")


@pytest.fixture
def library(tmp_path):
    """Write modules of a made-up package; return the files that code_of finds from `start`."""

    def write(start, **modules):
        for name, text in {"start": start, **modules}.items():
            file = tmp_path / "src" / "tasb" / name.replace("__", "/")
            file = file.parent / f"{file.name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            (file.parent / "__init__.py").touch()
        found = code_of(("tasb.start:make",), tmp_path / "src")
        assert found == sorted(found)
        names = {str(Path(file).relative_to(tmp_path)) for file in found}
        return {name.removeprefix("src/tasb/") for name in names} - {"start.py", "__init__.py"}

    return write


def test_modules_are_followed_with_the_packages_around_them(library):
    found = library(
        "from tasb.a.first import f",
        a__first="import numpy\nimport tasb.b.second as other",
        b__second="VALUE = 1",
        b__unused="from tasb.a.first import f",
    )
    assert found == {"a/__init__.py", "a/first.py", "b/__init__.py", "b/second.py"}


def test_a_module_may_be_imported_from_its_package(library):
    found = library("from tasb.a import first", a__first="", a__second="")
    assert found == {"a/__init__.py", "a/first.py"}


def test_imports_inside_functions_count_and_texts_do_not(library):
    found = library(
        '"""import tasb.text"""\ndef f():\n    from tasb.inside import g\n',
        inside="",
        text="",
    )
    assert found == {"inside.py"}


def test_modules_that_import_each_other_are_found_once(library):
    found = library("import tasb.one", one="import tasb.two", two="import tasb.one")
    assert found == {"one.py", "two.py"}


def test_code_without_imports_of_ours_is_its_module_alone(library):
    assert library("import json\nimport tasbx") == set()


def test_imports_for_type_checkers_alone_do_not_count(library):
    found = library(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from tasb.types import T\n"
        "else:\n    import tasb.other",
        types="",
        other="",
    )
    assert found == set()


def test_the_modules_of_several_functions_are_joined(tmp_path):
    folder = tmp_path / "tasb"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.py").touch()
    found = code_of(("tasb.one:f", "tasb.two:g"), tmp_path)
    assert found == [str(folder / "one.py"), str(folder / "two.py")]


@pytest.fixture(scope="module")
def artifacts():
    """Every artifact under every config of the repository, one of each name of a function."""
    base = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    fused = {"joined": {"kind": "fuse", "systems": ["bm25", "untrained"]}}
    fused["ranked"] = {**fused["joined"], "method": "reciprocal-rank"}
    graphs = [load({**base, "targets": None})]
    graphs += [
        load(merged(base, yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())))
        for name in CONFIGS
    ]
    fusing = load({**base, "systems": {**base["systems"], **fused}})
    found = [artifact for graph in graphs for name in graph.config.chosen
             for artifact in graph.target(name)]  # fmt: skip
    found += [fusing.single_ranking(name, "test") for name in fused]
    return {artifact.make: artifact for artifact in found}


def test_every_function_that_makes_an_artifact_exists(artifacts):
    assert len(artifacts) >= 20
    for artifact in artifacts.values():
        for name in (artifact.make, *artifact.uses):
            assert callable(function(name)), name
        assert list(inspect.signature(function(artifact.make)).parameters) == ["job"]


def test_no_computation_depends_on_declarations_of_artifacts(artifacts):
    for artifact in artifacts.values():
        files = code_of((artifact.make, *artifact.uses), SOURCE)
        names = {Path(file).relative_to(SOURCE / "tasb") for file in files}
        declaring = {name for name in names if name.name in ("graph.py", "artifacts.py")}
        assert declaring == set(), artifact.make
        assert not {name for name in names if "kinds" in name.parts and "rankings" in name.parts}


@pytest.mark.parametrize(
    ("make", "stages"),
    [
        ("tasb.metrics.record:make", ("students", "teachers", "models", "vectors", "plans")),
        ("tasb.tables.make:make", ("students", "teachers", "models", "vectors", "lexical")),
        ("tasb.collection.tables:make_passages", ("students", "models", "tokens", "metrics")),
        ("tasb.plans.plan:make", ("students", "models", "vectors", "metrics", "tables")),
        ("tasb.students.make:make", ("tables", "rankings", "lexical", "clusters", "encoders")),
        ("tasb.vectors.encode:make", ("students", "plans", "metrics", "tables", "rankings")),
        ("tasb.rankings.lexical:make", ("students", "models", "vectors", "tables")),
        ("tasb.rankings.fusion:make_weighted_sum", ("students", "models", "vectors", "tables")),
    ],
)
def test_a_job_does_not_depend_on_the_code_of_later_stages(make, stages):
    files = code_of((make,), SOURCE)
    found = {Path(file).relative_to(SOURCE / "tasb").parts[0] for file in files}
    assert found.isdisjoint(stages)


def test_the_library_imports_by_full_names():
    relative = [
        f"{file}:{node.lineno}"
        for file in [*(ROOT / "workflow" / "scripts").glob("*.py"), *SOURCE.rglob("*.py")]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []  # code_of does not follow them
