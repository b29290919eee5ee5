"""The artifacts of a config, stage by stage. Each is built once, when it is asked for.

Names are looked up here, so an unknown name or a cycle is found where it is used, and each
artifact knows the parts of the config that it was built from.
"""

from tasb.artifact import Artifact, Part
from tasb.building import Builder
from tasb.clusters import artifacts as clusters
from tasb.collection import artifacts as collection
from tasb.collection.config import BARE
from tasb.collection.download_config import PREFIX
from tasb.config.model import Config
from tasb.encoders.start import encoder_of
from tasb.latency import artifacts as latency
from tasb.lexical import artifacts as lexical
from tasb.metrics import artifacts as metrics
from tasb.mining import artifacts as mining
from tasb.plans import artifacts as plans
from tasb.plans.artifacts import Plan
from tasb.rankings import artifacts as rankings
from tasb.rankings.config import Run, System
from tasb.seeds import derive
from tasb.settings import require
from tasb.students import artifacts as students
from tasb.students.run import TrainingRun
from tasb.tables import artifacts as tables
from tasb.teachers import artifacts as teachers
from tasb.teachers.artifacts import COLLECTION
from tasb.tokens import artifacts as tokens
from tasb.vectors import artifacts as vectors
from tasb.vectors.artifacts import ModelFiles


