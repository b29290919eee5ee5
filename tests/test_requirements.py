"""pyproject.toml, constraints.txt and environment.yml agree."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def requirements(*groups):
    """Return canonical name and requirement of each dependency of the project's groups."""
    texts = [*PROJECT["dependencies"], *(text for group in groups for text in EXTRAS[group])]
    return {canonicalize_name(one.name): one for one in map(Requirement, texts)}


def constraints():
    """Return canonical name and version of each pinned package."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.partition("#")[0].strip() for line in lines]
    matches = [re.fullmatch(r"([\w.-]+)==([^;\s]+)(\s*;.*)?", pin) for pin in pins if pin]
    assert None not in matches, "a line that is no exact version"
    return [(canonicalize_name(match[1]), match[2]) for match in matches if match]


def environment():
    """Return the conda packages and the pip lines of environment.yml."""
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    pip = [line for entry in listed if isinstance(entry, dict) for line in entry["pip"]]
    return [entry for entry in listed if isinstance(entry, str)], pip


@pytest.mark.parametrize("name", sorted(requirements("cpu", "dev")))
def test_each_dependency_is_pinned_inside_its_range(name):
    pins = dict(constraints())
    assert name in pins
    assert requirements("cpu", "dev")[name].specifier.contains(pins[name].partition("+")[0])


def test_nothing_is_pinned_twice():
    names = [name for name, _ in constraints()]
    assert len(names) == len(set(names))


def test_the_two_builds_of_faiss_are_a_choice():
    assert "faiss-gpu" not in dict(constraints())
    assert [Requirement(text).name for text in EXTRAS["cpu"]] == ["faiss-cpu"]
    assert not any("faiss" in name for name in requirements("dev"))


def test_the_required_torch_is_inside_the_range():
    assert requirements()["torch"].specifier.contains("2.13.0")


def test_the_conda_environment_has_a_python_that_the_project_takes():
    conda, _ = environment()
    python = next(entry for entry in conda if entry.startswith("python"))
    version = re.sub(r"[^0-9.]", "", python.removeprefix("python"))
    assert SpecifierSet(PROJECT["requires-python"]).contains(version)
    assert "pip" in conda


def test_the_conda_environment_gives_the_packages_of_the_project_at_the_same_versions():
    conda, pip = environment()
    names = {canonicalize_name(re.split(r"[<>=! ]", entry)[0]) for entry in conda}
    editable = [line for line in pip if line.startswith(("-e", "--editable"))]
    if editable:
        assert [line.split()[-1] for line in editable] == [".[cpu,dev]"]
        assert any(line.split()[-1] == "constraints.txt" for line in pip)
        assert names == {"python", "pip"}
    else:
        listed = names | {canonicalize_name(Requirement(line).name) for line in pip}
        assert listed - {"python", "pip"} == set(requirements("cpu", "dev"))


def test_transformers_is_bounded_since_parts_of_it_are_imported_that_may_move():
    """See `tasb.models.dropout`, which the tests of the models run."""
    assert not requirements()["transformers"].specifier.contains("6.0.0")
