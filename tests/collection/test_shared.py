"""Reported queries that train or choose something are found by id and by text."""

import polars as pl
import pytest

from tasb.collection.shared import make, shared_queries
from tasb.errors import TasbError
from tasb.jobs import Job


@pytest.fixture
def table(tmp_path):
    """Write a table of texts from (id, text)."""

    def write(name, *rows):
        path = tmp_path / name
        pl.DataFrame(rows, schema=["id", "text"], orient="row").write_parquet(path)
        return str(path)

    return write


def test_queries_are_the_same_by_id_or_by_their_words(table):
    test = table("t", ("1", "What is  an owl?"), ("2", "owls"), ("x", "elk"), ("4", "?"))
    train = table("u", ("7", "what is an Owl"), ("x", "another"), ("8", "..."))
    assert shared_queries(test, train).rows() == [("x", "x"), ("1", "7")]
    assert shared_queries(test, table("v", ("9", "bee"))).is_empty()


@pytest.fixture
def made(table, tmp_path):
    """Compare the query sets a and b with the training and validation queries."""

    def run(allow):
        files = {
            "reported": [table("a", ("1", "owl"), ("2", "elk")), table("b", ("3", "bee"))],
            "used": [table("c", ("9", "Owl!"), ("2", "elk")), table("d", ("8", "bee"))],
        }
        recipe = {"query_sets": ["a", "b"], "uses": ["training", "validation"],
                  "allow_shared_queries": allow}  # fmt: skip
        make(Job(recipe, files, {"shared": [str(tmp_path / "shared")]}))
        return pl.read_parquet(tmp_path / "shared").rows()

    return run


def test_they_are_refused_by_name(made, tmp_path):
    with pytest.raises(TasbError) as error:
        made(False)
    assert str(error.value).split("\n") == [
        "query set 'a': 2 of its queries are training queries, too, by id or text: 2, 1 (as 9)",
        "query set 'b': 1 of its queries are validation queries, too, by id or text: 3 (as 8); "
        "take other queries, or set allow_shared_queries: true",
    ]
    assert not (tmp_path / "shared").exists()


def test_they_are_written_where_that_is_allowed(made):
    assert made(True) == [
        ("a", "2", "training", "2"), ("a", "1", "training", "9"), ("b", "3", "validation", "8")
    ]  # fmt: skip
