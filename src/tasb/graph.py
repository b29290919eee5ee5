"""The artifacts of a config, stage by stage. Each is built once, when it is asked for.

Names are looked up here, so an unknown name or a cycle is found where it is used, and each
artifact knows the parts of the config that it was built from.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tasb.artifact import Artifact, Part
from tasb.clusters import artifacts as clusters
from tasb.collection import artifacts as collection
from tasb.collection.config import BARE
from tasb.config.model import Config
from tasb.encoders.start import encoder_of
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


@dataclass
class _Frame:
    """An artifact that is being built."""

    key: tuple[Any, ...]
    declared: str
    asked: set[str] = field(default_factory=set)


class Graph:
    """All artifacts under one config."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._built: dict[tuple[Any, ...], Artifact] = {}
        self._owners: dict[str, str] = {}
        self._frames: list[_Frame] = []
        self.plans: dict[str, Plan] = plans.plans(config.runs)

    def ask(self, *parts: str) -> None:
        """Note parts of the config, such as ``runs.baseline``, for what is being built."""
        if self._frames:
            self._frames[-1].asked.update(parts)

    def section(self, name: str) -> Any:
        """Return a section of the config."""
        self.ask(name)
        return getattr(self.config, name)

    def named(self, section: str, name: str, key: str, what: str) -> Any:
        """Return a declaration.

        Raises:
            ValueError: there is none of that name; the message begins with the key that asks.
        """
        known = getattr(self.config, section)
        require(name, known, key, what)
        self.ask(f"{section}.{name}")
        return known[name]

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
            return self.vector_model(model, key)
        require(model, {**self.config.runs, **self.config.systems}, key, "run or system")
        run = self.run(model, key)
        if run.search is not None:
            raise ValueError(f"{key}: '{model}' has an encoder for each side and scores no pairs")
        weights = self.training(model, key)["model"]
        return ModelFiles(run.model, run.card, encoder_of(self, run.init, key), weights)

    def seed(self, *names: str | int) -> int:
        """Return the seed of a named use."""
        return derive(self.config.seed, *names)

    def path(self, stage: str, *names: str) -> str:
        """Return a path of the collection in use, below ``results/``."""
        return "/".join(("results", stage, self.config.collection, *names))

    def name(self, stage: str, *names: str) -> str:
        """Return the name of an artifact of the collection in use."""
        return "/".join((stage, self.config.collection, *names))

    def _once(
        self, build: Callable[..., Artifact], *names: Any, declared: str = "", key: str = ""
    ) -> Artifact:
        place = (build, *names)
        if place not in self._built:
            if any(frame.key == place for frame in self._frames):
                raise ValueError(self._cycle(place))
            self._frames.append(_Frame(place, declared))
            artifact = build(self, *names, **({"key": key} if key else {}))
            frame = self._frames.pop()
            asked = frozenset(frame.asked) | artifact.asked
            self._claim(artifact)
            self._built[place] = replace(artifact, declared=declared, asked=asked)
        return self._built[place]

    def _claim(self, artifact: Artifact) -> None:
        """Note whose files an artifact's are.

        Raises:
            ValueError: something else has one of them.
        """
        for path in artifact.paths:
            if path in self._owners:
                both = " and ".join(sorted({self._owners[path], artifact.name}))
                raise ValueError(f"two names make one file, {path} of {both}; rename one of them")
            self._owners[path] = artifact.name

    def _cycle(self, place: tuple[Any, ...]) -> str:
        """Return the declarations between two visits of a place, those of runs first."""
        keys = [frame.key for frame in self._frames]
        frames = self._frames[keys.index(place) :]
        cycle = list(dict.fromkeys(frame.declared for frame in frames if frame.declared))
        first = min(cycle, key=lambda name: (not name.startswith("runs."), name))
        start = cycle.index(first)
        cycle = [*cycle[start:], *cycle[:start], first]
        return f"{cycle[0]}: references form a cycle: {' -> '.join(cycle)}"

    def passages(self) -> Artifact:
        """The passages of the collection."""
        return self._once(collection.passages)

    def query_set(self, name: str) -> Artifact:
        """Queries and judgments: of a split, or a part of the training split."""
        return self._once(collection.bare_queries if name in BARE else collection.query_set, name)

    def shared_queries(self) -> Artifact:
        """Which reported queries train or choose something, too."""
        return self._once(collection.shared_queries)

    def pairs(self) -> Artifact:
        """The training pairs: published with the collection, or of BM25 negatives."""
        published = self.config.data.pairs is not None
        return self._once(collection.published_pairs if published else lexical.bm25_negatives)

    def encoder(self, name: str, key: str = "encoders") -> Artifact:
        """Weights and tokenizer of a pre-trained encoder."""
        self.named("encoders", name, key, "encoder")
        return self._once(tokens.encoder, name, declared=f"encoders.{name}")

    def tokens(self, encoder: str, texts: str) -> Artifact:
        """Tokens of the passages (``passages``) or of a query set."""
        return self._once(tokens.tokens, encoder, texts)

    def pair_scores(self, run: str, pairs: str = COLLECTION) -> Artifact:
        """All training pairs with the scores of a trained model."""
        return self._once(teachers.pair_scores, run, pairs)

    def candidates(self, name: str) -> Artifact:
        """The passages that a dense system finds for the queries that are mined."""
        return self._once(mining.candidates, name, declared=f"mining.{name}")

    def candidate_scores(self, name: str) -> Artifact:
        """A teacher's scores of what is mined."""
        return self._once(mining.candidate_scores, name, declared=f"mining.{name}")

    def mined(self, name: str, key: str = "mining") -> Artifact:
        """Mined training pairs."""
        self.named("mining", name, key, "mining")
        return self._once(mining.mined, name, declared=f"mining.{name}")

    def joined(self, names: tuple[str, ...]) -> Artifact:
        """Mined training pairs of several declarations."""
        return self._once(mining.joined, names)

    def clusters(self, name: str, key: str = "clusters") -> Artifact:
        """Topics of the training queries."""
        self.named("clusters", name, key, "clusters")
        return self._once(clusters.clusters, name, declared=f"clusters.{name}")

    def plan(self, plan: str, shard: int) -> Artifact:
        """The batches of some consecutive steps."""
        return self._once(plans.plan, plan, shard)

    def plan_scores(self, plan: str, teacher: str, shard: int) -> Artifact:
        """A teacher's scores of the batches of a shard of a plan."""
        return self._once(plans.plan_scores, plan, teacher, shard)

    def early_stopping_set(self) -> Artifact:
        """Candidates that a model in training re-ranks."""
        return self._once(students.early_stopping_set, declared="early_stopping_set")

    def training(self, run: str, key: str = "runs") -> Artifact:
        """A trained model."""
        self.run(run, key)
        return self._once(students.training, run, declared=f"runs.{run}")

    def passage_vectors(self, system: str, shard: int, key: str = "systems") -> Artifact:
        """A shard of the passage vectors of a dense system."""
        return self._once(vectors.passage_vectors, system, shard, key=key)

    def query_vectors(self, system: str, query_set: str, key: str = "systems") -> Artifact:
        """The vectors of a query set that is clustered or drawn."""
        return self._once(vectors.query_vectors, system, query_set, key=key)

    def vectors(self, system: str, texts: str) -> Artifact:
        """A file of vectors by its name: ``passages-0``, ``queries-training``."""
        kind, _, name = texts.partition("-")
        if kind == "passages":
            return self.passage_vectors(system, int(name))
        return self.query_vectors(system, name)

    def index(self, system: str) -> Artifact:
        """A Faiss index that must be trained."""
        return self._once(vectors.index, system)

    def search(self, system: str) -> Artifact:
        """The rankings of a dense system for all reported query sets, from one pass."""
        return self._once(rankings.search, system, declared=self._declared(system))

    def single_ranking(self, system: str, query_set: str) -> Artifact:
        """A ranking that has a job of its own."""
        return self._once(rankings.ranking, system, query_set, declared=self._declared(system))

    def ranking(self, system: str, query_set: str, key: str = "systems") -> Part:
        """The ranking of a query set by a system, from whichever job."""
        if system in self.config.runs:
            self.vector_model(system, key)  # refused by the key that asks, if it has no vectors
        return self.system(system, key).ranking(self, system, query_set)

    def metrics(self, system: str, key: str = "systems") -> Artifact:
        """Metrics of a system on all reported query sets, and their records."""
        return self._once(metrics.metrics, system, key=key)

    def table(self, name: str) -> Artifact:
        """A table."""
        return self._once(tables.table, name)

    def model_card(self, run: str) -> Artifact:
        """The README of a trained retriever."""
        self.run(run)
        return self._once(tables.model_card, run)

    def figure(self, name: str) -> Artifact:
        """A figure."""
        return self._once(tables.figure, name)

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
                                  for path in artifact.paths))  # fmt: skip
