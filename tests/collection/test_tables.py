"""The tables keep ids and order; what does not fit together is refused."""

import logging

import polars as pl
import pytest

from tasb.collection.faults import Faults
from tasb.collection.qrels import read_qrels
from tasb.collection.source import Folder
from tasb.collection.tables import (
    count_texts,
    own_passages,
    read_ids,
    read_text_column,
    same_text,
    with_positions,
    write_query_set,
    write_texts,
)
from tasb.errors import TasbError

QUERIES = "q3\tthree\nq1\tone\nq2\ttwo\n"
QRELS = "q1 0 p1 1\nq3 0 p2 2\nq2 0 p1 0\n"


@pytest.fixture
def query_set(folder, texts_table, tmp_path):
    """Write the query set of split s, and return its queries and judgments."""

    def write(queries=QUERIES, qrels=QRELS, exclude=None, other=None, **ways):
        files = {"queries_s_tsv": queries, "qrels_s_txt": qrels}
        if other is not None:
            files["queries_other_tsv"] = other
        place = folder(**files)
        out = tmp_path / "queries.parquet", tmp_path / "qrels.parquet"
        passages = texts_table("passages", ["p1", "p2"])
        write_query_set(Folder(str(place), None), "s", exclude, passages, ways, *out)
        return pl.read_parquet(out[0]), pl.read_parquet(out[1])

    return write


def refusal(write, **case):
    with pytest.raises(TasbError) as error:
        write(**case)
    return str(error.value)


def test_texts_keep_their_order_with_dense_positions(tmp_path):
    path = tmp_path / "texts.parquet"
    write_texts([("9", "a"), ("x", "b"), ("0", "c")], Faults("source"), path)
    table = pl.read_parquet(path)
    assert table.rows() == [(0, "9", "a"), (1, "x", "b"), (2, "0", "c")]
    assert table.schema == {"position": pl.Int32, "id": pl.String, "text": pl.String}
    assert read_ids(path) == ["9", "x", "0"]
    assert count_texts(path) == 3


def test_positions_run_on_over_the_batches_of_a_stream(tmp_path):
    path = tmp_path / "texts.parquet"
    write_texts(((f"id{i}", f"text {i}") for i in range(100_003)), Faults("source"), path)
    table = pl.read_parquet(path)
    assert table["position"].to_list() == list(range(100_003))
    assert table.row(100_002) == (100_002, "id100002", "text 100002")


def test_the_text_column_is_read_in_parts_of_the_size_asked_for(tmp_path):
    path = tmp_path / "texts.parquet"
    write_texts([(str(i), f"t{i}") for i in range(5)], Faults("source"), path)
    assert list(read_text_column(path, rows=2)) == [["t0", "t1"], ["t2", "t3"], ["t4"]]


def test_an_id_that_occurs_twice_is_refused_with_both_lines(tmp_path):
    path = tmp_path / "texts.parquet"
    rows = [("a", "1"), ("b", "2"), ("c", "3"), ("b", "4"), ("a", "5")]
    message = refusal(write_texts, texts=rows, faults=Faults("passages.tsv"), path=path)
    assert message.split("\n") == [
        "passages.tsv: id 'a' occurs twice, in lines 1 and 5; ids must be unique",
        "passages.tsv: id 'b' occurs twice, in lines 2 and 4; ids must be unique",
    ]
    assert not path.exists()


def test_a_file_without_lines_is_refused(tmp_path):
    message = refusal(
        write_texts, texts=[], faults=Faults("passages.tsv"), path=tmp_path / "t.parquet"
    )
    assert message.startswith("passages.tsv: empty")
    assert list(tmp_path.iterdir()) == []


def test_a_query_set_keeps_ids_order_and_grades(query_set):
    queries, qrels = query_set()
    assert queries.rows() == [(0, "q3", "three"), (1, "q1", "one"), (2, "q2", "two")]
    assert qrels.rows() == [
        (1, 0, "q1", "p1", 1), (0, 1, "q3", "p2", 2), (2, 0, "q2", "p1", 0)
    ]  # fmt: skip


def test_an_empty_split_is_refused(query_set):
    assert "queries.s.tsv: empty" in refusal(query_set, queries="")


