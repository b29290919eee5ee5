"""All artifacts that a table or figure is made of, at any remove.

A target of the workflow lists all of them: an artifact that is missing or outdated is then
made anew even where what was once made from it still stands.
"""

from collections.abc import Iterable
from functools import cached_property

from tasb.collection.config import TRAINING, VALIDATION
from tasb.config.inputs import Inputs
from tasb.config.model import Config
from tasb.rankings.config import Checkpoint, Rerank, Run
from tasb.students.config import Training
from tasb.tables.config import BatchesFigure


class Targets:
    """Target files under one config."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.inputs = Inputs(config)
        self.at = self.inputs.at

    @cached_property
    def everything(self) -> list[str]:
        """The tables and figures of `targets`, and what they are made of."""
        names = self.config.targets or [*self.config.tables, *self.config.figures]
        return list(dict.fromkeys(file for name in names for file in self.of(name)))

    def of(self, name: str) -> list[str]:
        """A table or figure and what it is made of."""
        return self.figure(name) if name in self.config.figures else self.table(name)

    def figure(self, name: str) -> list[str]:
        """A figure and what it is made of."""
        walk = _Walk(self.config, self.inputs)
        walk.add(self.at.figure(name))
        for files in self.inputs.figure(name).values():
            walk.add(files)
        figure = self.config.figures[name]
        walk.clusters(figure.clusters)
        if isinstance(figure, BatchesFigure):
            for run in self.config.sampled(figure):
                walk.sampling(run)
        return walk.files

    def table(self, table: str) -> list[str]:
        """A table and what it is made of."""
        walk = _Walk(self.config, self.inputs)
        walk.add(self.at.table(table))
        for row in self.config.tables[table].rows:
            for query_set in self.config.data.query_sets:
                walk.add(self.at.metrics(row.system, query_set))
                walk.add(self.at.record(row.system, query_set))
                walk.ranking(row.system, query_set)
        return walk.files


class _Walk:
    """A walk from artifacts to what they are made of; each place is visited once."""

    def __init__(self, config: Config, inputs: Inputs) -> None:
        self.config, self.inputs, self.at = config, inputs, inputs.at
        self._found: dict[str, None] = {}
        self._visited: set[tuple[str, str]] = set()

    @property
    def files(self) -> list[str]:
        """Return all that was found, in the order of finding."""
        return list(self._found)

    def add(self, files: str | Iterable[str]) -> None:
        """Add files that nothing further is to be followed from."""
        self._found |= dict.fromkeys([files] if isinstance(files, str) else files)

    def _first_visit(self, kind: str, name: str) -> bool:
        known = (kind, name) in self._visited
        self._visited.add((kind, name))
        return not known

    def ranking(self, system: str, query_set: str) -> None:
        """Add a ranking and what it is made of."""
        if not self._first_visit(system, query_set):
            return
        declared = self.config.system(system)
        self.add([*self.at.ranking_files(system, query_set), *self.at.passages()])
        self.add([self.at.queries(query_set), self.at.qrels(query_set)])
        if isinstance(declared, Rerank):
            self.model(declared.model)
            self.ranking(declared.system, query_set)
        elif isinstance(declared, Run | Checkpoint):
            self.add([*self.at.passage_vectors(system), *self.at.index(system)])
            self.vectors(system, "passages")
            self.vectors(system, query_set)
            self.add(self.at.query_vectors(system, query_set))

    def vectors(self, system: str, texts: str) -> None:
        """Add what the vectors of some texts are made of."""
        declared = self.config.system(system)
        for files in self.inputs.dense(system, texts).values():
            self.add(files)
        if isinstance(declared, Run):
            self.model(declared.run)

    def model(self, name: str) -> None:
        """Add a trained model and what it is made of."""
        if not self._first_visit("model", name):
            return
        training = self.config.trained(name)
        self.add([*self.at.model(name), *self.at.training_records(name)])
        for files in self.inputs.training(name).values():
            self.add(files)
        self.sampling(training)
        if training.in_batch_loss != "none":
            self.model(training.in_batch_teacher)
        if training.early_stopping is not None:
            self.ranking(self.config.early_stopping_set.system, VALIDATION)

    def sampling(self, training: Training) -> None:
        """Add what the batches of a training, and their teacher scores, are drawn from."""
        self.add([self.at.scored_pairs(training), self.at.pairs()])
        for query_set in (TRAINING, "train"):
            self.add([self.at.queries(query_set), self.at.qrels(query_set)])
        margins = self.inputs.uses_margins_of(training)
        if margins is not None:
            self.model(margins)
        if training.stored:
            self.model(training.in_batch_teacher)
        if training.sampler.startswith("tas"):
            self.clusters(training.clusters)

    def clusters(self, name: str) -> None:
        """Add clusters and what they are made of."""
        if not self._first_visit("clusters", name):
            return
        system = self.config.clusters[name].system
        self.add([self.at.path("clusters", f"{name}.parquet"), self.inputs.cluster_vectors(name)])
        self.vectors(system, TRAINING)
