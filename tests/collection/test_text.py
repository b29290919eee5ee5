"""Whatever is wrong with a text file is refused with file, line and reason."""

import bz2
import gzip
import lzma
import os
from pathlib import Path

import pytest

from tasb.collection.faults import Faults
from tasb.collection.text import judgments, line_count, lines, texts
from tasb.errors import TasbError


def written(path, content):
    path.write_bytes(content)
    return path


def every(read, path, **ways):
    """Read a whole file; its faults are an error at the end."""
    faults = Faults(str(path), ways)
    found = list(read(path, faults))
    faults.close()
    return found


def refusal(read, path, **ways):
    with pytest.raises(TasbError) as error:
        every(read, path, **ways)
    return str(error.value)


def test_lines_are_numbered_from_one_without_their_ends(tmp_path):
    path = written(tmp_path / "a.tsv", b"one\r\ntwo\n\nfour")
    found = every(lines, path, blank_lines="drop")
    assert found == [(1, "one"), (2, "two"), (4, "four")]


def test_a_gzipped_file_is_read_as_the_plain_one(tmp_path):
    content = "1\tGrüße\n2\tzwei Wörter\n".encode()
    plain = written(tmp_path / "a.tsv", content)
    packed = written(tmp_path / "a.tsv.gz", gzip.compress(content))
    assert every(texts, packed) == every(texts, plain) == [("1", "Grüße"), ("2", "zwei Wörter")]


def test_bad_data_in_a_gzipped_file_has_its_line(tmp_path):
    packed = written(tmp_path / "a.tsv.gz", gzip.compress(b"1\ta\n2 b\n"))
    assert refusal(texts, packed).startswith(f"{packed}:2: no tab in '2 b'")


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-9],
        lambda packed: packed[:-8] + b"\0\0\0\0" + packed[-4:],
        lambda packed: packed[:40] + b"\0" * (len(packed) - 40),
        lambda packed: packed + b"more",
    ],
)
def test_a_damaged_gzipped_file_is_named(tmp_path, damage):
    packed = written(tmp_path / "a.tsv.gz", damage(gzip.compress(b"1\ta\n2\tb\n" * 1000)))
    assert refusal(texts, packed).startswith(f"{packed}: damaged gzip file")


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz", "a.gz.txt"])
def test_the_bytes_tell_whether_a_file_is_packed_and_not_its_name(tmp_path, name):
    for content in (
        b"1\tone\n",
        gzip.compress(b"1\tone\n"),
        gzip.compress(b"1\tone\n") + b"\0" * 9,
    ):
        assert every(texts, written(tmp_path / name, content)) == [("1", "one")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bz2.compress(b"1\tone\n"), "packed as bzip2; unpack it, or pack it with gzip"),
        (lzma.compress(b"1\tone\n"), "packed as xz"),
        (b"PK\x03\x04 rest", "packed as zip"),
        (b"version https://git-lfs.github.com/spec/v1\noid x\n", "a pointer of Git LFS"),
    ],
)
def test_what_is_packed_otherwise_is_said(tmp_path, content, message):
    path = written(tmp_path / "a.tsv", content)
    assert refusal(texts, path).startswith(f"{path}: {message}")


def test_carriage_returns_alone_end_no_line(tmp_path):
    path = written(tmp_path / "a.tsv", b"1\tone\r2\ttwo\r")
    assert refusal(texts, path) == (
        f"{path}:1: a carriage return in the line; lines end in LF or CR LF"
    )


def test_a_file_that_cannot_be_opened_is_one_line(tmp_path):
    locked = written(tmp_path / "locked.tsv", b"1\tone\n")
    ring = tmp_path / "ring.tsv"
    ring.symlink_to(ring)
    assert refusal(texts, ring) == f"{ring}: a link that leads to itself; link it to the file"
    assert refusal(texts, tmp_path) == f"{tmp_path}: a folder; a file is needed"
    locked.chmod(0)
    if not os.access(locked, os.R_OK):  # root may read all the same
        assert refusal(texts, locked) == f"{locked}: no permission to read it; see chmod"


def test_all_faults_of_a_file_are_told_at_once_and_many_are_counted(tmp_path):
    path = written(tmp_path / "a.tsv", b"1 one\n\ttwo\n3\tthree\n4\t \n\xff\n")
    assert [line.partition("a.tsv:")[2][:10] for line in refusal(texts, path).split("\n")] == [
        "1: no tab ", "2: id '' i", "4: empty t", "5: not UTF"
    ]  # fmt: skip
    message = refusal(texts, written(tmp_path / "b.tsv", b"x\n" * 5000)).split("\n")
    assert len(message) == 21
    assert message[-1] == f"{tmp_path / 'b.tsv'}: 4,980 further lines are wrong"


