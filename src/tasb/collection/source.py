"""Where texts and judgments come from: a folder of files, or ir_datasets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from tasb.collection import text
from tasb.errors import TasbError
from tasb.files import existing


class Source(Protocol):
    """A collection's texts and judgments, streamed; errors name file and line, or dataset."""

    def passages(self) -> Iterator[tuple[str, str]]:
        """Yield (passage id, text)."""

    def passage_count(self) -> int | None:
        """Return how many passages there will be, if that costs little to know."""

    def queries(self, split: str) -> Iterator[tuple[str, str]]:
        """Yield (query id, text) of a split."""

    def judgments(self, split: str) -> Iterator[tuple[str, str, int]]:
        """Yield (query id, passage id, grade) of a split."""

    def where(self, what: str, split: str | None = None) -> str:
        """Return the file or dataset that holds something, for error messages."""


class Folder:
    """A folder with passages.tsv, and queries.S.tsv and qrels.S.txt for each split S."""

    def __init__(self, folder: str, passages: str | None) -> None:
        self.folder = existing(folder, "collections: folder")
        self._passages = passages or "passages.tsv"

    def passages(self) -> Iterator[tuple[str, str]]:
        """Yield (passage id, text)."""
        return text.texts(self.folder / self._passages)

    def passage_count(self) -> int | None:
        """Return the lines of the file; None if it is gzipped."""
        return text.line_count(self.folder / self._passages)

    def queries(self, split: str) -> Iterator[tuple[str, str]]:
        """Yield (query id, text) of a split."""
        return text.texts(Path(self.where("queries", split)))

    def judgments(self, split: str) -> Iterator[tuple[str, str, int]]:
        """Yield (query id, passage id, grade) of a split."""
        return text.judgments(Path(self.where("qrels", split)))

    def where(self, what: str, split: str | None = None) -> str:
        """Return the path of a file of the folder."""
        if split is None:
            return str(self.folder / self._passages)
        suffix = "tsv" if what == "queries" else "txt"
        return str(self.folder / f"{what}.{split}.{suffix}")


class IrDatasets:
    """A collection of ir_datasets; a split is the id of a dataset."""

    def __init__(self, identifier: str) -> None:
        self.identifier = identifier

    def _load(self, identifier: str, has: str) -> Any:
        import ir_datasets  # imported here, since a folder does not need it

        try:
            dataset = ir_datasets.load(identifier)
        except KeyError:
            raise TasbError(f"ir_datasets: no dataset '{identifier}'") from None
        if not getattr(dataset, f"has_{has}")():
            raise TasbError(f"ir_datasets: dataset '{identifier}' has no {has}")
        return dataset

    def passages(self) -> Iterator[tuple[str, str]]:
        """Yield (passage id, text)."""
        for doc in self._load(self.identifier, "docs").docs_iter():
            yield self._checked(doc.doc_id, doc.default_text(), self.identifier)

    def passage_count(self) -> int | None:
        """Return the count that ir_datasets publishes; None if it publishes none."""
        count = self._load(self.identifier, "docs").docs_metadata().get("count")
        return None if count is None else int(count)

    def queries(self, split: str) -> Iterator[tuple[str, str]]:
        """Yield (query id, text) of a split."""
        for query in self._load(split, "queries").queries_iter():
            yield self._checked(query.query_id, query.default_text(), split)

    def judgments(self, split: str) -> Iterator[tuple[str, str, int]]:
        """Yield (query id, passage id, grade) of a split."""
        for qrel in self._load(split, "qrels").qrels_iter():
            yield qrel.query_id, qrel.doc_id, int(qrel.relevance)

    def where(self, what: str, split: str | None = None) -> str:
        """Return the dataset's name."""
        return f"ir_datasets {split or self.identifier} ({what})"

    @staticmethod
    def _checked(identifier: str, content: str, dataset: str) -> tuple[str, str]:
        line = " ".join(content.split("\n"))
        return text.checked(identifier, line, f"ir_datasets {dataset}")


def source(settings: dict[str, Any]) -> Source:
    """Return the source of a recipe's collection settings."""
    if settings["folder"] is not None:
        return Folder(settings["folder"], settings.get("passages"))
    return IrDatasets(settings["ir_datasets"])
