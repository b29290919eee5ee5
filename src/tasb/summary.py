"""What is in ``results/``: for each stage its files, their size, and the minutes of its jobs.

``python -m tasb.summary`` prints it; the minutes are those of the sidecars.
"""

from dataclasses import dataclass
from pathlib import Path

from tasb.files import read_json

STAGES = (
    "downloads", "collection", "encoders", "tokens", "lexical", "teachers", "clusters", "plans",
    "students",
    "vectors", "rankings", "latency", "metrics", "tables",
)  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """What a stage has made."""

    name: str
    jobs: int
    minutes: float
    """Of all its jobs; those that ran side by side count each."""
    megabytes: float


def stages(results: Path) -> list[Stage]:
    """Return the stages that have made something."""
    found = []
    for name in STAGES:
        files = [path for path in (results / name).rglob("*") if path.is_file()]
        sidecars = [read_json(path) for path in files if path.name.endswith(".made.json")]
        if sidecars:
            seconds = sum(sidecar["seconds"] for sidecar in sidecars)
            size = sum(path.stat().st_size for path in files)
            found.append(Stage(name, len(sidecars), seconds / 60, size / 1e6))
    return found


def text(results: Path) -> str:
    """Return the stages as a table, and where to look first."""
    lines = [f"{'stage':12}{'jobs':>6}{'minutes':>9}{'MB':>9}   where"]
    lines += [
        f"{stage.name:12}{stage.jobs:6}{stage.minutes:9.1f}{stage.megabytes:9.1f}   "
        f"{results / stage.name}/"
        for stage in stages(results)
    ]
    for what, pattern in (("tables", "*.html"), ("figures", "*.svg")):
        paths = sorted((results / "tables").glob(f"*/{pattern}"))
        lines += ["", f"{what}:", *(f"  {path}" for path in paths)] if paths else []
    cards = sorted((results / "students").glob("*/*/README.md"))
    if cards:
        lines += ["", "models, each with a README:"]
        lines += [f"  {path.parent}/" for path in cards]
    return "\n".join(lines)


if __name__ == "__main__":
    print(text(Path("results")))
