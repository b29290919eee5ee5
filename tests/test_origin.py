"""What an artifact was made from is checked by the job that reads it, and when a run is planned."""

import json
import os

import pytest

from tasb.artifact import Artifact
from tasb.jobs import run
from tasb.origin import Planned, code_digest


def copy(job):
    """A job that copies its input."""
    with open(job.output("out"), "wb") as file, open(job.file("text"), "rb") as source:
        file.write(source.read())


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Two artifacts, the second made from the first, which is made from a file of the user's."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("mine.tsv", "1\tone\n"), ("code.py", "x = 1\n")):
        (tmp_path / name).write_text(text)
    (tmp_path / "results").mkdir()
    function = f"{__name__}:copy"
    first = Artifact(function, "first", {"out": ["results/a"]}, {"lr": 1e-5},
                     brought={"text": ["mine.tsv"]})  # fmt: skip
    second = Artifact(function, "second", {"out": ["results/b"]}, {"k": 3},
                      {"text": first["out"]})  # fmt: skip
    make(first)
    make(second)
    return first, second


def make(artifact):
    outputs = {**artifact.files, "made": artifact.sidecar}
    inputs = {**artifact.inputs, "code": ["code.py"]}
    run(artifact.recipe, inputs, outputs, f"logs/{artifact.name}.log", 1)


def stale(*artifacts):
    code_digest.cache_clear()
    code_digest.__wrapped__.__globals__["_source_digest"].cache_clear()
    planned = Planned()
    return [planned.is_stale(artifact, ["code.py"]) for artifact in artifacts]


def test_what_stands_as_it_was_made_is_not_stale(made):
    assert stale(*made) == [False, False]
    os.utime("mine.tsv", (1, 1))
    assert stale(*made) == [False, False]


def test_another_setting_makes_it_stale_and_so_what_is_made_from_it(made):
    first = Artifact(made[0].make, "first", made[0].files, {"lr": 2e-5}, brought=made[0].brought)
    second = Artifact(made[1].make, "second", made[1].files, {"k": 3}, {"text": first["out"]})
    assert stale(first, second) == [True, True]


@pytest.mark.parametrize("text", ["1\ttwo\n", "1\tthree\n"])
def test_a_file_of_the_user_s_with_an_older_date_makes_it_stale(made, tmp_path, text):
    (tmp_path / "mine.tsv").write_text(text)
    os.utime("mine.tsv", (1, 1))
    assert stale(*made) == [True, False]
    make(made[0])
    assert stale(*made) == [False, True]
    make(made[1])
    assert stale(*made) == [False, False]


def test_other_code_makes_it_stale(made, tmp_path):
    (tmp_path / "code.py").write_text("x = 2\n")
    assert stale(*made) == [True, True]


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"sha256": 1}', b'{"sha256": {}}'])
def test_a_damaged_sidecar_makes_it_stale_and_stops_who_reads_it(made, tmp_path, content):
    (tmp_path / made[0].sidecar).write_bytes(content)
    assert stale(made[0]) == [True]
    if content != b'{"sha256": {}}':
        with pytest.raises(SystemExit):
            make(made[1])
        assert not (tmp_path / made[0].sidecar).exists()


def test_what_has_no_sidecar_is_left_to_snakemake(made, tmp_path):
    (tmp_path / made[0].sidecar).unlink()
    assert stale(*made) == [False, False]


def test_a_sidecar_without_an_origin_is_stale(made, tmp_path):
    found = json.loads((tmp_path / made[0].sidecar).read_text())
    del found["from"]
    (tmp_path / made[0].sidecar).write_text(json.dumps(found))
    assert stale(made[0]) == [True]


def test_a_flipped_bit_is_named_with_the_way_out_and_made_again(made, tmp_path):
    data = bytearray((tmp_path / "results/a").read_bytes())
    data[3] ^= 1
    (tmp_path / "results/a").write_bytes(data)
    with pytest.raises(SystemExit):
        make(made[1])
    log = (tmp_path / "logs/second.log").read_text()
    assert "error: results/a: damaged, its digest is not that of results/first.made.json" in log
    assert "snakemake --cores all results/a" in log
    assert not (tmp_path / made[0].sidecar).exists()
    make(made[0])
    make(made[1])
    assert stale(*made) == [False, False]
    assert (tmp_path / "results/b").read_text() == "1\tone\n"


def test_the_sidecar_names_all_that_it_was_made_from(made, tmp_path):
    first, second = (json.loads((tmp_path / found.sidecar).read_text())["from"] for found in made)
    assert first["recipe"]["lr"] == 1e-5
    assert [*first["brought"]] == ["mine.tsv"]
    assert first["inputs"] == {}
    assert [*second["inputs"]] == ["results/a"]
    assert second["brought"] == {}
