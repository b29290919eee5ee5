"""Several collections under one config: the graph of each, and what is refused."""

import pytest

from tasb.config.load import load
from tasb.errors import TasbError

ROW = {"collections": ["mini", "second"], "label": "both"}
TABLE = {"kind": "across", "title": "Across", "metric": "ndcg@10", "systems": ["bm25", "untrained"],
         "labels": ["BM25", "Untrained"], "collections": [ROW]}  # fmt: skip


@pytest.fixture
def two(raw):
    """The config with a second collection."""
    sets = {"test": {"level": 1}, "graded": {"level": 1}}
    raw["collections"]["second"] = {"folder": "elsewhere", "train": None, "query_sets": sets}
    raw["across"] = ["second"]
    raw["tables"]["across"] = TABLE
    return raw


def test_each_collection_has_its_own_files_and_encoders_are_shared(two):
    graph = load(two)
    made = {artifact.name for artifact in graph.target("across")}
    ends = (("metrics", ""), ("rankings", "/test"), ("rankings", "/graded"))
    both = {f"{stage}/{name}/bm25{end}" for name in ("mini", "second") for stage, end in ends}
    assert both <= made
    assert {name for name in made if name.startswith("vectors/")} == {
        "vectors/mini/untrained/passages-0", "vectors/second/untrained/passages-0",
    }  # fmt: skip
    assert [name for name in made if name.startswith("encoders/")] == ["encoders/minilm"]
    assert not any("students" in name for name in made)
    table = graph.table("across")
    assert len(table.inputs["read"]) == 4
    assert graph.on("second") is graph.on("second") and graph.on("mini") is graph


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"across": ["third"]}, "across[0]: unknown collection 'third'"),
        ({"tables": {"across": {**TABLE, "metric": "map"}}}, "across.metric: unknown metric 'map'"),
        ({"tables": {"across": {**TABLE, "labels": ["BM25"]}}}, "across.labels: 1 for 2 systems"),
        ({"tables": {"across": {**TABLE, "systems": ["bm25", "bm26"]}}}, "across.systems: unknown"),
        (
            {"tables": {"across": {**TABLE, "collections": [{**ROW, "published": {"x": 1.0}}]}}},
            "across.collections[0].published: unknown system 'x'",
        ),
        ({"across": []}, "across.collections[0].collections: unknown collection"),
    ],
)
def test_what_cannot_be_is_one_line_with_its_key(two, change, message):
    for key, value in change.items():
        two[key] = {**two[key], **value} if isinstance(value, dict) else value
    with pytest.raises(TasbError) as error:
        load(two)
    assert message in str(error.value)


def test_other_query_sets_are_refused(two):
    two["collections"]["second"]["query_sets"] = {"dev": {"level": 1}}
    with pytest.raises(TasbError, match=r"across: 'second' reports dev, and 'mini' test, graded"):
        load(two)
