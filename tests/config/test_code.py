import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from tasb.config.code import code_of

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*.py"))
RULES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))


@pytest.fixture
def library(tmp_path):
    """Write modules of a made-up package and a script; return the files that code_of finds."""

    def write(script, **modules):
        for name, text in modules.items():
            file = tmp_path / "src" / "tasb" / name.replace("__", "/")
            file = file.parent / f"{file.name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            (file.parent / "__init__.py").touch()
        (tmp_path / "src" / "tasb").mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / "tasb" / "__init__.py").touch()
        (tmp_path / "script.py").write_text(script)
        found = code_of(tmp_path / "script.py", tmp_path / "src")
        assert found == sorted(found)
        names = {str(Path(file).relative_to(tmp_path)) for file in found} - {"script.py"}
        return {name.removeprefix("src/tasb/") for name in names}

    return write


def test_modules_are_followed_with_the_packages_around_them(library):
    found = library(
        "from tasb.a.first import f",
        a__first="import numpy\nimport tasb.b.second as other",
        b__second="VALUE = 1",
        b__unused="from tasb.a.first import f",
    )
    assert found == {
        "__init__.py", "a/__init__.py", "a/first.py", "b/__init__.py", "b/second.py"
    }  # fmt: skip


def test_a_module_may_be_imported_from_its_package(library):
    found = library("from tasb.a import first", a__first="", a__second="")
    assert found == {"__init__.py", "a/__init__.py", "a/first.py"}


def test_imports_inside_functions_count_and_texts_do_not(library):
    found = library(
        '"""import tasb.text"""\ndef f():\n    from tasb.inside import g\n',
        inside="",
        text="",
    )
    assert found == {"__init__.py", "inside.py"}


def test_modules_that_import_each_other_are_found_once(library):
    found = library("import tasb.one", one="import tasb.two", two="import tasb.one")
    assert found == {"__init__.py", "one.py", "two.py"}


def test_a_script_without_imports_of_ours_is_its_only_code(library):
    assert library("import json\nimport tasbx") == set()


@pytest.mark.parametrize(
    ("script", "stages"),
    [
        ("metrics.py", ("students", "teachers", "models", "vectors", "plans")),
        ("table.py", ("students", "teachers", "models", "vectors", "lexical")),
        ("passages.py", ("students", "models", "tokens", "metrics", "tables")),
        ("plan.py", ("students", "models", "vectors", "metrics", "tables")),
        ("train.py", ("tables", "rankings", "lexical", "clusters", "encoders")),
        ("encode.py", ("students", "plans", "metrics", "tables", "rankings")),
        ("bm25_search.py", ("students", "models", "vectors", "tables")),
    ],
)
def test_a_script_does_not_depend_on_the_code_of_later_stages(script, stages):
    files = code_of(ROOT / "workflow" / "scripts" / script, ROOT / "src")
    found = {Path(file).relative_to(ROOT / "src" / "tasb").parts[0] for file in files[:-1]}
    assert found.isdisjoint(stages)


def test_the_library_imports_by_full_names():
    relative = [
        f"{file}:{node.lineno}"
        for file in [*SCRIPTS, *(ROOT / "src" / "tasb").rglob("*.py")]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []  # code_of does not follow them


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.stem)
def test_the_imports_of_a_script_resolve(script):
    tree = ast.parse(script.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert imports
    for node in imports:
        module = import_module(str(node.module))
        assert [name.name for name in node.names if not hasattr(module, name.name)] == []


def test_every_rule_tracks_the_code_of_its_script_and_every_script_has_a_rule():
    tracked, run = [], []
    for file in RULES:
        text = file.read_text(encoding="utf-8")
        tracked += re.findall(r'code=code\("(\w+\.py)"\)', text)
        run += re.findall(r'"\.\./scripts/(\w+\.py)"', text)
    assert tracked == run
    assert set(run) == {script.name for script in SCRIPTS}
