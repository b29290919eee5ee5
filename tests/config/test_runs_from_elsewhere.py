"""A run file from elsewhere is evaluated in one job, whatever the number of query sets."""

import pytest


@pytest.fixture
def theirs(raw):
    """A config with a system of run files."""
    raw["systems"]["theirs"] = {
        "kind": "trec", "format": "msmarco", "files": {"test": "a.run", "graded": "b.run"},
    }  # fmt: skip
    return raw


def test_its_metrics_rest_on_texts_and_judgments_alone(loaded, theirs):
    graph = loaded("systems", theirs["systems"])
    made = {artifact.name for artifact in graph.metrics("theirs").closure()}
    assert made == {
        "metrics/mini/theirs", "collection/mini/test", "collection/mini/graded",
        "collection/mini/passages",
    }  # fmt: skip
    recipe = graph.metrics("theirs").recipe
    assert recipe["runs"] == [
        {"file": name, "format": "msmarco", "repair": []} for name in ("a.run", "b.run")
    ]
    assert recipe["configs"][0]["systems"]["theirs"]["files"] == {"test": "a.run"}


def test_its_ranking_is_made_where_another_system_reads_it(loaded, theirs):
    theirs["systems"]["again"] = {"kind": "fuse", "systems": ["theirs", "bm25"], "alpha": 1}
    graph = loaded("systems", theirs["systems"])
    made = {artifact.name for artifact in graph.metrics("again").closure()}
    assert "rankings/mini/theirs/test" in made