@pytest.mark.parametrize(
    ("ways", "found", "counts"),
    [
        ({"empty_texts": "keep"}, [("1", "one"), ("2", ""), ("3", "x")], {"empty texts kept": 1}),
        ({"empty_texts": "drop"}, [("1", "one"), ("3", "x")], {"empty texts left out": 1}),
    ],
)
def test_empty_texts_and_blank_lines_are_let_pass_and_counted(tmp_path, ways, found, counts):
    path = written(tmp_path / "a.tsv", b"1\tone\n2\t\n3\tx\n\n\n")
    faults = Faults(str(path), {**ways, "blank_lines": "drop"})
    assert list(texts(path, faults)) == found
    faults.close()
    assert faults.counts == {**counts, "blank lines left out": 2}
    assert "see 'empty_texts' of the collection" in refusal(texts, path, blank_lines="drop")


@pytest.mark.parametrize("heading", ["pid\tpassage", "id\ttext", "query-id\tquery", "_id\ttitle"])
def test_a_line_of_headings_is_warned_of(tmp_path, caplog, heading):
    path = written(tmp_path / "a.tsv", f"{heading}\n1\tone\n".encode())
    assert len(every(texts, path)) == 2
    assert f"{path}:1: '{heading}' looks like a heading" in caplog.text
    caplog.clear()
    every(texts, written(path, b"1\tpassage\n"))
    assert not caplog.records


def test_a_long_wrong_field_is_cut_in_the_message(tmp_path):
    path = written(tmp_path / "a.tsv", b"a " + b"x" * 5_000_000 + b"\ttext\n")
    message = refusal(texts, path)
    assert len(message) < 1200
    assert "characters left out) …" in message


def test_a_missing_file_is_named_with_the_place_looked_at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = refusal(lines, Path("absent.tsv"))
    assert message == f"absent.tsv: no such file (looked at {tmp_path.resolve() / 'absent.tsv'})"


def test_a_byte_order_mark_is_no_part_of_the_first_id(tmp_path):
    path = written(tmp_path / "a.tsv", b"\xef\xbb\xbf1\tone\n2\ttwo\n")
    assert every(texts, path) == [("1", "one"), ("2", "two")]


def test_only_the_first_tab_separates(tmp_path):
    path = written(tmp_path / "a.tsv", b"7\tleft\tright\n")
    assert every(texts, path) == [("7", "left\tright")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"2\tcaf\xe9 noir", "not UTF-8 (byte 0xe9 at position 5)"),
        (b"2 two", "no tab in '2 two'; expected id<TAB>text"),
        (b"", "blank line"),
        (b" \t ", "blank line"),
        (b"2\ta\r3\tb", "a carriage return in the line"),
        (b"2\t", "empty text of '2'"),
        (b"2\t \xc2\xa0", "empty text of '2'"),
        (b"\ttwo", "id '' is empty or holds white space"),
        (b"2 b\ttwo", "id '2 b' is empty or holds white space"),
    ],
)
def test_a_bad_text_is_refused_with_file_line_and_reason(tmp_path, line, reason):
    path = written(tmp_path / "a.tsv", b"1\tone\n" + line + b"\n3\tthree\n")
    assert refusal(texts, path).startswith(f"{path}:2: {reason}")


def test_judgments_may_be_separated_by_any_white_space_and_be_negative(tmp_path):
    path = written(tmp_path / "q.txt", b"q1 0 p1 2\nq1\t0\tp2\t-1\n")
    assert every(judgments, path) == [(1, "q1", "p1", 2), (2, "q1", "p2", -1)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"q1 0 p2 1.5", "grade '1.5' is no integer"),
        (b"q1 0 p2 high", "grade 'high' is no integer"),
        (b"q1 0 p2 1_0", "grade '1_0' is no integer"),
        (b"q1 0 p2 4294967296", "grade '4294967296' is no integer of up to nine digits"),
        (b"q1 0 p2", "3 fields in 'q1 0 p2'; expected qid 0 pid grade"),
        (b"q1 0 p2 1 x", "5 fields in 'q1 0 p2 1 x'"),
        (b"", "blank line"),
        (b"q1 0 p\xff 1", "not UTF-8 (byte 0xff at position 6)"),
    ],
)
def test_a_bad_judgment_is_refused_with_file_line_and_reason(tmp_path, line, reason):
    path = written(tmp_path / "q.txt", b"q1 0 p1 1\n" + line + b"\n")
    assert refusal(judgments, path).startswith(f"{path}:2: {reason}")


def test_lines_are_counted_where_that_unpacks_nothing(tmp_path):
    assert line_count(written(tmp_path / "a.gz", b"1\tone\n2\ttwo")) == 2
    assert line_count(written(tmp_path / "a.tsv", gzip.compress(b"1\tone\n"))) is None
    assert line_count(tmp_path / "absent") is None
