"""Downloads from a server on loopback that fails in every way that servers do."""

import errno
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tasb.collection import download as module
from tasb.collection.download import fetch, make
from tasb.collection.download_config import Download
from tasb.errors import TasbError
from tasb.jobs import Job

CONTENT = bytes(range(256)) * 3000
"""768,000 bytes."""
MD5 = hashlib.md5(CONTENT).hexdigest()
PIECE = 3 << 16


class Handler(BaseHTTPRequestHandler):
    """Answers as the path says; ``server.asked`` holds the range of each request."""

    def do_GET(self):
        path = self.path.removeprefix("http://files.invalid")  # of a request to a proxy
        kind, asked = path.split("/")[1], self.headers.get("Range")
        self.server.asked.append((kind, asked))
        getattr(self, kind.replace("-", "_"))(int(asked[6:-1]) if asked else 0)

    def send(self, content, start=0, promised=None, status=None, **headers):
        """Send some bytes, perhaps fewer than promised."""
        self.send_response(status or (206 if start else 200))
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
        headers.setdefault("Content-Length", str(promised or len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def good(self, start):
        self.send(CONTENT[start:], start)

    def cuts(self, start):
        """Break off after a piece, each time."""
        rest = CONTENT[start:]
        self.send(rest[:PIECE], start, len(rest))

    def ignores_ranges(self, start):
        """Break off once, and begin from the beginning."""
        first = len(self.server.asked) == 1
        self.send(CONTENT[:PIECE] if first else CONTENT, 0, len(CONTENT))

    def busy(self, start):
        if len(self.server.asked) < 3:
            self.send(b"", status=503 if len(self.server.asked) == 1 else 429, Retry_After="0")
        else:
            self.good(start)

    def always_busy(self, start):
        self.send(b"", status=503)

    def redirects(self, start):
        self.send(b"", status=302, Location="/good/file.tsv")

    def missing(self, start):
        self.send(b"no", status=404)

    def page(self, start):
        self.send(b"<html>log in</html>", Content_Type="text/html; charset=utf-8")

    def corrupts(self, start):
        self.send(b"x" + CONTENT[1:])

    def truncates(self, start):
        """Give less, and say that it is all."""
        self.send(CONTENT[:-1])

    def stalls(self, start):
        """Promise more, and send nothing until the client gives up."""
        self.send(CONTENT[start : start + PIECE], start, len(CONTENT) - start)
        if len(self.server.asked) == 1:
            self.server.wait.wait(5)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(module, "FIRST", 0.001)
    monkeypatch.setattr(module, "TIMEOUT", (2.0, 0.3))
    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.asked, found.wait = [], threading.Event()
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield found
    found.wait.set()
    found.shutdown()
    found.server_close()


def declared(server, *kinds, **changed):
    urls = [f"http://127.0.0.1:{server.server_port}/{kind}/file.tsv" for kind in kinds]
    return Download(**{"urls": urls, "md5": MD5, "bytes": len(CONTENT), **changed})


@pytest.mark.parametrize(
    ("kind", "ranges"),
    [
        ("good", [None]),
        ("cuts", [None, "bytes=196608-", "bytes=393216-", "bytes=589824-"]),
        ("ignores-ranges", [None, "bytes=196608-"]),
        ("busy", [None, None, None]),
        ("redirects", [None, None]),
        ("stalls", [None, "bytes=196608-", "bytes=393216-", "bytes=589824-"]),
    ],
)
def test_it_ends_with_the_right_file(server, tmp_path, kind, ranges):
    path = fetch("pairs", declared(server, kind), tmp_path / "pairs.part")
    assert path.read_bytes() == CONTENT
    assert [asked for _, asked in server.asked] == ranges


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "answer 404"),
        ("page", "a page in place of the file"),
        ("corrupts", "another file: its md5 is"),
        ("truncates", "767,999 bytes long, not 768,000"),
        ("always-busy", "answer 503"),
    ],
)
def test_what_is_not_the_file_is_one_line_and_leaves_none(server, tmp_path, kind, reason):
    with pytest.raises(TasbError) as caught:
        fetch("pairs", declared(server, kind), tmp_path / "pairs.part")
    message = str(caught.value)
    assert message.startswith("downloads.pairs: cannot be fetched (http://127.0.0.1")
    assert reason in message and f"fetch file.tsv (md5 {MD5}) by hand" in message
    assert "\n" not in message
    assert not (tmp_path / "pairs.part").exists()


def test_a_mirror_gives_what_the_first_address_does_not(server, tmp_path):
    path = fetch("pairs", declared(server, "missing", "page", "good"), tmp_path / "p.part")
    assert path.read_bytes() == CONTENT


