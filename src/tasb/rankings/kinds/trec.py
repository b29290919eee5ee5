"""Systems from elsewhere, given by their run files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from tasb.artifact import Artifact
from tasb.rankings.kinds.base import Evaluated, System, rankings
from tasb.settings import Distinct, require

if TYPE_CHECKING:
    from tasb.graph import Graph


class Trec(System):
    """Run files from elsewhere, one per query set."""

    kind: Literal["trec"]
    files: dict[str, str] = Field(min_length=1)
    """A run file for each query set."""
    format: Literal["trec", "msmarco"] = "trec"
    """Lines `qid Q0 pid rank score tag`, or MS MARCO's `qid pid rank`."""
    repair: Distinct[Literal["order", "duplicates", "unknown-queries", "blank-lines"]] = []
    """What may be repaired, in place of an error: lines in another order than their scores,
    repeated passages (the best score is kept), queries that the query set lacks and blank lines
    (both dropped)."""

    def ranked(self, graph: "Graph", name: str, query_sets: list[str]) -> Artifact:
        """Return the ranking of a query set, read from its file."""
        run = self._run(name, query_sets[0])
        return rankings(
            graph,
            name,
            query_sets,
            "tasb.rankings.trec:make",
            {"run": run},
            {},
            brought={"file": _present(run)},
        )

    def evaluated(self, graph: "Graph", name: str, key: str) -> Evaluated:
        """Return the run files themselves: no job copies them before they are evaluated."""
        sets = graph.config.data.query_sets
        runs = [self._run(name, query_set) for query_set in sets]
        graph.ask(f"systems.{name}")
        return Evaluated(
            {
                "reader": "tasb.rankings.trec:read_run",
                "runs": runs,
                "drop_own_passage": graph.config.data.drop_own_passage,
            },
            {"queries": [graph.query_set(query_set)["queries"] for query_set in sets]},
            brought={"files": [file for run in runs for file in _present(run)]},
            uses=("tasb.rankings.trec:read_run",),
        )

    def _run(self, name: str, query_set: str) -> dict[str, Any]:
        """Return where the run of a query set is, and how it is read."""
        require(query_set, self.files, f"systems.{name}.files", "query set")
        settings = self.model_dump(include={"format", "repair"})
        return {"file": self.files[query_set], **settings}

    def needed_for(self, query_sets: set[str]) -> dict[str, Any]:
        """Return the settings with the files of these query sets alone."""
        files = {name: file for name, file in self.files.items() if name in query_sets}
        return {**self.plain(), "files": files}


def _present(run: dict[str, Any]) -> list[str]:
    """Return the file if it exists; if it is missing, the job itself says so."""
    path = Path(run["file"]).expanduser()
    return [str(path)] if path.is_file() else []
