"""Config of tables and figures: a table is a list of systems."""

from typing import Literal, Self

from pydantic import Field, PositiveInt, field_validator, model_validator

from tasb.settings import Distinct, Settings

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What rows are called in the comparisons of a table."""


class Row(Settings):
    """One system of a table."""

    system: str | None = None
    """A system or a run; null for a row of the paper that is published only."""
    labels: list[str] = Field(min_length=1)
    """The texts of the label columns; ``{batch_size}``, say, for a setting of the run."""
    paper: str | None = None
    """Row of `resources/paper` whose values are shown next to ours."""
    group: str | None = None
    """Heading above the row, where it differs from that of the row before."""

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if self.system is None and self.paper is None:
            raise ValueError("give a system, or a row of the paper that is published only")
        return self


class LatencyGroup(Settings):
    """Rows that answer in less than some time."""

    title: str
    """Heading above them."""
    below: float | None = Field(None, gt=0)
    """Milliseconds; null for no bound."""


class Latencies(Settings):
    """Columns of a table with the latency of each row, measured for one query at a time."""

    groups: list[LatencyGroup] = []
    """Groups of rows by measured latency, from the fastest; a row is in the first that it fits.
    Without any, rows are in the groups of their own."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        bounds = [group.below for group in self.groups]
        known = [bound for bound in bounds[:-1] if bound is not None]
        if bounds and (len(known) < len(bounds) - 1 or bounds[-1] is not None):
            raise ValueError("groups: each but the last has a bound 'below', and the last none")
        if known != sorted(set(known)):
            raise ValueError(f"groups: bounds are to grow, found {known}")
        return self


class Table(Settings):
    """A table of the paper."""

    title: str
    """Printed above the table."""
    columns: list[str] = Field(min_length=1)
    """Headings of the label columns."""
    metrics: Distinct[str] | None = Field(None, min_length=1)
    """Of `metrics.names`; null for all of them."""
    rows: list[Row] = Field(min_length=1, max_length=len(LETTERS))
    """Its systems, in order."""
    latency: Latencies | None = None
    """Columns with the latency of each row; null for none."""
    statistics: Distinct[Literal["average", "standard-deviation"]] = []
    """Rows that sum up those above; the standard deviation is the sample's, over n - 1."""


class LatenciesOf(Settings):
    """Table 1: what each stage of a system takes, for batches of several sizes."""

    title: str
    """Printed above the table."""
    system: str
    """The system."""
    batches: Distinct[PositiveInt] = Field([1, 10, 2000], min_length=1)
    """Queries of a batch; all of the query set where it has fewer."""


MEASURES = {
    "batch_size": "Batch size",
    "peak_memory": "Peak memory (MB)",
    "teacher": "Teacher",
    "teacher_passes": "Teacher passes a sample",
    "passage_passes": "Passage passes a sample",
    "refreshes": "Index refreshes",
    "clustering": "Clustering (s)",
    "own_seconds": "Training (s)",
    "first_seconds": "Before it (s)",
    "samples_per_second": "Samples a second",
    "index": "Index",
    "bytes": "Bytes a passage",
    "steps_per_second": "Steps a second",
    "share": "Share of the time",
}
"""What is measured of a training, and how it is headed."""
Measure = Literal[
    "batch_size", "peak_memory", "teacher", "teacher_passes", "passage_passes", "refreshes",
    "clustering", "own_seconds", "first_seconds", "samples_per_second", "index", "bytes",
    "steps_per_second", "share",
]  # fmt: skip


class CostsOf(Settings):
    """What trainings take: memory, passes, time."""

    title: str
    """Printed above the table."""
    columns: list[str] = Field(min_length=1)
    """Headings of the label columns."""
    measures: Distinct[Measure] = Field(min_length=1)
    """What is shown of each run, in order."""
    metrics: Distinct[str] = []
    """Of `metrics.names`, shown on the first query set in addition."""
    compared_with: str | None = None
    """The run whose own time is 1 in the measure `share`."""
    rows: list[Row] = Field(min_length=1)
    """Its runs, in order; rows of the paper show its words."""


class TopicMap(Settings):
    """Figure 1: a t-SNE map of the queries of some topics, drawn at random."""

    title: str
    """Printed above the figure."""
    clusters: str = "default"
    """One of `clusters`."""
    topics: int = Field(8, ge=1, le=8)
    """Topics that are drawn."""
    examples: int = Field(3, ge=0, le=3)
    """Queries of each topic that are printed."""
    queries: int = Field(300, ge=3)
    """Queries of a topic that are shown at most, drawn at random."""
    perplexity: float = Field(30, gt=0)
    """Of t-SNE."""


class Sampled(Settings):
    """A run whose batches are shown."""

    run: str
    """The run."""
    label: str
    """What it is called in the figure."""


class BatchMeasures(Settings):
    """Figure 2: topics and teacher margins in the batches of runs with different samplers."""

    title: str
    """Printed above the figure."""
    rows: list[Sampled] = Field(min_length=1)
    """The runs, one row of panels each."""
    clusters: str = "default"
    """The topics that are counted, also in batches that were drawn without them."""
    steps: int = Field(1000, ge=1)
    """First batches of each run that are read, as far as the first file of each plan has them."""

    @field_validator("rows")
    @classmethod
    def _distinct(cls, rows: list[Sampled]) -> list[Sampled]:
        if len({row.label for row in rows}) < len(rows):
            raise ValueError("two rows have the same label")
        return rows


class Curve(Settings):
    """A system whose recall is drawn."""

    system: str
    """A system or a run."""
    label: str
    """What it is called in the figure."""


class RecallCurves(Settings):
    """Figure 3: recall of systems at many cutoffs."""

    title: str
    """Printed above the figure."""
    query_set: str | None = None
    """A reported query set; null for the first."""
    cutoffs: Distinct[PositiveInt] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    """Where recall is measured."""
    rows: list[Curve] = Field(min_length=1, max_length=16)
    """The systems, one line each."""

    @field_validator("rows")
    @classmethod
    def _distinct(cls, rows: list[Curve]) -> list[Curve]:
        if len({row.label for row in rows}) < len(rows):
            raise ValueError("two rows have the same label")
        return rows
