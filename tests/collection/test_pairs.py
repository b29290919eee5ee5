"""Published training pairs become positions; a pair that cannot be read is refused."""

import gzip
import logging

import polars as pl
import pytest

from tasb.collection.pairs import write_published_pairs
from tasb.errors import TasbError

JUDGED = {"query": pl.Int32, "passage": pl.Int32, "grade": pl.Int32}


@pytest.fixture
def published(texts_table, tmp_path):
    """Read pairs over queries q1, q2 and passages p1 to p3."""

    def read(content, name="pairs.tsv", relevant=(), texts=None, **ways):
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        queries, passages = texts_table("q", ["q1", "q2"]), texts_table("p", ["p1", "p2", "p3"])
        if texts is not None:
            table = pl.read_parquet(passages).with_columns(text=pl.Series(texts))
            table.write_parquet(passages)
        judged = pl.DataFrame([*relevant], schema=JUDGED, orient="row")
        judged.write_parquet(tmp_path / "qrels")
        out = tmp_path / "pairs.parquet"
        write_published_pairs(file, queries, tmp_path / "qrels", passages, ways, out)
        return pl.read_parquet(tmp_path / "pairs.parquet")

    return read


def test_three_columns_are_ids(published):
    pairs = published("q2\tp3\tp1\nq1\tp1\tp2\n")
    assert pairs.columns == ["query", "positive", "negative"]
    assert pairs.rows() == [(0, 0, 1), (1, 2, 0)]


def test_five_columns_have_the_teacher_scores_before_the_ids(published):
    pairs = published("9.5\t-1.25\tq2\tp3\tp1\n3\t4e-1\tq1\tp1\tp2\n")
    assert pairs.columns == ["query", "positive", "negative", "positive_score", "negative_score"]
    assert pairs.rows() == [(0, 0, 1, 3.0, pytest.approx(0.4)), (1, 2, 0, 9.5, -1.25)]


def test_pairs_of_a_query_keep_their_order(published):
    pairs = published("q2\tp3\tp1\nq1\tp1\tp3\nq2\tp1\tp2\nq1\tp1\tp2\n")
    assert pairs.rows() == [(0, 0, 2), (0, 0, 1), (1, 2, 0), (1, 0, 1)]


def test_the_order_within_a_query_holds_in_long_files(published):
    negatives = [1 + number * number % 7 % 2 for number in range(5000)]
    pairs = published("".join(f"q{2 - i % 2}\tp1\tp{n + 1}\n" for i, n in enumerate(negatives)))
    assert pairs["query"].to_list() == [0] * 2500 + [1] * 2500
    assert pairs["negative"].to_list() == negatives[1::2] + negatives[::2]


def test_a_gzipped_file_is_read(published):
    pairs = published(gzip.compress(b"q1\tp1\tp2\nq2\tp3\tp1\n"), "pairs.tsv.gz")
    assert pairs.rows() == [(0, 0, 1), (1, 2, 0)]


def test_pairs_of_queries_that_do_not_train_are_counted(published, caplog):
    with caplog.at_level(logging.INFO, logger="tasb"):
        pairs = published("q7\tp1\tp2\nq1\tp1\tp2\nq8\tp1\tp2\n")
    assert pairs.rows() == [(0, 0, 1)]
    assert "3 pairs; 2 pairs of queries that do not train left out" in caplog.text


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1\t2\tq1\tp9\tp2", "passage 'p9' is not in the collection"),
        (b"1\t2\tq1\tp1\tp9", "passage 'p9' is not in the collection"),
        (b"1\tx\tq1\tp1\tp2", "negative_score 'x'"),
        (b"\t2\tq1\tp1\tp2", "positive_score ''"),
        (b"nan\t2\tq1\tp1\tp2", "positive_score 'nan'"),
        (b"1\tinf\tq1\tp1\tp2", "negative_score 'inf'"),
        (b"1\t2\t\tp1\tp2", "query_id ''"),
        (b"1\t2\tq1\tp1", "4 fields in '1\t2\tq1\tp1'; expected 5"),
        (b"1\t2\tq1\tp1\tp2\tp3", "6 fields"),
        (b"", "blank line"),
        (b"1\t2\tq1\tp\xff\tp2", "not UTF-8"),
    ],
)
def test_a_bad_pair_is_refused_with_file_line_and_reason(published, tmp_path, line, reason):
    with pytest.raises(TasbError) as error:
        published(b"1\t2\tq1\tp1\tp2\n" + line + b"\n1\t2\tq2\tp1\tp2\n")
    assert str(error.value).startswith(f"{tmp_path / 'pairs.tsv'}:2: {reason}")
    assert not (tmp_path / "pairs.parquet").exists()


