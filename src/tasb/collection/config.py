"""Config of a collection: where its texts, judgments and training pairs come from."""

from typing import Literal, Self

from pydantic import Field, model_validator

from tasb.settings import Name, Settings

TRAINING = "training"
VALIDATION = "validation"
UNLABELLED = "unlabelled"
AUGMENTED = "augmented"
"""The training queries, then the unlabelled ones."""
RELEASED = "msmarco-passage"
"""The collection that ir_datasets repairs."""
BARE = (UNLABELLED, AUGMENTED)
"""Query sets without judgments."""


class QuerySet(Settings):
    """Queries to evaluate on."""

    split: str | None = None
    """Name of the split; the query set's own name by default."""
    level: int = Field(1, ge=1)
    """Lowest grade that counts as relevant in MRR, MAP and recall."""
    paper: str | None = None
    """The paper's name of this query set, if its published values may be shown next to ours."""


class Validation(Settings):
    """Queries that choose things (early stopping) and are never reported."""

    split: str | None = None
    """A split of its own."""
    exclude: str | None = None
    """A split whose queries are left out of `split`."""
    fraction: float | None = Field(None, gt=0, lt=1)
    """In place of a split: this share of the training queries, drawn in groups that share no
    relevant passage."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.split is None) == (self.fraction is None):
            raise ValueError("give either 'split' or 'fraction'")
        return self


class Collection(Settings):
    """A folder of files in MS MARCO's formats, or an ir_datasets collection.

    In a folder, split `S` is `queries.S.tsv` and `qrels.S.txt`; with ir_datasets it is the
    id of a dataset. Passages are absent where only runs of other systems are evaluated.
    """

    folder: str | None = None
    """A folder with the files, or `ir_datasets`."""
    ir_datasets: str | None = None
    """The id of a collection of ir_datasets, in place of `folder`."""
    passages: str | None = "passages.tsv"
    """File of the passages; with ir_datasets it is not read. null: there are none."""
    text: Literal["repaired", "released"] = "repaired"
    """Of `ir_datasets: msmarco-passage`: with its double-encoded characters repaired, as
    ir_datasets gives it, or as released, which published models were trained on."""
    characters: int | None = Field(None, ge=1)
    """Characters of a passage that are read, the first ones; null for all. Documents of which only
    the beginning is encoded (FirstP) need no more."""
    train: str | None = "train"
    """The split of the training queries; null: there are none."""
    train_queries: int | None = Field(None, ge=1)
    """Train on a random draw of this many queries; all by default."""
    pairs: str | None = None
    """File of training pairs (query, positive, negative ids), with or without teacher scores
    before the ids; BM25 negatives are drawn where it is absent."""
    unlabelled: str | None = None
    """A split whose queries alone are read, for training without judgments."""
    validation: Validation | None = None
    """Queries for early stopping and for the weight of a fusion."""
    query_sets: dict[Name, QuerySet] = Field(min_length=1)
    """What tables report."""
    empty_texts: Literal["refuse", "keep", "drop"] = "refuse"
    """Passages and queries without a word."""
    blank_lines: Literal["refuse", "drop"] = "refuse"
    """Lines without a word, in any file."""
    repeated_judgments: Literal["refuse", "drop"] = "refuse"
    """Judgments that say the same again; two grades of one passage are refused in any case."""
    allow_unknown_ids: bool = False
    """Keep judgments of queries or passages that the collection lacks: as with trec_eval, such
    a passage is never found, and such a query counts as zero."""
    drop_unknown_ids: bool = False
    """Leave such judgments out, so that metrics are higher than those of trec_eval."""
    allow_shared_queries: bool = False
    """Report queries that are among the training or validation queries, too, by id or by text;
    tables tell how many."""
    drop_own_passage: bool = False
    """A passage whose id is the query's is never found, as BEIR has it for ArguAna and Quora."""

    licence: str | None = None
    """What the model cards say of its texts, such as ``cc0-1.0``."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.folder is None) == (self.ir_datasets is None):
            raise ValueError("give either 'folder' or 'ir_datasets'")
        if self.text == "released" and self.ir_datasets != RELEASED:
            raise ValueError(
                f"text: 'released' is for ir_datasets: {RELEASED}; other texts are read as they are"
            )
        if self.allow_unknown_ids and self.drop_unknown_ids:
            raise ValueError("give one of 'allow_unknown_ids' and 'drop_unknown_ids'")
        reserved = {TRAINING, VALIDATION, UNLABELLED, AUGMENTED, "train", "passages"}
        reserved &= set(self.query_sets)
        if reserved:
            raise ValueError(f"query set name '{min(reserved)}' is reserved")
        reported = {query_set.split or name for name, query_set in self.query_sets.items()}
        chooses = {"validation.split": self.validation and self.validation.split}
        for key, split in {
            **chooses, "train": self.train, "unlabelled": self.unlabelled
        }.items():  # fmt: skip
            if split in reported:
                raise ValueError(
                    f"{key} '{split}' is a reported query set too; reported queries must not "
                    "choose anything"
                )
        return self

    @property
    def ways(self) -> dict[str, str]:
        """What is done with each kind of fault, see `tasb.collection.faults`."""
        unknown = "drop" if self.drop_unknown_ids else "refuse"
        return {
            "empty_texts": self.empty_texts,
            "blank_lines": self.blank_lines,
            "repeated_judgments": self.repeated_judgments,
            "unknown_ids": "keep" if self.allow_unknown_ids else unknown,
        }

    def split_of(self, query_set: str) -> str:
        """Return the split that a query set, or the raw training set, is read from."""
        if query_set == "train":
            return self.train or "train"
        if query_set == VALIDATION and self.validation and self.validation.split:
            return self.validation.split
        if query_set == UNLABELLED:
            return self.unlabelled or UNLABELLED
        reported = self.query_sets.get(query_set)
        return (reported and reported.split) or query_set
