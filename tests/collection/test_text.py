"""Whatever is wrong with a text file is refused with file, line and reason."""

import gzip
from pathlib import Path

import pytest

from tasb.collection.text import judgments, lines, texts
from tasb.errors import TasbError


def written(path, content):
    path.write_bytes(content)
    return path


def refusal(read, path):
    with pytest.raises(TasbError) as error:
        list(read(path))
    return str(error.value)


def test_lines_are_numbered_from_one_without_their_ends(tmp_path):
    path = written(tmp_path / "a.tsv", b"one\r\ntwo\n\nfour")
    assert list(lines(path)) == [(1, "one"), (2, "two"), (3, ""), (4, "four")]


def test_a_gzipped_file_is_read_as_the_plain_one(tmp_path):
    content = "1\tGrüße\n2\tzwei Wörter\n".encode()
    plain = written(tmp_path / "a.tsv", content)
    packed = written(tmp_path / "a.tsv.gz", gzip.compress(content))
    assert list(texts(packed)) == list(texts(plain)) == [("1", "Grüße"), ("2", "zwei Wörter")]


def test_bad_data_in_a_gzipped_file_has_its_line(tmp_path):
    packed = written(tmp_path / "a.tsv.gz", gzip.compress(b"1\ta\n2 b\n"))
    assert refusal(texts, packed).startswith(f"{packed}:2: no tab in '2 b'")


@pytest.mark.parametrize("damage", [lambda packed: packed[:-9], lambda packed: b"no" + packed])
def test_a_damaged_gzipped_file_is_named(tmp_path, damage):
    packed = written(tmp_path / "a.tsv.gz", damage(gzip.compress(b"1\ta\n2\tb\n" * 1000)))
    assert refusal(texts, packed).startswith(f"{packed}: damaged gzip file")


def test_a_missing_file_is_named_with_the_place_looked_at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = refusal(lines, Path("absent.tsv"))
    assert message == f"absent.tsv: no such file (looked at {tmp_path.resolve() / 'absent.tsv'})"


def test_a_byte_order_mark_is_no_part_of_the_first_id(tmp_path):
    path = written(tmp_path / "a.tsv", b"\xef\xbb\xbf1\tone\n2\ttwo\n")
    assert list(texts(path)) == [("1", "one"), ("2", "two")]


def test_only_the_first_tab_separates(tmp_path):
    path = written(tmp_path / "a.tsv", b"7\tleft\tright\n")
    assert list(texts(path)) == [("7", "left\tright")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"2\tcaf\xe9 noir", "not UTF-8 (byte 0xe9 at position 5)"),
        (b"2 two", "no tab in '2 two'; expected id<TAB>text"),
        (b"", "no tab in ''"),
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
    assert list(judgments(path)) == [("q1", "p1", 2), ("q1", "p2", -1)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"q1 0 p2 1.5", "grade '1.5' is no integer"),
        (b"q1 0 p2 high", "grade 'high' is no integer"),
        (b"q1 0 p2 1_0", "grade '1_0' is no integer"),
        (b"q1 0 p2 4294967296", "grade '4294967296' is no integer of up to nine digits"),
        (b"q1 0 p2", "3 fields in 'q1 0 p2'; expected qid 0 pid grade"),
        (b"q1 0 p2 1 x", "5 fields in 'q1 0 p2 1 x'"),
        (b"", "0 fields in ''"),
        (b"q1 0 p\xff 1", "not UTF-8 (byte 0xff at position 6)"),
    ],
)
def test_a_bad_judgment_is_refused_with_file_line_and_reason(tmp_path, line, reason):
    path = written(tmp_path / "q.txt", b"q1 0 p1 1\n" + line + b"\n")
    assert refusal(judgments, path).startswith(f"{path}:2: {reason}")