class Graph(Builder):
    """All artifacts under one config."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.plans: dict[str, Plan] = plans.plans(config.runs)
        self._on: dict[str, Graph] = {config.collection: self}

    def on(self, collection: str) -> "Graph":
        """Return the graph of the same declarations on another collection.

        Raises:
            ValueError: its query sets have other names, so that no rule could serve both.
        """
        if collection not in self._on:
            other = Graph(self.config.model_copy(update={"collection": collection}))
            own, theirs = (list(graph.config.data.query_sets) for graph in (self, other))
            if own != theirs:
                raise ValueError(
                    f"across: '{collection}' reports {', '.join(theirs)}, and "
                    f"'{self.config.collection}' {', '.join(own)}; give them the same query sets"
                )
            self._on[collection] = other
        return self._on[collection]

    def run(self, name: str, key: str = "runs") -> TrainingRun:
        """Return what is trained under a name."""
        run: TrainingRun = self.named("runs", name, key, "run")
        return run

    def system(self, name: str, key: str = "systems") -> System:
        """Return a system; each run is a system of its own name."""
        if name in self.config.runs:
            search = self.config.runs[name].search
            if search is None or search.system is None:
                return Run(kind="run", run=name)
            searched = self.system(search.system, f"runs.{name}.search.system")
            how = searched.model_dump(include={"index", "nprobe", "ef_search"})
            return Run(kind="run", run=name, **how)
        known = {**self.config.systems, **self.config.runs}
        require(name, known, key, "system or run")
        system: System = self.named("systems", name, key, "system")
        return system

    def vector_model(self, system: str, key: str) -> ModelFiles:
        """Return the model of a dense system.

        Raises:
            ValueError: the system has no vectors.
        """
        return self.system(system, key).dense(self, system, key)

    def scoring(self, model: str, key: str) -> ModelFiles:
        """Return a model that scores pairs: a run of any architecture, or a dense system."""
        if model not in self.config.runs and model in self.config.systems:
            return self.system(model, key).scoring(self, model, key)
        require(model, {**self.config.runs, **self.config.systems}, key, "run or system")
        run = self.run(model, key)
        if run.search is not None:
            raise ValueError(f"{key}: '{model}' has an encoder for each side and scores no pairs")
        if run.model.objective is not None:
            raise ValueError(f"{key}: '{model}' is of model '{run.model.kind}', no pair scores")
        weights = self.training(model, key)["model"]
        return ModelFiles(run.model, run.card, encoder_of(self, run.init, key), weights)

    def seed(self, *names: str | int) -> int:
        """Return the seed of a named use."""
        return derive(self.config.seed, *names)

    def path(self, stage: str, *names: str) -> str:
        """Return a path of the collection in use, below ``results/``."""
        return "/".join(("results", stage, self.config.collection, *names))

    @staticmethod
    def pattern(stage: str, *names: str) -> str:
        """Return a path as a rule has it, with a wildcard for the collection."""
        return "/".join(("results", stage, "{collection}", *names))

    def name(self, stage: str, *names: str) -> str:
        """Return the name of an artifact of the collection in use."""
        return "/".join((stage, self.config.collection, *names))

    def download(self, name: str, key: str = "downloads") -> Artifact:
        """A file from the network."""
        self.named("downloads", name, key, "download")
        return self.once(collection.download, name, declared=f"downloads.{name}")

    def file(self, name: str, key: str) -> Part | None:
        """Return the file that a name such as ``download:scores`` stands for, if it is one."""
        if not name.startswith(PREFIX):
            return None
        return self.download(name.removeprefix(PREFIX), key)["file"]

    def passages(self) -> Artifact:
        """The passages of the collection."""
        return self.once(collection.passages)

    def query_set(self, name: str) -> Artifact:
        """Queries and judgments: of a split, or a part of the training split."""
        return self.once(collection.bare_queries if name in BARE else collection.query_set, name)

    def term_weights(self, system: str) -> Artifact:
        """Weights of the words of all passages, for a system that searches by them."""
        return self.once(lexical.term_weights, system)

    def expansions(self, system: str, shard: int) -> Artifact:
        """Predicted queries of a shard of the passages, for a system that adds them."""
        return self.once(lexical.expansions, system, shard)

    def shared_queries(self) -> Artifact:
        """Which reported queries train or choose something, too."""
        return self.once(collection.shared_queries)

    def pairs(self) -> Artifact:
        """The training pairs: published with the collection, or of BM25 negatives."""
        published = self.config.data.pairs is not None
        return self.once(collection.published_pairs if published else lexical.bm25_negatives)

    def encoder(self, name: str, key: str = "encoders") -> Artifact:
        """Weights and tokenizer of a pre-trained encoder."""
        self.named("encoders", name, key, "encoder")
        return self.once(tokens.encoder, name, declared=f"encoders.{name}")

    def tokens(self, encoder: str, texts: str) -> Artifact:
        """Tokens of the passages (``passages``) or of a query set."""
        return self.once(tokens.tokens, encoder, texts)

    def pair_scores(self, run: str, pairs: str = COLLECTION) -> Artifact:
        """All training pairs with the scores of a trained model."""
        return self.once(teachers.pair_scores, run, pairs)

    def candidates(self, name: str) -> Artifact:
        """The passages that a dense system finds for the queries that are mined."""
        return self.once(mining.candidates, name, declared=f"mining.{name}")

    def candidate_scores(self, name: str) -> Artifact:
        """A teacher's scores of what is mined."""
        return self.once(mining.candidate_scores, name, declared=f"mining.{name}")

    def mined(self, name: str, key: str = "mining") -> Artifact:
        """Mined training pairs."""
        self.named("mining", name, key, "mining")
        return self.once(mining.mined, name, declared=f"mining.{name}")

    def joined(self, names: tuple[str, ...]) -> Artifact:
        """Mined training pairs of several declarations."""
        return self.once(mining.joined, names)

    def clusters(self, name: str, key: str = "clusters") -> Artifact:
        """Topics of the training queries."""
        self.named("clusters", name, key, "clusters")
        return self.once(clusters.clusters, name, declared=f"clusters.{name}")

    def plan(self, plan: str, shard: int) -> Artifact:
        """The batches of some consecutive steps."""
        return self.once(plans.plan, plan, shard)

    def plan_scores(self, plan: str, teacher: str, shard: int) -> Artifact:
        """A teacher's scores of the batches of a shard of a plan."""
        return self.once(plans.plan_scores, plan, teacher, shard)

    def early_stopping_set(self) -> Artifact:
        """Candidates that a model in training re-ranks."""
        return self.once(students.early_stopping_set, declared="early_stopping_set")

    def training(self, run: str, key: str = "runs") -> Artifact:
        """A trained model."""
        self.run(run, key)
        return self.once(students.training, run, declared=f"runs.{run}")

    def passage_vectors(self, system: str, shard: int, key: str = "systems") -> Artifact:
        """A shard of the passage vectors of a dense system."""
        return self.once(vectors.passage_vectors, system, shard, key=key)

    def query_vectors(self, system: str, query_set: str, key: str = "systems") -> Artifact:
        """The vectors of a query set that is clustered or drawn."""
        return self.once(vectors.query_vectors, system, query_set, key=key)

    def vectors(self, system: str, texts: str) -> Artifact:
        """A file of vectors by its name: ``passages-0``, ``queries-training``."""
        kind, _, name = texts.partition("-")
        if kind == "passages":
            return self.passage_vectors(system, int(name))
        return self.query_vectors(system, name)

    def index(self, system: str) -> Artifact:
        """A Faiss index that must be trained."""
        return self.once(vectors.index, system)

    def token_vectors(self, system: str, shard: int) -> Artifact:
        """A shard of the token vectors of a system that searches by tokens."""
        return self.once(vectors.token_vectors, system, shard)

    def token_index(self, system: str) -> Artifact:
        """A Faiss index over token vectors."""
        return self.once(vectors.token_index, system)

    def search(self, system: str) -> Artifact:
        """The rankings of a dense system for all reported query sets, from one pass."""
        return self.once(rankings.search, system, declared=self._declared(system))

    def single_ranking(self, system: str, query_set: str) -> Artifact:
        """A ranking that has a job of its own."""
        return self.once(rankings.ranking, system, query_set, declared=self._declared(system))

    def ranking(self, system: str, query_set: str, key: str = "systems") -> Part:
        """The ranking of a query set by a system, from whichever job."""
        if system in self.config.runs:
            self.vector_model(system, key)  # refused by the key that asks, if it has no vectors
        return self.system(system, key).ranking(self, system, query_set)

    def metrics(self, system: str, key: str = "systems") -> Artifact:
        """Metrics of a system on all reported query sets, and their records."""
        return self.once(metrics.metrics, system, key=key)

    def latency(self, system: str, batch: int) -> Artifact:
        """Times of a system's own stages, measured for batches of so many queries."""
        return self.once(latency.latency, system, batch)

    def table(self, name: str) -> Artifact:
        """A table."""
        return self.once(tables.table, name)

    def model_card(self, run: str) -> Artifact:
        """The README of a trained retriever."""
        self.run(run)
        return self.once(tables.model_card, run)

    def figure(self, name: str) -> Artifact:
        """A figure."""
        return self.once(tables.figure, name)

    def _declared(self, system: str) -> str:
        return f"systems.{system}" if system in self.config.systems else ""

    def target(self, name: str) -> list[Artifact]:
        """Return a table or figure, everything that it is made from, and its runs' cards."""
        if name in self.config.figures:
            return self.figure(name).closure()
        systems = dict.fromkeys(row.system for row in self.config.tables[name].rows)
        cards = [self.model_card(system) for system in systems if system in self.config.runs
                 and self.config.runs[system].model.makes_vectors]  # fmt: skip
        return [*self.table(name).closure(), *cards]

    def targets(self, *names: str) -> list[str]:
        """Return all files of tables and figures, and of what they are made from."""
        chosen = names or self.config.chosen
        return list(dict.fromkeys(path for name in chosen for artifact in self.target(name)
                                  for path in self.lasting(artifact)))  # fmt: skip

    def lasting(self, artifact: Artifact) -> list[str]:
        """Return the files of an artifact that stay."""
        passes = artifact.passing and not self.config.keep_vectors
        return [artifact.sidecar] if passes else artifact.paths
