"""The recipe of each artifact: the one param of its rule.

A recipe is a plain, sorted dict: the settings that this artifact depends on, and under
``from`` a digest of the recipe of each artifact that it is made from. So a change of the
config changes the recipes of just what depends on it, also where Snakemake has forgotten
that something upstream was to be made anew.
"""

from typing import Any

from tasb.collection.config import TRAINING, VALIDATION
from tasb.config.model import Config
from tasb.config.recipe import Recipe, canonical, made
from tasb.config.slice import Slices
from tasb.models.card import Card
from tasb.rankings.config import Checkpoint, Lexical, Rerank, Run, Trec
from tasb.seeds import derive
from tasb.students.config import Training
from tasb.tables.config import TopicsFigure
from tasb.teachers.config import Published


class Recipes:
    """The recipes under one config."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.slices = Slices(config)
        self._trainings: dict[str, Recipe] = {}

    # collection

    def passages(self) -> Recipe:
        """Passages of the collection."""
        data = self.config.data
        return made({"collection": data.model_dump(include={"folder", "ir_datasets", "passages"})})

    def query_set(self, name: str) -> Recipe:
        """Queries and judgments of a split, or a part of the training split."""
        data = self.config.data
        source = data.model_dump(include={"folder", "ir_datasets", "allow_unknown_ids"})
        fraction = data.validation.fraction if data.validation else None
        if name == TRAINING or (name == VALIDATION and fraction):
            limit = data.train_queries if name == TRAINING else None
            draw = {"fraction": fraction, "train_queries": limit}
            seed = derive(self.config.seed, "collection", "split")
            return made({"draw": draw, "seed": seed}, train=self.query_set("train"))
        exclude = data.validation.exclude if name == VALIDATION and data.validation else None
        settings = {"collection": source, "split": data.split_of(name), "exclude": exclude}
        return made(settings, **({"passages": self.passages()} if data.passages else {}))

    def pairs(self) -> Recipe:
        """Training pairs: published ones, or BM25 negatives."""
        sources = {"passages": self.passages(), TRAINING: self.query_set(TRAINING)}
        data = self.config.data
        if data.pairs is not None:
            return made({"collection": {"folder": data.folder, "pairs": data.pairs}}, **sources)
        seed = derive(self.config.seed, "lexical", "negatives")
        return made({"negatives": self.config.negatives, "seed": seed}, **sources)

    # tokens

    def encoder(self, name: str) -> Recipe:
        """Weights and tokenizer of an encoder."""
        return made({"encoder": self.config.encoders[name]})

    def passage_tokens(self, encoder: str) -> Recipe:
        """Tokens of all passages."""
        settings = {"limit": self.config.tokens.limit}
        return made(settings, encoder=self.encoder(encoder), passages=self.passages())

    def query_tokens(self, encoder: str, query_set: str) -> Recipe:
        """Tokens of a query set."""
        settings = {"limit": self.config.tokens.limit}
        return made(settings, encoder=self.encoder(encoder), queries=self.query_set(query_set))

    # teachers, clusters, plans

    def pair_scores(self, teacher: str) -> Recipe:
        """Scores of a teacher over all training pairs."""
        declared = self.config.teachers[teacher]
        if isinstance(declared, Published):
            return made({"published": True}, pairs=self.pairs())
        return self._scored(declared, pairs=self.pairs(), model=self.training(teacher))

    def clusters(self, name: str) -> Recipe:
        """Topics of the training queries."""
        clusters = self.config.clusters[name]
        seed = derive(self.config.seed, "clusters", clusters.seed) % 2**31  # as Faiss takes it
        vectors = self.query_vectors(clusters.system, TRAINING)
        return made({"clusters": {**clusters.plain(), "seed": seed}}, vectors=vectors)

    def plan(self, training: Training) -> Recipe:
        """All batches of a run; shards of it add their first and last step."""
        keys = {"sampler", "batch_size", "seed", "one_pair_queries"}
        sources = {}
        if training.sampler.startswith("tas"):
            keys |= {"clusters_per_batch"} | (
                {"bins"} if training.sampler == "tas-balanced" else set()
            )
            sources["clusters"] = self.clusters(training.clusters)
        scores = self.pair_scores(training.margins) if training.margins else self.pairs()
        settings = training.model_dump(include=keys)
        settings["seed"] = derive(self.config.seed, "plans", training.seed)
        return made({"plan": settings}, pairs=scores, **sources)

    def plan_scores(self, training: Training, teacher: str) -> Recipe:
        """A teacher's scores of the batches of a plan."""
        declared = self.config.trained(teacher)
        return self._scored(declared, plan=self.plan(training), model=self.training(teacher))

    def _scored(self, teacher: Training, **sources: Recipe) -> Recipe:
        keys = {"query_length", "passage_length", "model"}
        vectors = self.config.vectors.model_dump(exclude={"shards"})
        settings = {"teacher": teacher.model_dump(include=keys), "vectors": vectors}
        return made(settings, tokens=self.passage_tokens(teacher.init), **sources)

    # students

    def early_stopping_set(self) -> Recipe:
        """Candidates that are re-ranked for early stopping."""
        declared = self.config.early_stopping_set
        seed = derive(self.config.seed, "students", "early-stopping")
        ranking = self.ranking(declared.system, VALIDATION)
        return made({"early_stopping_set": declared, "seed": seed}, ranking=ranking)

    def training(self, name: str) -> Recipe:
        """The trained model of a run or a teacher."""
        if name not in self._trainings:
            self._trainings[name] = self._training(self.config.trained(name))
        return self._trainings[name]

    def _training(self, training: Training) -> Recipe:
        plan_keys = {
            "kind",
            "sampler",
            "clusters",
            "clusters_per_batch",
            "bins",
            "one_pair_queries",
        }
        unused = plan_keys | {"margins", "init", "stored_gigabytes"}
        sources = {
            "encoder": self.encoder(training.init),
            "plan": self.plan(training),
            "tokens": self.passage_tokens(training.init),
        }
        live: dict[str, Any] = {}
        if training.model == "bert_dot":
            unused.add("head_std")
        if "none" in (training.pairwise_loss, training.in_batch_loss):
            unused.add("alpha")
        if training.in_batch_loss == "none":
            unused |= {key for key in Training.model_fields if key.startswith("in_batch_")}
        else:
            place = "live" if training.live else "stored"
            training = training.model_copy(update={"in_batch_scores": place})
            scores = self.plan_scores(training, training.in_batch_teacher)
            sources["in_batch"] = scores
            if training.live:
                live = {"live": {key: scores[key] for key in ("teacher", "vectors")}}
        if training.early_stopping is not None:
            sources["early_stopping_set"] = self.early_stopping_set()
        settings = training.model_dump(exclude=unused)
        settings["seed"] = derive(self.config.seed, "students", training.seed)
        return made({"training": settings, **live}, **sources)

    # vectors, rankings, metrics, tables

    def card(self, system: str) -> Card:
        """Return how the texts of a system become vectors."""
        declared = self.config.system(system)
        if isinstance(declared, Checkpoint):
            return Card(**declared.model_dump(include=set(Card.model_fields)))
        if not isinstance(declared, Run):
            raise ValueError(f"systems.{system}: kind '{declared.kind}' has no vectors")
        run = self.config.runs[declared.run]
        return Card(query_length=run.query_length, passage_length=run.passage_length)

    def _encoded(self, system: str, tokens: Recipe, unused: set[str]) -> Recipe:
        declared = self.config.system(system)
        if isinstance(declared, Checkpoint):
            model = self.encoder(declared.encoder)
        else:
            model = self.training(declared.run) if isinstance(declared, Run) else {}
        vectors = self.config.vectors.model_dump(exclude=unused)
        settings = {"card": self.card(system), "vectors": vectors}
        return made(settings, model=model, tokens=tokens)

    def encoder_of(self, system: str) -> str:
        """Return the encoder whose tokenizer a dense system uses."""
        declared = self.config.system(system)
        if isinstance(declared, Checkpoint):
            return declared.encoder
        return self.config.trained(declared.run if isinstance(declared, Run) else system).init

    def passage_vectors(self, system: str) -> Recipe:
        """Vectors of all passages."""
        return self._encoded(system, self.passage_tokens(self.encoder_of(system)), set())

    def query_vectors(self, system: str, query_set: str) -> Recipe:
        """Vectors of a query set."""
        tokens = self.query_tokens(self.encoder_of(system), query_set)
        return self._encoded(system, tokens, {"shards"})

    def index(self, system: str) -> Recipe:
        """A Faiss index that must be trained."""
        declared = self.config.system(system)
        factory = declared.index if isinstance(declared, Run | Checkpoint) else "Flat"
        return made({"index": factory}, vectors=self.passage_vectors(system))

    def ranking(self, system: str, query_set: str) -> Recipe:
        """The top passages of each query."""
        declared = self.config.system(system)
        depth = {"depth": self.config.rankings.depth}
        queries = self.query_set(query_set)
        if isinstance(declared, Trec):
            settings = {"file": declared.files[query_set], "repair": declared.repair}
            return made(settings, queries=queries)
        if isinstance(declared, Lexical):
            bm25 = declared.model_dump(exclude={"kind"})
            return made({**depth, "bm25": bm25}, queries=queries, passages=self.passages())
        if isinstance(declared, Rerank):
            first = self.ranking(declared.system, query_set)
            teacher = self.config.trained(declared.model)
            scored = self._scored(teacher, first=first, model=self.training(declared.model))
            return dict(canonical({**scored, "depth": declared.depth}))
        vectors = self.query_vectors(system, query_set)
        return made(depth, queries=vectors, index=self.index(system))

    def metrics(self, system: str, query_set: str) -> Recipe:
        """Effectiveness on a query set."""
        level = self.config.data.query_sets[query_set].level
        settings = {"names": self.config.metrics.names, "level": level}
        return made(settings, ranking=self.ranking(system, query_set))

    def record(self, system: str, query_set: str) -> Recipe:
        """The record of a system's metrics."""
        settings = {"system": system, "query_set": query_set}
        needed = self.slices.of(system, query_set)
        return made({**settings, "config": needed}, metrics=self.metrics(system, query_set))

    def table(self, name: str) -> Recipe:
        """A table of systems."""
        table = self.config.tables[name]
        sets = {key: value.paper for key, value in self.config.data.query_sets.items()}
        sources = {
            f"{row.system}/{query_set}": self.metrics(row.system, query_set)
            for row in table.rows
            for query_set in sets
        }
        test = self.config.metrics.model_dump(include={"p", "correction"})
        runs = list(self.config.runs_of(name))
        rows = [row.model_copy(update={"labels": self.config.labels(row)}) for row in table.rows]
        printed = table.model_copy(update={"rows": rows})
        settings = {"name": name, "table": printed, "query_sets": sets, "test": test, "runs": runs}
        settings["query_set_names"] = list(sets)  # keys of a recipe are sorted, rows are not
        return made({**settings, "collection": self.config.collection}, **sources)

    def figure(self, name: str) -> Recipe:
        """A figure."""
        figure = self.config.figures[name]
        clusters = self.clusters(figure.clusters)
        if isinstance(figure, TopicsFigure):
            seed = derive(self.config.seed, "tables", name)
            queries = self.query_set(TRAINING)
            return made({"figure": figure, "seed": seed}, clusters=clusters, queries=queries)
        runs = self.config.sampled(figure)
        sources = {f"plan {row}": self.plan(run) for row, run in enumerate(runs)}
        for row, run in enumerate(runs):
            if run.stored:
                sources[f"scores {row}"] = self.plan_scores(run, run.in_batch_teacher)
        return made(
            {
                "figure": figure,
                "steps": min(figure.steps, self.config.plans.shard_steps, *(r.steps for r in runs)),
                "bins": next((r.bins for r in runs if r.sampler == "tas-balanced"), runs[0].bins),
                "stored": [run.stored for run in runs],
                "teachers": {"pairwise": runs[0].margins, "in-batch": runs[0].in_batch_teacher},
            },
            clusters=clusters,
            **sources,
        )
