import gzip
import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.errors import TasbError
from tasb.rankings.trec import read_trec

QUERIES = ["q1", "q2"]
GOOD = "q1 Q0 a 1 9.5 x\nq1 Q0 b 2 7 x\nq2 Q0 a 1 3e-1 x\nq1 Q0 c 3 7 x\n"


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def read(tmp_path):
    """A function that reads the text of a run."""
    return lambda text, *repair: read_trec(write(tmp_path / "a.run", text), QUERIES, [*repair])


def rows(ranking):
    return ranking.select("query_id", "passage_id", "rank").rows()


def test_a_run_becomes_a_ranking_of_queries_in_order_of_appearance(read):
    ranking = read(GOOD)
    assert ranking.schema == {
        "query_id": pl.String,
        "passage_id": pl.String,
        "rank": pl.Int32,
        "score": pl.Float32,
    }
    assert rows(ranking) == [("q1", "a", 1), ("q1", "b", 2), ("q1", "c", 3), ("q2", "a", 1)]
    assert ranking["score"].to_list() == pytest.approx([9.5, 7, 7, 0.3])


@pytest.mark.parametrize("first", [0, 1, 5])
def test_ranks_may_begin_anywhere(read, first):
    text = "".join(f"q1 Q0 p{i} {first + i} {9 - i} x\n" for i in range(12))
    assert rows(read(text)) == [("q1", f"p{i}", i + 1) for i in range(12)]


def test_tabs_runs_of_spaces_and_windows_line_ends_separate_as_well(read):
    assert read(GOOD.replace(" ", " \t ").replace("\n", "\r\n")).equals(read(GOOD))


def test_a_gzipped_run_is_read(tmp_path, read):
    with gzip.open(tmp_path / "a.run.gz", "wt") as file:
        file.write(GOOD)
    assert read_trec(tmp_path / "a.run.gz", QUERIES, []).equals(read(GOOD))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), gap=st.integers(1, 3))
def test_lines_of_a_query_may_come_in_any_order(tmp_path_factory, seed, gap):
    lines = [f"q{q} Q0 p{i} {gap * i} {-(i // 2)} x\n" for q in (1, 2) for i in range(9)]
    random.Random(seed).shuffle(lines)
    path = write(tmp_path_factory.mktemp("run") / "a.run", "".join(lines))
    ranking = read_trec(path, QUERIES, [])
    assert sorted(rows(ranking)) == [(f"q{q}", f"p{i}", i + 1) for q in (1, 2) for i in range(9)]
    assert ranking["query_id"][0] == lines[0].split()[0]


def test_equal_ranks_keep_the_order_of_the_lines(read):
    """Some systems write no rank at all, but a constant."""
    text = "".join(f"q{q} Q0 p{i} {i // 250} {-i} x\n" for q in (1, 2) for i in range(500))
    late_first = "".join(sorted(text.splitlines(True), key=lambda line: -int(line.split()[3])))
    expected = [(f"q{q}", f"p{i}", i + 1) for q in (1, 2) for i in range(500)]
    assert rows(read(text)) == rows(read(late_first)) == expected


BAD = {
    "too few fields": ("q1 Q0 b 2 7\n", r"5 fields in 'q1 Q0 b 2 7'"),
    "too many fields": ("q1 Q0 b 2 7 x y\n", "7 fields"),
    "an empty line": ("\n", "blank line; correct it, or add 'blank-lines' to the system's repair"),
    "a rank that is no number": ("q1 Q0 b two 7 x\n", "rank 'two' is no number"),
    "a rank as code": ("q1 Q0 b 1_0 7 x\n", "rank '1_0' is no number"),
    "a rank that is no whole number": ("q1 Q0 b 2.5 7 x\n", r"rank '2\.5'"),
    "a score that is no number": ("q1 Q0 b 2 7,5 x\n", "score '7,5' is no number"),
    "a score with an underscore": ("q1 Q0 b 2 1_0 x\n", "score '1_0' is no number"),
    "not a number": ("q1 Q0 b 2 nan x\n", "score 'nan' is not finite"),
    "an infinite score": ("q1 Q0 b 2 -inf x\n", "score '-inf' is not finite"),
    "a score that overflows": ("q1 Q0 b 2 1e999 x\n", "score '1e999' is not finite"),
    "a score above 32 bits": ("q1 Q0 b 2 4e38 x\n", "score '4e38' is not finite in 32 bits"),
}


@pytest.mark.parametrize(("line", "reason"), BAD.values(), ids=BAD)
def test_a_malformed_line_is_an_error_with_its_number(read, line, reason):
    with pytest.raises(TasbError, match=rf"a\.run:2: {reason}"):
        read("q1 Q0 a 1 9 x\n" + line + "q1 Q0 c 3 6 x\n", "order", "duplicates")


