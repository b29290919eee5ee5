"""Systems from elsewhere, given by their run files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from tasb.artifact import Artifact
from tasb.rankings.kinds.base import System, rankings
from tasb.settings import Distinct, require

if TYPE_CHECKING:
    from tasb.graph import Graph


class Trec(System):
    """Run files from elsewhere, one per query set."""

    kind: Literal["trec"]
    files: dict[str, str] = Field(min_length=1)
    """A run file for each query set."""
    repair: Distinct[Literal["order", "duplicates", "unknown-queries"]] = []
    """What may be repaired, in place of an error: lines in another order than their scores,
    repeated passages (the best score is kept), queries that the query set lacks (dropped)."""

    def ranked(self, graph: "Graph", name: str, query_sets: list[str]) -> Artifact:
        """Return the ranking of a query set, read from its file."""
        require(query_sets[0], self.files, f"systems.{name}.files", "query set")
        file = self.files[query_sets[0]]
        return rankings(
            graph,
            name,
            query_sets,
            "tasb.rankings.trec:make",
            {"file": file, "repair": self.repair},
            {},
            brought={"file": [file] if Path(file).expanduser().is_file() else []},
        )

    def needed_for(self, query_sets: set[str]) -> dict[str, Any]:
        """Return the settings with the files of these query sets alone."""
        files = {name: file for name, file in self.files.items() if name in query_sets}
        return {**self.plain(), "files": files}
