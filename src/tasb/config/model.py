"""The whole config as one typed model."""

from pydantic import Field

from tasb.clusters.config import Clusters
from tasb.collection.config import Collection
from tasb.collection.download_config import Download
from tasb.encoders.config import Encoder
from tasb.latency.config import Latency
from tasb.lexical.config import Negatives
from tasb.metrics.config import Metrics
from tasb.mining.config import Mining
from tasb.plans.config import Plans
from tasb.rankings.config import AnySystem, Rankings
from tasb.settings import Distinct, Name, Settings
from tasb.students.config import EarlyStoppingSet
from tasb.students.run import TrainingRun
from tasb.tables.figures import Figure
from tasb.tables.kinds import AnyTable
from tasb.tokens.config import Tokens
from tasb.vectors.config import Vectors

NAMED = (
    "collections", "downloads", "encoders", "clusters", "mining", "runs", "systems", "tables",
    "figures",
)  # fmt: skip
"""Parts of the config that hold declarations by name; null takes one away."""


class Config(Settings):
    """Everything that a user can set; see config/config.yaml."""

    collection: str
    """The collection in use, one of `collections`."""
    seed: int = 0
    """Seed of every draw; the seeds of runs and clusters tell streams of it apart."""
    collections: dict[Name, Collection]
    """Collections by name."""
    downloads: dict[Name, Download] = {}
    """Files from the network, by name."""
    encoders: dict[Name, Encoder]
    """Pre-trained encoders by name."""
    tokens: Tokens = Tokens()
    """How texts are tokenized."""
    negatives: Negatives = Negatives()
    """BM25 negatives."""
    clusters: dict[Name, Clusters] = {}
    """Topics of the training queries, by name."""
    mining: dict[Name, Mining] = {}
    """Training pairs mined from rankings, by name."""
    plans: Plans = Plans()
    """How plans are cut."""
    early_stopping_set: EarlyStoppingSet = EarlyStoppingSet()
    """What early stopping evaluates on."""
    students: TrainingRun = TrainingRun()
    """Defaults of every run that is `like` no other."""
    runs: dict[Name, TrainingRun] = {}
    """Everything that is trained, students and teachers alike."""
    systems: dict[Name, AnySystem] = {}
    """What makes rankings, by name; each run is a system, too."""
    vectors: Vectors = Vectors()
    """How texts are encoded."""
    keep_vectors: bool = True
    """Whether vectors stay; false: they are deleted once nothing that is to be made needs them, and
    their sidecars, with the digests, stay in their place."""
    rankings: Rankings = Rankings()
    """How deep rankings are."""
    latency: Latency = Latency()
    """How times of systems are measured."""
    metrics: Metrics = Metrics()
    """What is measured."""
    tables: dict[Name, AnyTable] = Field(min_length=1)
    """Tables by name."""
    figures: dict[Name, Figure] = {}
    """Figures by name."""
    across: Distinct[str] = []
    """Further collections, which tables of kind `across` read."""
    targets: Distinct[str] | None = Field(None, min_length=1)
    """The tables and figures that `results/tables` makes; null for all of them."""

    @property
    def data(self) -> Collection:
        """The collection in use."""
        return self.collections[self.collection]

    @property
    def chosen(self) -> list[str]:
        """The tables and figures that `results/tables` makes."""
        return self.targets or [*self.tables, *self.figures]
