"""What each rule reads, by the names of its inputs, where that depends on the config."""

from tasb.collection.config import TRAINING, VALIDATION
from tasb.config.artifacts import Artifacts
from tasb.config.model import Config
from tasb.rankings.config import Checkpoint, Rerank, Run, Trec
from tasb.students.config import Training
from tasb.teachers.config import Published

Files = dict[str, str | list[str]]


class Inputs:
    """Input files of the rules under one config."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.at = Artifacts(config)

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

    def table_metrics(self, table: str) -> list[str]:
        """The metrics of all rows of a table, on all query sets."""
        rows = self.config.tables[table].rows
        sets = self.config.data.query_sets
        files = [self.at.metrics(row.system, name) for row in rows for name in sets]
        return list(dict.fromkeys(file for pair in files for file in pair))

    def uses_margins_of(self, training: Training) -> str | None:
        """Return the teacher, trained here, whose margins a training needs, if it does."""
        margins = training.margins
        if margins is None or isinstance(self.config.teachers[margins], Published):
            return None
        return margins