@pytest.mark.parametrize("content", ["", "q1 p1 p2\n", "q1\tp1\n", "1\tq1\tp1\tp2\n"])
def test_another_number_of_columns_is_refused_at_the_first_line(published, content):
    with pytest.raises(TasbError, match=r"pairs\.tsv:1: expected 3 or 5 fields"):
        published(content)


def test_pairs_of_no_training_query_are_refused(published):
    with pytest.raises(TasbError, match="no pair is of a query that trains"):
        published("q7\tp1\tp2\n")


def test_pairs_that_teach_what_is_wrong_are_counted_and_left_out(published, caplog):
    """p2 is judged relevant to q1 and p3 is not; p1 and p3 say the same."""
    lines = "q1\tp1\tp2\nq1\tp2\tp2\nq1\tp1\tp3\nq1\tp2\tp3\nq2\tp1\tp2\n"
    with caplog.at_level(logging.INFO, logger="tasb"):
        pairs = published(
            lines, relevant=[(0, 1, 1), (0, 2, 0), (1, 0, 2)], texts=["A  b", "c", "a b "]
        )
    assert pairs.rows() == [(0, 1, 2), (1, 0, 1)]
    assert "1 pairs whose negative is judged relevant left out" in caplog.text
    assert "2 pairs of two equal texts left out" in caplog.text


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[: len(packed) // 2],
        lambda packed: packed[:-8] + b"\0\0\0\0" + packed[-4:],
        lambda packed: packed[: len(packed) // 2] + b"\0" * (len(packed) // 2),
    ],
)
@pytest.mark.parametrize("name", ["pairs.tsv.gz", "pairs.tsv"])
def test_a_download_that_was_cut_off_is_named(published, tmp_path, damage, name):
    packed = gzip.compress(b"".join(b"q%d\tp1\tp2\n" % (i % 977) for i in range(90_000)))
    with pytest.raises(TasbError, match=f"{name}: damaged gzip file .*; fetch it again"):
        published(damage(packed), name)
    assert not (tmp_path / "pairs.parquet").exists()


def test_the_bytes_of_a_pairs_file_tell_whether_it_is_packed(published):
    line = b"q1\tp1\tp2\n"
    assert published(gzip.compress(line), "pairs.tsv").rows() == [(0, 0, 1)]
    assert published(line, "pairs.tsv.gz").rows() == [(0, 0, 1)]


def test_blank_lines_are_skipped_where_that_is_asked(published):
    content = "q1\tp1\tp2\n\nq2\tp3\tp1\n\n"
    with pytest.raises(TasbError, match=r"tsv:2: blank line; correct it, or see 'blank_lines'"):
        published(content)
    assert published(content, blank_lines="drop").rows() == [(0, 0, 1), (1, 2, 0)]


def test_every_bad_line_is_told(published):
    with pytest.raises(TasbError) as error:
        published("q1\tp1\tp2\nq1\tp9\tp2\nq1\tp1\nq1\tp1\tp8\n")
    assert [line.partition(".tsv:")[2][:1] for line in str(error.value).split("\n")] == [*"234"]