def test_a_split_without_judgments_is_refused(query_set):
    assert refusal(query_set, qrels="").endswith(
        "qrels.s.txt: no judgments of known queries and passages"
    )


def test_a_missing_file_of_a_split_is_refused(folder, texts_table, tmp_path):
    place = folder(queries_s_tsv=QUERIES)
    out = tmp_path / "queries.parquet", tmp_path / "qrels.parquet"
    with pytest.raises(TasbError, match=r"qrels\.s\.txt: no such file"):
        write_query_set(Folder(str(place), None), "s", None, None, {}, *out)


def test_a_query_id_that_occurs_twice_is_refused_with_both_lines(query_set):
    message = refusal(query_set, queries="q1\tone\nq2\ttwo\nq1\tagain\n")
    assert "queries.s.tsv: id 'q1' occurs twice, in lines 1 and 3" in message


def test_lines_of_duplicates_count_excluded_queries_too(query_set):
    case = {"queries": "q9\tnine\nq1\tone\nq1\tagain\n", "exclude": "other", "other": "q9\tx\n"}
    assert "in lines 2 and 3" in refusal(query_set, **case)


def test_a_judgment_of_an_unknown_query_is_refused_with_its_line(query_set):
    message = refusal(query_set, qrels=QRELS + "q7 0 p1 1\nq8 0 p1 1\n")
    assert "qrels.s.txt:4: query 'q7' is not in the collection; correct the file" in message
    assert "qrels.s.txt:5: query 'q8' is not in the collection" in message
    assert "allow_unknown_ids or drop_unknown_ids: true" in message


def test_a_judgment_of_an_unknown_passage_is_refused_with_its_line(query_set):
    message = refusal(query_set, qrels="q1 0 p1 1\nq1 0 p7 1\n")
    assert "qrels.s.txt:2: passage 'p7' is not in the collection; correct" in message


UNKNOWN = "q7 0 p1 1\nq1 0 p8 1\nq1 0 p9 1\n"


def test_judgments_of_unknown_ids_are_kept_as_trec_eval_keeps_them(query_set, caplog):
    _, qrels = query_set(qrels=UNKNOWN + QRELS, unknown_ids="keep")
    assert qrels.select("query", "passage", "query_id", "passage_id").rows()[:3] == [
        (None, 0, "q7", "p1"), (1, None, "q1", "p8"), (1, None, "q1", "p9")
    ]  # fmt: skip
    assert qrels["query_id"].to_list()[3:] == ["q1", "q3", "q2"]
    assert [record.getMessage().split(": ", 1)[1] for record in caplog.records] == [
        "1 judgments of queries that the collection lacks, kept: they are never found",
        "1 queries with judgments of queries that the collection lacks",
        "2 judgments of passages that the collection lacks, kept: they are never found",
        "1 queries with judgments of passages that the collection lacks",
    ]


def test_judgments_of_unknown_ids_are_left_out_where_that_is_asked(query_set, caplog):
    _, qrels = query_set(qrels=UNKNOWN + QRELS, unknown_ids="drop")
    assert qrels["query_id"].to_list() == ["q1", "q3", "q2"]
    assert "2 judgments of passages that the collection lacks, left out" in caplog.text


def test_queries_without_judgments_are_counted(query_set, caplog):
    with caplog.at_level(logging.INFO, logger="tasb"):
        query_set(qrels="q1 0 p1 1\n")
    assert "2 queries without judgments; no metric counts them" in caplog.text


def test_dropping_every_judgment_is_refused(query_set):
    message = refusal(query_set, qrels="q7 0 p1 1\nq1 0 p9 1\n", unknown_ids="drop")
    assert message.endswith("qrels.s.txt: no judgments of known queries and passages")


def test_a_pair_judged_twice_is_refused_with_its_line(query_set):
    message = refusal(query_set, qrels="q1 0 p1 1\nq1 0 p2 0\nq1 0 p1 0\n")
    assert message.endswith(
        "qrels.s.txt:3: query 'q1' with passage 'p1' is judged twice, with two grades; keep one"
    )


