"""Verdicts on claims, from figures by hand."""

import polars as pl
import pytest

from tasb.files import write_json
from tasb.tables.claims import FAILS, HOLDS, JUDGES, UNTESTED, Here

LARGE = Here({"a": 1, "b": 1}, 9_000_000, 8_000_000)
SMALL = Here({"a": 1, "b": 1}, 1000, 8_000_000)


@pytest.fixture
def means(tmp_path):
    """Write the means of a system on both query sets."""

    def write(name, *values):
        files = [str(tmp_path / f"{name}-{place}.parquet") for place in range(len(values))]
        for file, value in zip(files, values):
            table = {"metric": ["ndcg@10"], "value": [value]}
            pl.DataFrame(table, schema_overrides={"value": pl.Float64}).write_parquet(file)
        return files

    return write


@pytest.fixture
def seconds(tmp_path):
    """Write the record of a job."""

    def write(name, value):
        write_json(tmp_path / name, {"seconds": value})
        return str(tmp_path / name)

    return write


def judged(kind, here, **row):
    return JUDGES[kind]({"metric": "ndcg@10", **row}, here)


@pytest.mark.parametrize(
    ("percent", "verdict"), [(9, HOLDS), (11, FAILS), (25, FAILS)]
)  # on query set b the gain is 10 %
def test_a_gain_holds_on_every_query_set_or_not(means, percent, verdict):
    files = {"system": means("own", 0.6, 0.55), "against": means("other", 0.4, 0.5)}
    found = judged("gain", SMALL, files=files, percent=percent)
    assert found.figures == "nDCG@10: a .600 against .400: +50 %, b .550 against .500: +10 %"
    assert found.verdict == verdict


def test_a_missing_value_is_no_verdict(means):
    files = {"system": means("own", 0.6, None), "against": means("other", 0.4, 0.5)}
    assert judged("gain", SMALL, files=files, percent=1).verdict == UNTESTED


def test_a_spread_is_the_samples_standard_deviation(means):
    parts = [means(f"{seed}", value, 0.5) for seed, value in enumerate((0.5, 0.52, 0.54))]
    files = {"means": [file for part in parts for file in part]}
    found = judged("spread", SMALL, files=files, below=0.021)
    assert (found.figures, found.verdict) == ("nDCG@10: a 0.0200, b 0.0000", HOLDS)
    assert judged("spread", SMALL, files=files, below=0.02).verdict == FAILS


def test_times_are_judged_where_the_collection_is_large_enough(seconds):
    files = {"made": [seconds("one", 3000.0), seconds("two", 600.0)]}
    assert judged("hours", LARGE, files=files, hours=1.0) == ("60.0 min", HOLDS, "")
    assert judged("hours", LARGE, files=files, hours=0.9).verdict == FAILS
    assert judged("clustering", LARGE, files=files, minutes=59).verdict == FAILS
    found = judged("hours", SMALL, files=files, hours=1.0)
    assert (found.figures, found.verdict) == ("60.0 min", UNTESTED)
    assert found.reason == "1,000 passages; the claim is made for 8,000,000 and more"


def test_a_speed_up_is_the_ratio_of_all_own_jobs(seconds):
    files = {"run": [seconds("own", 10.0)],
             "against": [seconds("one", 900.0), seconds("two", 100.0)]}  # fmt: skip
    found = judged("speed-up", LARGE, files=files, times=100)
    assert (found.figures, found.verdict) == ("10.0 s against 16.7 min: 100.0 times", HOLDS)
    assert judged("speed-up", LARGE, files=files, times=101).verdict == FAILS


def test_a_latency_is_the_mean_of_all_parts(tmp_path):
    files = []
    for name, values in (("first", [0.01, 0.03]), ("second", [0.04, 0.04])):
        table = {"stage": "s", "repetition": [0, 1], "seconds": values}
        files.append(str(tmp_path / name))
        pl.DataFrame(table).write_parquet(files[-1])
    found = judged("latency", LARGE, files={"times": files}, milliseconds=61)
    assert (found.figures, found.verdict) == ("60 ms", HOLDS)
    assert judged("latency", LARGE, files={"times": []}, milliseconds=61).verdict == UNTESTED


def test_recall_is_compared_at_every_cutoff(tmp_path):
    qrels = pl.DataFrame({"query_id": ["q", "q"], "passage_id": ["p", "r"], "grade": [1, 1]})
    qrels.write_parquet(tmp_path / "qrels")
    lists = {"own": ["p", "x", "r"], "other": ["x", "p", "r"], "better": ["p", "r", "x"]}
    for name, passages in lists.items():
        table = {"query_id": "q", "passage_id": passages, "score": [3.0, 2.0, 1.0]}
        pl.DataFrame(table).write_parquet(tmp_path / name)
    here = Here({"a": 1}, 10, 10)

    def found(*others):
        files = {"rankings": [str(tmp_path / name) for name in ("own", *others)],
                 "qrels": [str(tmp_path / "qrels")]}  # fmt: skip
        return JUDGES["recall"]({"cutoffs": [1, 2, 3], "files": files}, here)

    assert found("other") == ("a: at 3 of 3 cutoffs", HOLDS, "")
    assert found("other", "better") == ("a: at 2 of 3 cutoffs", FAILS, "")
