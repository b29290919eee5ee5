"""A passage whose id is the query's is never found, where the collection says so."""

import polars as pl
import pytest

from tasb.collection.faults import Faults
from tasb.collection.tables import write_texts
from tasb.jobs import Job
from tasb.lexical.config import Bm25, Negatives
from tasb.lexical.negatives import write_pairs
from tasb.rankings.lexical import make
from tasb.seeds import stream

TEXTS = [("a", "owl elk"), ("b", "owl bee"), ("c", "owl"), ("d", "owl ant")]


@pytest.fixture
def tables(tmp_path):
    """Two queries, of which the first is passage a."""
    write_texts(TEXTS, Faults("p"), tmp_path / "passages")
    write_texts([("a", "owl elk"), ("q", "owl")], Faults("q"), tmp_path / "queries")
    return tmp_path


def ranked(folder, drop, depth):
    recipe = {"system": "bm25", "bm25": Bm25().plain(), "depth": depth, "drop_own_passage": drop}
    files = {name: [str(folder / name)] for name in ("passages", "queries")}
    make(Job(recipe, files, {"ranking": [str(folder / "r")], "trec": [str(folder / "t")]}))
    found = pl.read_parquet(folder / "r")
    return {query: part["passage_id"].to_list() for (query,), part in
            found.group_by(["query_id"], maintain_order=True)}, found  # fmt: skip


def test_it_is_dropped_and_the_ranking_is_as_deep_as_before(tables):
    found, _ = ranked(tables, False, 2)
    assert found == {"a": ["a", "c"], "q": ["c", "a"]}
    found, table = ranked(tables, True, 2)
    assert found == {"a": ["c", "b"], "q": ["c", "a"]}
    assert table["rank"].to_list() == [1, 2, 1, 2]
    assert [line.split()[2] for line in (tables / "t").read_text().splitlines()] == [*"cbca"]


@pytest.mark.parametrize("per_query", [1, 2, 3])
def test_it_is_no_negative_of_its_query(tables, per_query):
    judged = pl.DataFrame({"query": [0], "passage": [2], "grade": [1]}).cast(pl.Int32)
    judged.write_parquet(tables / "qrels")
    files = (tables / "passages", tables / "queries", tables / "qrels")
    settings = Negatives(depth=3, per_query=per_query)
    drawn = set()
    for seed in range(12):
        write_pairs(*files, settings, stream(seed), tables / "pairs", True)
        drawn |= set(pl.read_parquet(tables / "pairs")["negative"])
    assert drawn == {1, 3}


def test_a_negative_does_not_say_the_same_as_a_relevant_passage(tables):
    texts = [*TEXTS, ("e", "OWL "), ("f", "cod")]
    write_texts(texts, Faults("p"), tables / "passages")
    judged = pl.DataFrame({"query": [1, 1], "passage": [2, None], "grade": [1, 1]}).cast(pl.Int32)
    judged.write_parquet(tables / "qrels")
    files = (tables / "passages", tables / "queries", tables / "qrels")
    write_pairs(*files, Negatives(depth=9, per_query=9), stream(1), tables / "pairs")
    pairs = pl.read_parquet(tables / "pairs")
    assert pairs["query"].unique().to_list() == [1]
    assert pairs["positive"].unique().to_list() == [2]
    assert sorted(pairs["negative"]) == [0, 1, 3, 5]
