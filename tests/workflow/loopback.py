"""A server on loopback in place of data hosts and of the hub, and a checkout that asks it."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import ir_datasets
import yaml

ROOT = Path(__file__).parents[2]
CHECKOUT = ("Snakefile", "src", "workflow", "profiles", "config", "resources")


class _Handler(BaseHTTPRequestHandler):
    """Files by the last part of their path, and models as the hub has them."""

    server: "Server"

    def do_HEAD(self) -> None:
        self._answer(False)

    def do_GET(self) -> None:
        self._answer(True)

    def _answer(self, whole: bool) -> None:
        content, headers = self._found()
        self.send_response(404 if content is None else 200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        if whole and content:
            self.wfile.write(content)

    def _found(self) -> tuple[bytes | None, dict[str, str]]:
        parts = self.path.partition("?")[0].strip("/").split("/")
        self.server.asked.append(parts[-1])
        if parts[:2] == ["api", "models"]:
            return json.dumps(self._described(parts)).encode(), {"Content-Type": "application/json"}
        if "resolve" in parts:
            content = self.server.models.get("/".join(parts[:2]), {}).get(parts[-1])
            digest = hashlib.sha256(content or b"").hexdigest()
            return content, {"ETag": f'"{digest}"', "X-Repo-Commit": parts[3]}
        return self.server.files.get(parts[-1]), {}

    def _described(self, parts: list[str]) -> object:
        """Return what the hub says of a model, or of its files."""
        name = "/".join(parts[2:4])
        model = self.server.models[name]
        if parts[4] == "tree":
            return [{"type": "file", "path": path, "size": len(content), "oid": path}
                    for path, content in model.items()]  # fmt: skip
        return {"id": name, "sha": parts[-1], "siblings": [{"rfilename": path} for path in model]}

    def log_message(self, format: str, *given: object) -> None:
        """Print nothing."""


class Server(ThreadingHTTPServer):
    """A server on loopback."""

    def __init__(self, files: dict[str, bytes], models: dict[str, dict[str, bytes]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.models = files, models
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *error: object) -> None:
        """End it, after a ``with`` block."""
        self.shutdown()
        self.server_close()


def write_checkout(folder: Path, server: Server) -> None:
    """Make a checkout, with an ir_datasets that fetches what the server has from it."""
    for name in CHECKOUT:
        (folder / name).symlink_to(ROOT / name)
    package = Path(ir_datasets.__file__).parent
    copy = folder / "packages" / "ir_datasets"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / "etc" / "downloads.json"
    downloads = json.loads(path.read_text())
    for entry in (entry for section in downloads.values() for entry in section.values()):
        name = str(entry.get("url")).rpartition("/")[2]
        content = server.files.get(name)
        if content is not None:
            digest = hashlib.md5(content).hexdigest()
            entry |= {"url": f"{server.url}/{name}", "expected_md5": digest}
            entry["size_hint"] = len(content)
    path.write_text(json.dumps(downloads))


def variables(folder: Path, server: Server) -> dict[str, str]:
    """Return what the environment of a process in the checkout has in addition."""
    return {
        "PYTHONPATH": f"{folder / 'packages'}{os.pathsep}{folder / 'src'}",
        "HF_ENDPOINT": server.url,
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HOME": str(folder / "home"),
        "OMP_NUM_THREADS": "1",
    }


def run_every_job(
    folder: Path, name: str, config: dict[str, Any], environment: dict[str, str]
) -> None:
    """Write a config to the checkout, and run all of its jobs there in one process."""
    (folder / name).write_text(yaml.safe_dump(config))
    script = str(Path(__file__).with_name("every_job.py"))
    command = [sys.executable, script, str(ROOT / "config" / "config.yaml"), name]
    process = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stdout[-2000:] + process.stderr[-4000:]