DUPLICATE = "q1 Q0 a 1 9 x\nq2 Q0 a 1 9 x\nq1 Q0 b 2 8 x\nq1 Q0 a 3 7 x\n"
LATER_BETTER = "q1 Q0 b 0 5 x\nq1 Q0 a 2 3 x\nq1 Q0 a 1 4 x\n"
UNKNOWN = "q1 Q0 a 1 9 x\nq7 Q0 a 1 9 x\nq7 Q0 b 2 8 x\nq2 Q0 a 1 9 x\n"
UNORDERED = "q1 Q0 a 1 5 x\nq1 Q0 b 2 6 x\nq1 Q0 c 3 4 x\nq2 Q0 a 1 9 x\n"

FAULTS = {
    "duplicates": (DUPLICATE, 4, "passage occurs twice for its query .query 'q1', passage 'a'; 1 "),
    "unknown-queries": (UNKNOWN, 2, "query is not in the query set .query 'q7', passage 'a'; 2 "),
    "order": (UNORDERED, 2, "ranks do not follow the scores .query 'q1', passage 'b'; 1 "),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_an_error_with_its_line_and_the_repair_that_mends_it(read, name):
    text, line, reason = FAULTS[name]
    others = [other for other in FAULTS if other != name]
    with pytest.raises(TasbError, match=rf"a\.run:{line}: {reason}.*add '{name}' to the system"):
        read(text, *others)


MENDED = {
    "duplicates": (DUPLICATE, [("q1", "a", 1), ("q1", "b", 2), ("q2", "a", 1)]),
    "unknown-queries": (UNKNOWN, [("q1", "a", 1), ("q2", "a", 1)]),
    "order": (UNORDERED, [("q1", "b", 1), ("q1", "a", 2), ("q1", "c", 3), ("q2", "a", 1)]),
}


@pytest.mark.parametrize("name", MENDED)
def test_each_repair_mends_its_fault(read, name):
    text, expected = MENDED[name]
    assert rows(read(text, name)) == expected


def test_of_a_repeated_passage_the_best_score_is_kept(read):
    ranking = read(LATER_BETTER, "duplicates")
    assert rows(ranking) == [("q1", "b", 1), ("q1", "a", 2)]
    assert ranking["score"].to_list() == [5, 4]


def test_a_passage_repeated_with_an_equal_score_is_kept_once(read):
    text = "q1 Q0 a 1 5 x\nq1 Q0 a 2 5 x\nq1 Q0 a 3 5 x\n"
    assert rows(read(text, "duplicates")) == [("q1", "a", 1)]


def test_the_order_is_judged_without_the_lines_that_other_repairs_drop(read):
    text = "q1 Q0 a 1 5 x\nq1 Q0 a 2 1 x\nq1 Q0 b 3 4 x\n"
    assert rows(read(text, "duplicates")) == [("q1", "a", 1), ("q1", "b", 2)]


def test_ranks_that_count_backwards_are_out_of_order(read):
    with pytest.raises(TasbError, match=r"a\.run:1: ranks do not follow .*; 2 such lines"):
        read("q1 Q0 a 3 9 x\nq1 Q0 b 2 8 x\nq1 Q0 c 1 7 x\n")


def test_an_empty_run_is_an_error(read):
    with pytest.raises(TasbError, match=r"a\.run: no lines"):
        read("")


def test_a_missing_run_is_an_error_that_names_it(tmp_path):
    with pytest.raises(TasbError, match=r"nowhere\.run: no such file"):
        read_trec(tmp_path / "nowhere.run", QUERIES, [])


def test_a_run_that_is_not_utf8_is_an_error_with_its_line(tmp_path):
    (tmp_path / "a.run").write_bytes(b"q1 Q0 a 1 9 x\nq1 Q0 \xff 2 8 x\n")
    with pytest.raises(TasbError, match=r"a\.run:2: not UTF-8"):
        read_trec(tmp_path / "a.run", QUERIES, [])


def test_a_run_of_ms_marco_has_its_ranks_alone(tmp_path):
    path = write(tmp_path / "a.tsv", "q1\ta\t1\nq1\tb\t2\nq2\ta\t0\nq2\tc\t1\n")
    ranking = read_trec(path, QUERIES, [], "msmarco")
    assert rows(ranking) == [("q1", "a", 1), ("q1", "b", 2), ("q2", "a", 1), ("q2", "c", 2)]
    assert ranking["score"].to_list() == [-1, -2, 0, -1]
    with pytest.raises(TasbError, match=r"a\.tsv:1: 3 fields in .*; expected qid Q0 pid rank"):
        read_trec(path, QUERIES, [])
    with pytest.raises(TasbError, match=r"a\.run:1: 6 fields in .*; expected qid pid rank$"):
        read_trec(write(tmp_path / "a.run", "q1 Q0 a 1 9 x\n"), QUERIES, [], "msmarco")


def test_every_fault_of_a_run_is_told(read):
    with pytest.raises(TasbError) as error:
        read("q1 Q0 a 1 9 x\nq1 Q0 b two 8 x\n\nq9 Q0 a 1 1e39 x\nq9 Q0 c 1 1 x\nq1 Q0 a 2 8 x\n")
    told = [line.partition("a.run:")[2] for line in str(error.value).split("\n")]
    assert [line[:22] for line in told] == [
        "2: rank 'two' is no nu", "3: blank line; correct", "4: score '1e39' is not",
        "5: query is not in the", "6: passage occurs twic",
    ]  # fmt: skip