def test_a_later_run_goes_on_where_an_earlier_one_was_killed(server, tmp_path):
    (tmp_path / "p.part").write_bytes(CONTENT[:500_000])
    fetch("pairs", declared(server, "good"), tmp_path / "p.part")
    assert server.asked == [("good", "bytes=500000-")]


def test_what_was_begun_from_another_file_is_begun_again(server, tmp_path):
    (tmp_path / "p.part").write_bytes(b"old" * 1000)
    path = fetch("pairs", declared(server, "good"), tmp_path / "p.part")
    assert path.read_bytes() == CONTENT
    assert [asked for _, asked in server.asked] == ["bytes=3000-", None]


def test_no_network_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FIRST", 0.001)
    asked = Download(urls=["http://127.0.0.1:9/file.tsv"], md5=MD5)
    with pytest.raises(TasbError, match="ConnectionError"):
        fetch("pairs", asked, tmp_path / "p.part")


def test_a_copy_that_is_here_takes_the_place_of_the_network(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.tsv").write_bytes(CONTENT)
    asked = {"urls": ["http://127.0.0.1:9/file.tsv"], "md5": MD5, "local": "mine.tsv"}
    job = Job({"name": "pairs", "download": asked}, {}, {"file": ["results/downloads/file.tsv"]})
    make(job)
    assert (tmp_path / "results/downloads/file.tsv").read_bytes() == CONTENT
    assert (tmp_path / "mine.tsv").exists()
    (tmp_path / "files").mkdir()
    (tmp_path / "mine.tsv").rename(tmp_path / "files" / "file.tsv")
    in_folder = Job({"name": "pairs", "download": {**asked, "local": "files"}}, {},
                    {"file": ["results/other.tsv"]})  # fmt: skip
    make(in_folder)
    assert (tmp_path / "results/other.tsv").read_bytes() == CONTENT
    (tmp_path / "mine.tsv").write_bytes(CONTENT[1:])
    with pytest.raises(TasbError, match=r"downloads.pairs.local: 'mine.tsv' is another file"):
        make(job)


def test_without_a_published_digest_the_one_that_was_found_is_told(server, tmp_path, caplog):
    folder, asked = tmp_path / "results", declared(server, "good", md5=None).plain()
    with caplog.at_level("WARNING", logger="tasb"), pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        make(Job({"name": "pairs", "download": asked}, {}, {"file": [str(folder / "file.tsv")]}))
    assert hashlib.sha256(CONTENT).hexdigest() in caplog.text
    assert (folder / "file.tsv").read_bytes() == CONTENT
    assert not list((tmp_path / ".cache/downloads").iterdir())


def test_a_file_without_a_published_digest_must_stay_the_one_that_came_first(
    server, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    asked = declared(server, "good", md5=None).plain()
    job = Job({"name": "pairs", "download": asked}, {}, {"file": ["results/file.tsv"]})
    make(job)
    line = f"{hashlib.sha256(CONTENT).hexdigest()}  {asked['urls'][0]}\n"
    assert Path("downloads.lock").read_text() == line
    make(job)
    assert Path("downloads.lock").read_text() == line
    Path("downloads.lock").write_text(f"{'0' * 64}  {asked['urls'][0]}\n")
    with pytest.raises(TasbError, match="another file: its sha256 is .*, not 000000"):
        make(job)


def test_a_full_disk_is_one_line_and_what_came_is_gone_on_with(server, tmp_path, monkeypatch):
    appended = module._append

    def full(answer, file, size, declared):
        """Write a piece, and find no room for more."""
        file.write(next(answer.iter_content(PIECE)))
        file.flush()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "_append", full)
    part = tmp_path / "p.part"
    with pytest.raises(TasbError, match=r"p.part: the disk .* is full; make room and run the same"):
        fetch("pairs", declared(server, "good"), part)
    assert part.read_bytes() == CONTENT[:PIECE]
    monkeypatch.setattr(module, "_append", appended)
    assert fetch("pairs", declared(server, "good"), part).read_bytes() == CONTENT
    assert [asked for _, asked in server.asked] == [None, f"bytes={PIECE}-"]


def test_the_proxy_of_the_environment_is_asked(server, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    asked = Download(urls=["http://files.invalid/good/file.tsv"], md5=MD5)
    assert fetch("pairs", asked, tmp_path / "p.part").read_bytes() == CONTENT
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(TasbError, match="cannot be fetched .*ProxyError"):
        fetch("pairs", asked, tmp_path / "q.part")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"urls": ["ftp://a/b"], "md5": MD5}, "no http address"),
        ({"urls": ["http://a/"], "md5": MD5}, "no http address"),
        ({"urls": ["http://a/b"], "md5": "xyz"}, "md5"),
    ],
)
def test_a_download_that_cannot_be_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        Download(**given)
