"""Where texts and judgments come from: a folder of files, or ir_datasets."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tasb.collection import text
from tasb.collection.faults import Faults
from tasb.errors import TasbError
from tasb.files import existing


class Source(Protocol):
    """A collection's texts and judgments, streamed; errors name file and line, or dataset."""

    def passages(self, faults: Faults) -> Iterator[tuple[str, str]]:
        """Yield (passage id, text)."""

    def passage_count(self) -> int | None:
        """Return how many passages there will be, if that costs little to know."""

    def queries(self, split: str, faults: Faults) -> Iterator[tuple[str, str]]:
        """Yield (query id, text) of a split."""

    def judgments(self, split: str, faults: Faults) -> Iterator[tuple[int, str, str, int]]:
        """Yield (line, query id, passage id, grade) of a split."""

    def where(self, what: str, split: str | None = None) -> str:
        """Return the file or dataset that holds something, for error messages."""

    def faults(self, what: str, split: str | None, ways: Mapping[str, str]) -> Faults:
        """Return where the faults of a file or dataset are noted."""


class Folder:
    """A folder with passages.tsv, and queries.S.tsv and qrels.S.txt for each split S."""

    def __init__(self, folder: str, passages: str | None) -> None:
        self.folder = existing(folder, "collections: folder")
        self._passages = passages or "passages.tsv"

    def passages(self, faults: Faults) -> Iterator[tuple[str, str]]:
        """Yield (passage id, text)."""
        return text.texts(self.folder / self._passages, faults)

    def passage_count(self) -> int | None:
        """Return the lines of the file; None if it is gzipped."""
        return text.line_count(self.folder / self._passages)

    def queries(self, split: str, faults: Faults) -> Iterator[tuple[str, str]]:
        """Yield (query id, text) of a split."""
        return text.texts(Path(self.where("queries", split)), faults)

    def judgments(self, split: str, faults: Faults) -> Iterator[tuple[int, str, str, int]]:
        """Yield (line, query id, passage id, grade) of a split."""
        return text.judgments(Path(self.where("qrels", split)), faults)

    def where(self, what: str, split: str | None = None) -> str:
        """Return the path of a file of the folder."""
        if split is None:
            return str(self.folder / self._passages)
        suffix = "tsv" if what == "queries" else "txt"
        return str(self.folder / f"{what}.{split}.{suffix}")

    def faults(self, what: str, split: str | None, ways: Mapping[str, str]) -> Faults:
        """Return where the faults of a file are noted, with their lines."""
        return Faults(self.where(what, split), ways)


class IrDatasets:
    """A collection of ir_datasets; a split is the id of a dataset."""

    def __init__(self, identifier: str, released: bool = False) -> None:
        """Take a collection.

        Args:
            identifier: of the collection.
            released: whether MS MARCO's passages are read without ir_datasets' repairs.
        """
        self.identifier, self._released = identifier, released

    def _load(self, identifier: str, has: str) -> Any:
        import ir_datasets  # imported here, since a folder does not need it

        try:
            dataset = ir_datasets.load(identifier)
        except KeyError:
            raise TasbError(f"ir_datasets: no dataset '{identifier}'") from None
        if not getattr(dataset, f"has_{has}")():
            raise TasbError(f"ir_datasets: dataset '{identifier}' has no {has}")
        return dataset

    def passages(self, faults: Faults) -> Iterator[tuple[str, str]]:
        """Yield (passage id, text)."""
        with _within_reach(self.identifier):
            if self._released:
                yield from _sound(_released_passages(), faults)
                return
            docs = self._load(self.identifier, "docs").docs_iter()
            yield from _sound(((doc.doc_id, doc.default_text()) for doc in docs), faults)

    def passage_count(self) -> int | None:
        """Return the count that ir_datasets publishes; None if it publishes none."""
        count = self._load(self.identifier, "docs").docs_metadata().get("count")
        return None if count is None else int(count)

    def queries(self, split: str, faults: Faults) -> Iterator[tuple[str, str]]:
        """Yield (query id, text) of a split."""
        with _within_reach(split):
            queries = self._load(split, "queries").queries_iter()
            texts = ((query.query_id, query.default_text()) for query in queries)
            yield from _sound(texts, faults)

    def judgments(self, split: str, faults: Faults) -> Iterator[tuple[int, str, str, int]]:
        """Yield (line, query id, passage id, grade) of a split."""
        with _within_reach(split):
            qrels = self._load(split, "qrels").qrels_iter()
            for number, qrel in enumerate(qrels, start=1):
                yield number, qrel.query_id, qrel.doc_id, int(qrel.relevance)

    def where(self, what: str, split: str | None = None) -> str:
        """Return the dataset's name."""
        return f"ir_datasets {split or self.identifier} ({what})"

    def faults(self, what: str, split: str | None, ways: Mapping[str, str]) -> Faults:
        """Return where the faults of a dataset are noted."""
        return Faults(self.where(what, split), ways, numbered=False)


def _released_passages() -> Iterator[tuple[str, str]]:
    """Yield (passage id, text) of MS MARCO's archive, which ir_datasets fetches and verifies."""
    import ir_datasets
    from ir_datasets.util import DownloadConfig, TarExtract

    name = "msmarco-passage"
    files = DownloadConfig.context(name, ir_datasets.util.home_path() / name)
    with TarExtract(files["collectionandqueries"], "collection.tsv").stream() as lines:
        for line in lines:
            identifier, _, content = line.decode().rstrip("\n").partition("\t")
            yield identifier, content


@contextmanager
def _within_reach(dataset: str) -> Iterator[None]:
    """Say in one line that the files of a dataset cannot be fetched."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:  # of this machine; those of the network have no number
            raise
        reason = str(error).partition("(")[0].strip() or type(error).__name__
        raise TasbError(
            f"ir_datasets {dataset}: its files cannot be fetched ({type(error).__name__}: "
            f"{reason}); fetch them where there is a network, and set IR_DATASETS_HOME to their "
            "folder"
        ) from None


def _sound(found: Iterator[tuple[str, str]], faults: Faults) -> Iterator[tuple[str, str]]:
    """Yield texts, line feeds turned into spaces; what is wrong goes to the faults."""
    for number, (identifier, content) in enumerate(found, start=1):
        line = " ".join(content.split("\n"))
        if text.is_sound(identifier, line, number, faults):
            yield identifier, line


def source(settings: dict[str, Any]) -> Source:
    """Return the source of a recipe's collection settings."""
    if settings["folder"] is not None:
        return Folder(settings["folder"], settings.get("passages"))
    return IrDatasets(settings["ir_datasets"], settings.get("text") == "released")
