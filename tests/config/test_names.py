"""Names: what they may be, and that no two things of different names share a file."""

import re
from pathlib import Path

import pytest

from tasb.config.check import RULES
from tasb.config.load import load
from tasb.errors import TasbError

BAD = (
    "a/b",
    "../../../../escaped",
    "{run}",
    "",
    "..",
    ".hidden",
    "-n",
    "<b>",
    "a b",
    "a\nb",
    "x" * 81,
)
KINDS = {
    "collections": {"folder": "x", "query_sets": {"test": {}}},
    "encoders": {"folder": "x"},
    "clusters": {},
    "runs": {},
    "systems": {"kind": "lexical"},
    "tables": {"title": "t", "columns": ["S"], "rows": [{"system": "bm25", "labels": ["B"]}]},
    "figures": {"kind": "topics", "title": "t"},
}


@pytest.mark.parametrize("section", KINDS)
@pytest.mark.parametrize("name", BAD)
def test_a_name_that_is_no_part_of_a_path_is_refused_at_its_key(raw, section, name):
    raw[section][name] = KINDS[section]
    with pytest.raises(TasbError) as caught:
        load(raw)
    assert str(caught.value).startswith(f"config: {section}.")
    assert "is no name: up to 80 letters" in str(caught.value)


@pytest.mark.parametrize("name", ["bm25", "all-MiniLM.v2", "Größe_1", "2019", "x" * 80])
def test_other_names_are_allowed(loaded, raw, name):
    assert name in loaded("systems", {**raw["systems"], name: {"kind": "run", "run": "baseline"}}
                          ).config.systems  # fmt: skip


@pytest.mark.parametrize("name", [2019, True, 1.5])
def test_a_name_that_yaml_reads_as_something_else_is_put_in_quotes(raw, name):
    raw["collections"]["mini"]["query_sets"][name] = {}
    with pytest.raises(TasbError, match="is no text; put it in quotes") as caught:
        load(raw)
    assert str(caught.value).startswith("config: collections.mini.query_sets.")


@pytest.mark.parametrize("name", ["all", "plan", "training", "tables"])
def test_a_table_is_not_called_like_a_rule(refusal, name):
    message = refusal(f"tables.{name}", KINDS["tables"])
    assert (
        message
        == f"config: tables.{name}: a name in 'the rules of the workflow' too; rename one of them"
    )


def test_the_rules_are_those_of_the_workflow(root):
    texts = [path.read_text(encoding="utf-8") for path in (root / "workflow/rules").glob("*.smk")]
    texts.append(Path(root, "Snakefile").read_text(encoding="utf-8"))
    rules = {
        name
        for text in texts
        for name in re.findall(r"^(?:use rule \w+ as|rule) (\w+)", text, re.M)
    }
    assert rules | {"tables"} == set(RULES)


def plan_of(raw, sampler, pairs):
    raw["runs"]["one-run"] = {"like": "pairwise-random", "sampler": sampler, "pairs": pairs}
    return load(raw).config.runs["one-run"].plan


@pytest.fixture
def teachers(raw):
    """A config with runs whose names are words of the names of plans."""
    for name in ("x", "pairs-x", "labels", "published", "drop", "b16", "random", "s0", "by"):
        raw["runs"][name] = raw["runs"]["bert-cat"]
    return raw


def test_no_two_samplings_have_one_plan(teachers):
    samplers = ("random", "random-pairs")
    names = ("x", "pairs-x", "labels", "published", "drop", "b16", "random", "s0", "by")
    pairs = [
        {"teacher": name, "one_pair_queries": kept} for name in names for kept in ("keep", "drop")
    ]
    pairs += [{"kind": "published"}, {"kind": "published", "one_pair_queries": "drop"}]
    plans = [plan_of(teachers, sampler, source) for sampler in samplers for source in pairs]
    assert len(set(plans)) == len(plans) == 40


def test_two_things_that_would_write_one_file_are_refused(refusal, raw):
    found = refusal("runs.early_stopping_set", raw["runs"]["pairwise-random"])
    assert found == (
        "config: two names make one file, results/students/mini/early_stopping_set.made.json of "
        "students/mini/early_stopping_set; rename one of them"
    )
    sets = {"test": {}, "test.means": {"split": "graded"}}
    assert refusal("collections.mini.query_sets", sets).startswith(
        "config: two names make one file, results/metrics/mini/"
    )
