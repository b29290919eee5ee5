"""MS MARCO through ir_datasets: its text in both forms, and servers that give other files."""

import json
import os
import subprocess
import sys

import pytest
from loopback import Server, variables, write_checkout
from ms_marco_files import ms_marco_files

ARCHIVE = "collectionandqueries.tar.gz"
READ = """
import json, sys
from tasb.collection.source import IrDatasets
from tasb.errors import TasbError
collection = IrDatasets("msmarco-passage", released=sys.argv[1] == "released")
try:
    texts = dict(collection.passages(collection.faults("passages", None, {})))
except TasbError as error:
    sys.exit(str(error))
print(json.dumps(texts))
"""


@pytest.fixture(scope="module")
def server(test_data):
    """A server with MS MARCO's files."""
    with Server(ms_marco_files(test_data / "msmarco-dl19-pool"), {}) as found:
        yield found


@pytest.fixture(scope="module")
def folder(server, tmp_path_factory):
    """A checkout that fetches from the server."""
    place = tmp_path_factory.mktemp("bad")
    write_checkout(place, server)
    return place


@pytest.fixture
def read(folder, server, environment, tmp_path):
    """Read MS MARCO's passages in a process; returns it."""

    def run(text="released", **more):
        home = {"IR_DATASETS_HOME": str(tmp_path / "home"), "IR_DATASETS_DL_TRIES": "1"}
        given = {**environment, **variables(folder, server), **home, **more}
        command = [sys.executable, "-c", READ, text]
        return subprocess.run(command, env=given, capture_output=True, text=True, check=False)

    return run


def test_repaired_passages_differ_in_double_encoded_characters_alone(read):
    released, repaired = (json.loads(read(text).stdout) for text in ("released", "repaired"))
    assert list(released) == list(repaired)
    changed = {name: text for name, text in released.items() if repaired[name] != text}
    assert 10 < len(changed) < len(released) / 2
    assert not any(text.isascii() for text in changed.values())
    mended = [name for name, text in changed.items() if "â\x80\x99" in text]
    assert mended
    assert all("\u2019" in repaired[name] for name in mended)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda good: good[:-9], "HashVerificationError"),
        (lambda good: good[:99] + b"x" + good[100:], "HashVerificationError"),
        (lambda good: b"<html>log in</html>", "HashVerificationError"),
        (lambda good: None, "HashVerificationError"),
    ],
    ids=["cut off", "corrupted", "a page", "404"],
)
def test_what_is_not_the_file_is_one_line_and_the_next_run_has_it(
    read, server, monkeypatch, content, reason
):
    good = server.files[ARCHIVE]
    wrong = content(good)
    if wrong is None:
        monkeypatch.delitem(server.files, ARCHIVE)
    else:
        monkeypatch.setitem(server.files, ARCHIVE, wrong)
    process = read()
    last = process.stderr.rstrip().splitlines()[-1]
    assert process.returncode == 1
    assert last.startswith("ir_datasets msmarco-passage: its files cannot be fetched (" + reason)
    assert "Traceback" not in process.stderr
    monkeypatch.undo()
    assert server.files[ARCHIVE] == good
    assert len(json.loads(read().stdout)) > 200


def test_without_a_network_it_is_one_line(read):
    no_proxy = {name: "" for name in ("no_proxy", "NO_PROXY") if name in os.environ}
    process = read(http_proxy="http://127.0.0.1:9", **no_proxy)
    assert process.returncode == 1
    assert "cannot be fetched (ProxyError" in process.stderr.splitlines()[-1]
