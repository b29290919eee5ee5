"""What each rule reads, by the names of its inputs, where that depends on the config."""

from pathlib import Path

from tasb.collection.config import TRAINING, VALIDATION
from tasb.config.artifacts import MODEL, Artifacts
from tasb.config.model import Config
from tasb.config.slice import Slices
from tasb.rankings.config import Checkpoint, Rerank, Run, Trec
from tasb.students.config import Training
from tasb.tables.config import TopicsFigure
from tasb.teachers.config import Published

Files = dict[str, str | list[str]]


class Inputs:
    """Input files of the rules under one config."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.at = Artifacts(config)
        self.slices = Slices(config)

    def declared_sets(self) -> list[str]:
        """Return the query sets that are read from a split."""
        data = self.config.data
        given = [VALIDATION] if data.validation and data.validation.split else []
        return [*(["train"] if data.train else []), *data.query_sets, *given]

    def parts_of_training(self) -> list[str]:
        """Return the query sets that are drawn from the training split."""
        validation = self.config.data.validation
        return [TRAINING, *([VALIDATION] if validation and validation.fraction else [])]

    def query_sets(self) -> list[str]:
        """Return all query sets that are tokenized."""
        return [TRAINING, VALIDATION, *self.config.data.query_sets]

    # what the user brings: only files that exist, so that the stage itself says what is missing

    def passages_source(self) -> list[str]:
        """The file of the passages."""
        return self._brought(self.config.data.passages or "")

    def query_set_source(self, query_set: str) -> list[str]:
        """The files of the queries and judgments of a split, and of the queries left out of it."""
        data = self.config.data
        split, validation = data.split_of(query_set), data.validation
        files = [f"queries.{split}.tsv", f"qrels.{split}.txt"]
        if query_set == VALIDATION and validation is not None and validation.exclude:
            files.append(f"queries.{validation.exclude}.tsv")
        return self._brought(*files)

    def pairs_source(self) -> list[str]:
        """The file of the training pairs."""
        data = self.config.data
        return _present(data.folder or "", data.pairs) if data.pairs else []

    def encoder_source(self, name: str) -> list[str]:
        """The files of an encoder that is a folder."""
        folder = self.config.encoders[name].folder
        return _present(folder, *MODEL, "tokenizer.json") if folder else []

    def _brought(self, *files: str) -> list[str]:
        folder = self.config.data.folder
        return _present(folder, *files) if folder else []

    # teachers, clusters, plans, students

    def training(self, name: str) -> Files:
        """What a training reads."""
        training = self.config.trained(name)
        at, encoder = self.at, training.init
        files: Files = {
            "encoder": at.encoder(encoder),
            "passages": at.tokens(encoder, "passages"),
            "queries": at.tokens(encoder, TRAINING),
            "plan": at.plan(training),
            "in_batch_scores": at.in_batch_scores(training),
        }
        if training.in_batch_loss != "none" and training.live:
            teacher = self.teacher(training.in_batch_teacher, TRAINING)
            files |= {f"live_{key}": value for key, value in teacher.items()}
        if training.early_stopping is not None:
            files["early_stopping_set"] = at.early_stopping_set()
            files["early_stopping_queries"] = at.tokens(encoder, VALIDATION)
        return files

    def teacher(self, name: str, query_set: str) -> Files:
        """What scoring the pairs of a query set with a trained teacher reads."""
        encoder = self.config.trained(name).init
        return {
            "model": self.at.model(name),
            "tokenizer": self.at.encoder(encoder)[-1],
            "passages": self.at.tokens(encoder, "passages"),
            "queries": self.at.tokens(encoder, query_set),
        }

    def pair_scores(self, teacher: str) -> Files:
        """What the scores of all pairs are made from."""
        if isinstance(self.config.teachers[teacher], Published):
            return {"pairs": self.at.pairs()}
        return {"pairs": self.at.pairs(), **self.teacher(teacher, TRAINING)}

    def cluster_vectors(self, name: str) -> str:
        """The query vectors that are clustered."""
        return self.at.query_vectors(self.config.clusters[name].system, TRAINING)

    def early_stopping_ranking(self) -> str:
        """The ranking whose top is re-ranked for early stopping."""
        return self.at.ranking(self.config.early_stopping_set.system, VALIDATION)

    # vectors, rankings, tables

    def dense(self, system: str, texts: str) -> Files:
        """What encoding texts with a dense system reads."""
        declared = self.config.system(system)
        if isinstance(declared, Checkpoint):
            encoder, model = declared.encoder, self.at.encoder(declared.encoder)[:-1]
        elif isinstance(declared, Run):
            encoder, model = self.config.runs[declared.run].init, self.at.model(declared.run)
        else:
            raise ValueError(f"systems.{system}: kind '{declared.kind}' has no vectors")
        tokenizer = self.at.encoder(encoder)[-1]
        return {"model": model, "tokenizer": tokenizer, "tokens": self.at.tokens(encoder, texts)}

    def rerank(self, system: str, query_set: str) -> Files:
        """What re-ranking reads besides the texts' ids."""
        declared = self.config.system(system)
        if not isinstance(declared, Rerank):
            raise ValueError(f"systems.{system} does not re-rank")
        scored = self.teacher(declared.model, query_set)
        renamed = {f"{key}_tokens" if key in ("passages", "queries") else key: value
                   for key, value in scored.items()}  # fmt: skip
        return {"first": self.at.ranking(declared.system, query_set), **renamed}

    def trec_file(self, system: str, query_set: str) -> str:
        """The run file of a system from elsewhere."""
        declared = self.config.system(system)
        return declared.files[query_set] if isinstance(declared, Trec) else ""

    def record(self, system: str, query_set: str) -> Files:
        """What the record of a system's metrics is made from.

        Digests are taken of ``data``; times were measured of the jobs that made ``made``.
        """
        at, needed = self.at, self.slices.of(system, query_set)
        declared = {**needed.get("runs", {}), **needed.get("teachers", {})}
        trained = [name for name in at.trainings() if name in declared]
        sets = [query_set, *([TRAINING] if trained else [])]
        sets += [VALIDATION] if "early_stopping_set" in needed else []
        texts = [file for name in sets for file in (at.queries(name), at.qrels(name))]
        weights = [file for name in needed["encoders"] for file in at.encoder(name)[1:]]
        weights += [file for name in trained for file in at.model(name)[1:]]
        pairs = [at.pairs()] if trained else []
        made = [at.ranking(system, query_set), *at.metrics(system, query_set)[:1]]
        vectors: list[str] = []
        if isinstance(self.config.system(system), Run | Checkpoint):
            vectors = [*at.passage_vectors(system), at.query_vectors(system, query_set)]
            made = [*dict.fromkeys([*vectors, *at.index(system)]), *made]
        return {
            "means": at.metrics(system, query_set)[1],
            "data": [*at.passages(), *texts, *pairs, *weights, at.ranking(system, query_set)],
            "times": [at.times(name) for name in trained],
            "made": made,
            "vectors": vectors,
        }

    def table_metrics(self, table: str) -> list[str]:
        """The metrics of all rows of a table, on all query sets."""
        rows = self.config.tables[table].rows
        sets = self.config.data.query_sets
        files = [self.at.metrics(row.system, name) for row in rows for name in sets]
        return list(dict.fromkeys(file for pair in files for file in pair))

    def table_logs(self, table: str) -> list[str]:
        """The training logs of the rows of a table that are runs."""
        return [self.at.log(run) for run in self.config.runs_of(table).values()]

    def figure(self, name: str) -> Files:
        """What a figure reads."""
        figure = self.config.figures[name]
        clusters = self.at.path("clusters", f"{figure.clusters}.parquet")
        if isinstance(figure, TopicsFigure):
            vectors, queries = self.cluster_vectors(figure.clusters), self.at.queries(TRAINING)
            return {"vectors": vectors, "queries": queries, "clusters": clusters}
        runs = self.config.sampled(figure)
        scores = [self.at.in_batch_scores(run)[:1] for run in runs]
        return {
            "plans": [self.at.plan(run)[0] for run in runs],
            "scores": [file for first in scores for file in first],
            "pairs": self.at.scored_pairs(runs[0]),
            "clusters": clusters,
        }

    def uses_margins_of(self, training: Training) -> str | None:
        """Return the teacher, trained here, whose margins a training needs, if it does."""
        margins = training.margins
        if margins is None or isinstance(self.config.teachers[margins], Published):
            return None
        return margins


def _present(folder: str, *files: str) -> list[str]:
    paths = [Path(folder, file).expanduser() for file in files]
    return [str(path) for path in paths if path.is_file()]