def test_a_judgment_that_is_repeated_is_left_out_where_that_is_asked(query_set, caplog):
    twice = "q1 0 p1 1\nq1 0 p2 0\nq1 0 p1 1\nq1 0 p1 1\n"
    message = refusal(query_set, qrels=twice)
    assert [line.partition("qrels.s.txt:")[2][:2] for line in message.split("\n")] == ["3:", "4:"]
    assert "see 'repeated_judgments' of the collection" in message
    _, qrels = query_set(qrels=twice, repeated_judgments="drop")
    assert qrels.select("passage_id", "grade").rows() == [("p1", 1), ("p2", 0)]
    assert "2 repeated judgments left out" in caplog.text
    assert "two grades" in refusal(
        query_set, qrels=twice + "q1 0 p2 1\n", repeated_judgments="drop"
    )


def test_a_passage_of_a_dropped_line_keeps_the_lines_of_the_others(tmp_path):
    """Lines 2 and 4 are left out; the text at position 1 is in line 3."""
    faults = Faults("s", {"empty_texts": "drop"})
    for line in (2, 4):
        faults.keeps("empty_texts", line, "empty", "empty texts")
    assert [faults.line_of(position) for position in range(4)] == [1, 3, 5, 6]


def test_texts_are_the_same_whatever_their_case_and_spaces(tmp_path):
    texts = ["The  owl", "the owl\t", "the owls", "The Owl", ""]
    write_texts([(str(i), text) for i, text in enumerate(texts)], Faults("s"), tmp_path / "t")
    numbers = same_text(tmp_path / "t")
    assert len({numbers[0], numbers[1], numbers[3]}) == 1
    assert len({numbers[0], numbers[2], numbers[4]}) == 3


def test_a_query_s_own_passage_is_the_one_of_its_id(texts_table):
    queries, passages = texts_table("q", ["b", "x", "a"]), texts_table("p", ["a", "b", "c"])
    assert own_passages(queries, passages).tolist() == [1, -1, 0]


def test_judgments_are_not_checked_against_absent_passages(folder):
    place = folder(queries_s_tsv=QUERIES, qrels_s_txt="q1 0 anything 1\n")
    faults = Faults("qrels")
    judgments = Folder(str(place), None).judgments("s", faults)
    qrels = read_qrels(judgments, faults, {"q1"}, None)
    assert qrels.rows() == [("q1", "anything", 1)]


def test_queries_of_the_excluded_split_are_left_out_with_their_judgments(query_set):
    queries, qrels = query_set(exclude="other", other="q1\tone\nq4\tfour\n")
    assert queries.rows() == [(0, "q3", "three"), (1, "q2", "two")]
    assert qrels.rows() == [(0, 1, "q3", "p2", 2), (1, 0, "q2", "p1", 0)]
    assert queries.schema["position"] == pl.Int32


def test_excluding_every_query_is_refused(query_set):
    message = refusal(query_set, exclude="other", other=QUERIES)
    assert message.endswith("queries.s.tsv without those of 'other': no query is left")


JUDGED = pl.DataFrame(
    {"query_id": ["a", "b", "a"], "passage_id": ["x", "y", "z"], "grade": [1, 0, 2]}
)


def test_positions_stand_beside_ids(texts_table):
    queries, passages = texts_table("q", ["b", "a"]), texts_table("p", ["z", "y", "x"])
    found = with_positions(JUDGED, queries, passages)
    assert found.columns == ["query", "passage", "query_id", "passage_id", "grade"]
    assert found.rows() == [(1, 2, "a", "x", 1), (0, 1, "b", "y", 0), (1, 0, "a", "z", 2)]
    assert found.schema["query"] == found.schema["passage"] == pl.Int32
    assert with_positions(found, queries, passages).equals(found)


def test_ids_that_are_not_in_the_texts_have_no_position(texts_table):
    queries, passages = texts_table("q", ["a"]), texts_table("p", ["x"])
    found = with_positions(JUDGED, queries, passages)
    assert found.select("query", "passage").rows() == [(0, 0), (None, None), (0, None)]
    without = with_positions(JUDGED, queries, None)
    assert without["passage"].to_list() == [None] * 3
    assert without.schema["passage"] == pl.Int32
