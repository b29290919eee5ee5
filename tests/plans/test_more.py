"""Further negatives: of the same query and positive, and no two alike while there are others."""

import numpy as np
import polars as pl

from tasb.plans.pairs import read_pairs
from tasb.plans.plan import read_plan, write_plan

SETTINGS = {"sampler": {"kind": "random"}, "batch_size": 3, "one_pair_queries": "keep", "seed": 4}


def write_pairs(path):
    """Query q has positives 10q and 10q + 1, the first with four negatives, the second with two."""
    rows = [(q, 10 * q + p, 100 * q + 10 * p + n) for q in range(4) for n in range(4)
            for p in range(2) if n < 4 - 2 * p]  # fmt: skip
    schema = dict.fromkeys(("query", "positive", "negative"), pl.Int32)
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(path)


def test_negatives_are_of_the_query_and_positive_and_distinct(tmp_path):
    write_pairs(tmp_path / "pairs")
    write_plan(tmp_path / "pairs", None, {**SETTINGS, "negatives": 3}, (0, 200), tmp_path / "plan")
    seen = set()
    for batch in read_plan([tmp_path / "plan"], 0, 200):
        assert batch.negative.shape == (9,)
        for query, positive, own in zip(batch.query, batch.positive, batch.negative.reshape(3, 3)):
            first = positive == 10 * query
            assert (own // 10 == 10 * query + (0 if first else 1)).all()
            assert len(set(own)) == (3 if first else 2)
            seen.add(tuple(own))
    assert len(seen) > 4 * 20  # orders of three of four


def test_the_first_negative_is_that_of_a_plan_of_one(tmp_path):
    write_pairs(tmp_path / "pairs")
    pl.read_parquet(tmp_path / "pairs").sort("query", "positive").write_parquet(tmp_path / "pairs")
    for count in (1, 2):
        how = {**SETTINGS, "negatives": count}
        write_plan(tmp_path / "pairs", None, how, (3, 9), tmp_path / f"plan{count}")
    one, two = (list(read_plan([tmp_path / f"plan{count}"], 3, 9)) for count in (1, 2))
    for single, double in zip(one, two):
        assert (single.query == double.query).all()
        assert (single.negative == double.negative.reshape(3, 2)[:, 0]).all()


def test_pairs_of_one_positive_are_next_to_each_other(tmp_path):
    write_pairs(tmp_path / "pairs")
    table = read_pairs(tmp_path / "pairs", 1, False, by_positive=True)
    assert (np.diff(table.positive) >= 0).all()
