"""Where each artifact lies."""

from tasb.config.model import Config
from tasb.rankings.config import Checkpoint, Run
from tasb.students.config import Training
from tasb.teachers.config import Trained

MODEL = ("config.json", "model.safetensors")
HEAD = "head.safetensors"
RECORDS = ("card.json", "log.parquet", "times.json")
TABLE = ("parquet", "md", "tex", "html")
FIGURE = ("parquet", "svg")


class Artifacts:
    """Paths under ``results/``: the stage, the collection, then the names in the config."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.name = config.collection

    def path(self, stage: str, *parts: str) -> str:
        """Return the path of an artifact of the collection in use."""
        return "/".join(("results", stage, self.name, *parts))

    # collection, tokens

    def passages(self) -> list[str]:
        """The passages, if the collection has any."""
        return [self.path("collection", "passages.parquet")] if self.config.data.passages else []

    def queries(self, query_set: str) -> str:
        """The queries of a set."""
        return self.path("collection", query_set, "queries.parquet")

    def qrels(self, query_set: str) -> str:
        """The judgments of a set."""
        return self.path("collection", query_set, "qrels.parquet")

    def pairs(self) -> str:
        """The training pairs, without scores of ours."""
        stage = "lexical" if self.config.data.pairs is None else "collection"
        return self.path(stage, "pairs.parquet")

    def encoder(self, encoder: str) -> list[str]:
        """Weights and tokenizer."""
        return [f"results/encoders/{encoder}/{file}" for file in (*MODEL, "tokenizer.json")]

    def tokens(self, encoder: str, texts: str) -> str:
        """The tokens of the passages (``passages``) or of a query set."""
        return self.path("tokens", encoder, f"{texts}.arrow")

    # teachers, clusters, plans, students

    def model(self, name: str) -> list[str]:
        """The weights of a trained run or teacher."""
        if name in self.config.runs:
            return [self.path("students", name, file) for file in MODEL]
        return [self.path("teachers", name, file) for file in (*MODEL, HEAD)]

    def log(self, run: str) -> str:
        """The training log of a run."""
        return self.path("students", run, "log.parquet")

    def training_records(self, name: str) -> list[str]:
        """The card, the training log and the times of a run or teacher."""
        stage = "students" if name in self.config.runs else "teachers"
        return [self.path(stage, name, file) for file in RECORDS]

    def times(self, name: str) -> str:
        """How long a run or teacher trained, and on what."""
        return self.training_records(name)[RECORDS.index("times.json")]

    def scored_pairs(self, training: Training) -> str:
        """The pairs that a run draws from."""
        if training.margins is None:
            return self.pairs()
        return self.path("teachers", training.margins, "pair_scores.parquet")

    def clusters(self, training: Training) -> list[str]:
        """The clusters that a run draws from, if its sampler does."""
        if not training.sampler.startswith("tas"):
            return []
        return [self.path("clusters", f"{training.clusters}.parquet")]

    def plan_name(self, training: Training) -> str:
        """Return the name of a run's plan; runs with equal names share it."""
        parts: list[str] = [training.sampler]
        if training.sampler.startswith("tas"):
            parts += [training.clusters, f"n{training.clusters_per_batch}"]
        if training.sampler == "tas-balanced":
            parts.append(f"h{training.bins}")
        if training.one_pair_queries == "drop":
            parts.append("drop")
        source = training.margins or "labels"
        return "-".join([*parts, source, f"b{training.batch_size}", f"s{training.seed}"])

    def trainings(self) -> dict[str, Training]:
        """Return everything that is trained, by name."""
        teachers = self.config.teachers.items()
        trained = {name: teacher for name, teacher in teachers if isinstance(teacher, Trained)}
        return {**trained, **self.config.runs}

    def plans(self) -> dict[str, Training]:
        """Return for each plan the longest run that uses it."""
        plans: dict[str, Training] = {}
        for training in self.trainings().values():
            name = self.plan_name(training)
            if name not in plans or training.steps > plans[name].steps:
                plans[name] = training
        return plans

    def shard_steps(self, plan: str, shard: int) -> tuple[int, int]:
        """Return the first step of a plan's shard and the one after its last."""
        size = self.config.plans.shard_steps
        return shard * size, min((shard + 1) * size, self.plans()[plan].steps)

    def shards(self, training: Training) -> range:
        """Return the numbers of the plan's shards that a run reads."""
        return range(-(-training.steps // self.config.plans.shard_steps))

    def plan(self, training: Training) -> list[str]:
        """The files of a run's plan."""
        name = self.plan_name(training)
        return [self.path("plans", name, f"{shard}.parquet") for shard in self.shards(training)]

    def in_batch_scores(self, training: Training) -> list[str]:
        """The stored in-batch scores of a run, if it reads any."""
        if not training.stored:
            return []
        folder = (self.plan_name(training), training.in_batch_teacher)
        return [self.path("plans", *folder, f"{shard}.arrow") for shard in self.shards(training)]

    def early_stopping_set(self) -> str:
        """The candidates that are re-ranked for early stopping."""
        return self.path("students", "early_stopping_set.parquet")

    # vectors, rankings, metrics, tables

    def passage_vectors(self, system: str) -> list[str]:
        """The passage vectors of a dense system."""
        shards = range(self.config.vectors.shards)
        return [self.path("vectors", system, f"passages-{shard}.arrow") for shard in shards]

    def index(self, system: str) -> list[str]:
        """What a dense system is searched in: vectors, or a trained index."""
        declared = self.config.system(system)
        if isinstance(declared, Run | Checkpoint) and declared.index != "Flat":
            return [self.path("vectors", system, "index.faiss")]
        return self.passage_vectors(system)

    def systems_of(self, *kinds: str) -> list[str]:
        """Return the names of all systems of some kinds, runs included."""
        names = {**self.config.systems, **self.config.runs}
        return [name for name in names if self.config.system(name).kind in kinds]

    def query_vectors(self, system: str, query_set: str) -> str:
        """The query vectors of a dense system."""
        return self.path("vectors", system, f"queries-{query_set}.arrow")

    def ranking(self, system: str, query_set: str) -> str:
        """A ranking."""
        return self.ranking_files(system, query_set)[0]

    def ranking_files(self, system: str, query_set: str) -> list[str]:
        """A ranking, and the same in TREC format."""
        return [self.path("rankings", system, f"{query_set}.{end}") for end in ("parquet", "trec")]

    def metrics(self, system: str, query_set: str) -> list[str]:
        """The metrics of a system, per query and as means."""
        names = ("parquet", "means.parquet")
        return [self.path("metrics", system, f"{query_set}.{name}") for name in names]

    def record(self, system: str, query_set: str) -> str:
        """Where the metrics of a system come from."""
        return self.path("metrics", system, f"{query_set}.record.json")

    def table(self, table: str) -> list[str]:
        """The files of a table."""
        return [self.path("tables", f"{table}.{suffix}") for suffix in TABLE]

    def figure(self, figure: str) -> list[str]:
        """The data of a figure, and the figure."""
        return [self.path("tables", f"{figure}.{suffix}") for suffix in FIGURE]

    def figures_of(self, kind: str) -> list[str]:
        """Return the names of all figures of a kind."""
        return [name for name, figure in self.config.figures.items() if figure.kind == kind]
