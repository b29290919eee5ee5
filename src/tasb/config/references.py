"""Names in the config that point to other parts of it: each must exist, and none in a circle."""

import graphlib

from tasb.config.model import Config, require
from tasb.rankings.config import Checkpoint, Rerank, Run, Trec
from tasb.students.config import Training
from tasb.tables.config import BatchesFigure
from tasb.teachers.config import Published

Graph = dict[str, set[str]]

ELSE = "; or leave what needs it out of 'targets'"


def check_references(config: Config) -> None:
    """Check every reference of the config.

    Raises:
        ValueError: a name is unknown (the nearest known one is suggested), or references
            form a cycle (the cycle is shown).
    """
    require(config.collection, config.collections, "collection", "collection")
    _check_names_are_distinct(config)
    graph = reference_graph(config)
    shown = _check_tables(config) | _check_figures(config)
    for position, name in enumerate(config.targets or []):
        require(name, shown, f"targets[{position}]", "table or figure")
    _check_acyclic(graph)
    wanted = set().union(*(shown[name] for name in config.targets or shown))
    _check_collection(config, reached(graph, wanted))


def reference_graph(config: Config) -> Graph:
    """Return what each declaration, such as ``runs.baseline``, refers to.

    Raises:
        ValueError: a reference does not exist.
    """
    graph: Graph = {}
    for kind, trainings in (("runs", config.runs), ("teachers", config.teachers)):
        for name, training in trainings.items():
            _check_model(kind, name, training)
            if not isinstance(training, Published):
                graph[f"{kind}.{name}"] = _training(config, f"{kind}.{name}", training)
    for name, clusters in config.clusters.items():
        graph[f"clusters.{name}"] = {_dense(config, clusters.system, f"clusters.{name}.system")}
    for name in config.systems:
        graph[f"systems.{name}"] = _system_references(config, name)
    if any("early_stopping_set" in used for used in graph.values()):
        used = _system(config, config.early_stopping_set.system, "early_stopping_set.system")
        graph["early_stopping_set"] = {used}
    return graph


def _check_model(kind: str, name: str, training: Training | Published) -> None:
    if isinstance(training, Published):
        return
    if (training.model == "bert_dot") != (kind == "runs"):
        expected = "bert_dot" if kind == "runs" else "bert_cat or colbert"
        raise ValueError(f"{kind}.{name}.model: '{training.model}' (expected {expected})")


def _check_names_are_distinct(config: Config) -> None:
    for first, second in (("systems", "runs"), ("teachers", "runs")):
        for name in getattr(config, first):
            if name in getattr(config, second):
                raise ValueError(f"{first}.{name}: a name in '{second}' too; rename one of them")


def _system(config: Config, name: str, key: str) -> str:
    require(name, {**config.systems, **config.runs}, key, "system or run")
    return f"systems.{name}" if name in config.systems else f"runs.{name}"


def _dense(config: Config, name: str, key: str) -> str:
    found = _system(config, name, key)
    if not isinstance(config.system(name), Run | Checkpoint):
        raise ValueError(f"{key}: '{name}' is of kind '{config.system(name).kind}': no vectors")
    return found


def _model(config: Config, name: str, key: str) -> str:
    require(name, config.teachers, key, "teacher")
    if isinstance(config.teachers[name], Published):
        raise ValueError(f"{key}: teacher '{name}' is published scores, not a model")
    return f"teachers.{name}"


def _in_batch_teacher(config: Config, name: str, key: str) -> str:
    found = _model(config, name, key)
    if config.trained(name).model == "bert_cat":
        raise ValueError(
            f"{key}: teacher '{name}' is no colbert, whose scores in-batch losses need"
        )
    return found


def _training(config: Config, key: str, training: Training) -> set[str]:
    require(training.init, config.encoders, f"{key}.init", "encoder")
    used = set()
    if training.margins is not None:
        require(training.margins, config.teachers, f"{key}.margins", "teacher")
        used.add(f"teachers.{training.margins}")
    if training.in_batch_loss != "none":
        used.add(_in_batch_teacher(config, training.in_batch_teacher, f"{key}.in_batch_teacher"))
    if training.sampler.startswith("tas"):
        require(training.clusters, config.clusters, f"{key}.clusters", "clusters")
        used.add(f"clusters.{training.clusters}")
    if training.early_stopping is not None:
        used.add("early_stopping_set")
    return used


def _system_references(config: Config, name: str) -> set[str]:
    system = config.systems[name]
    if isinstance(system, Run):
        require(system.run, config.runs, f"systems.{name}.run", "run")
        return {f"runs.{system.run}"}
    if isinstance(system, Checkpoint):
        require(system.encoder, config.encoders, f"systems.{name}.encoder", "encoder")
    if isinstance(system, Rerank):
        first = _system(config, system.system, f"systems.{name}.system")
        return {first, _model(config, system.model, f"systems.{name}.model")}
    if isinstance(system, Trec):
        for query_set in config.data.query_sets:
            require(query_set, system.files, f"systems.{name}.files", "query set")
    return set()


def _check_tables(config: Config) -> Graph:
    """Check the rows of all tables, and return the systems and runs in each."""
    found: Graph = {name: set() for name in config.tables}
    for name, table in config.tables.items():
        known = dict.fromkeys(config.metrics.names)
        for metric in table.metrics:
            require(metric, known, f"tables.{name}.metrics", "metric (of metrics.names)")
        for position, row in enumerate(table.rows):
            key = f"tables.{name}.rows[{position}]"
            found[name].add(_system(config, row.system, f"{key}.system"))
            if len(row.labels) != len(table.columns):
                raise ValueError(
                    f"{key}.labels: {len(row.labels)} for {len(table.columns)} columns"
                )
            try:
                config.labels(row)
            except ValueError as error:
                raise ValueError(f"{key}.labels: {error}") from None
        _check_instances(config, name)
    return found


def _check_instances(config: Config, name: str) -> None:
    """Refuse a table that sums up rows of which two are one run, the seed included."""
    runs = {row: config.runs[run] for row, run in config.runs_of(name).items()}
    for row, run in runs.items() if config.tables[name].statistics else ():
        twin = next(other for other in runs if runs[other] == run)
        if twin != row:
            raise ValueError(f"tables.{name}.statistics: runs '{twin}' and '{row}' are the same")


def _check_figures(config: Config) -> Graph:
    """Check all figures, and return the teachers and clusters that each needs."""
    found: Graph = {}
    for name, figure in config.figures.items():
        if name in config.tables:
            raise ValueError(f"figures.{name}: a name in 'tables' too; rename one of them")
        require(figure.clusters, config.clusters, f"figures.{name}.clusters", "clusters")
        found[name] = {f"clusters.{figure.clusters}"}
        rows = figure.rows if isinstance(figure, BatchesFigure) else []
        for position, row in enumerate(rows):
            key = f"figures.{name}.rows[{position}].run"
            require(row.run, config.runs, key, "run")
            run, first = config.runs[row.run], config.runs[rows[0].run]
            if run.margins is None:
                raise ValueError(f"{key}: run '{row.run}' has no margins to show")
            if (run.margins, run.in_batch_teacher) != (first.margins, first.in_batch_teacher):
                raise ValueError(f"{key}: run '{row.run}' has other teachers than the first row")
            found[name].add(f"teachers.{run.margins}")
            found[name] |= {f"teachers.{run.in_batch_teacher}"} if run.stored else set()
            found[name] |= {f"clusters.{run.clusters}"} if run.sampler.startswith("tas") else set()
    return found


def _check_acyclic(graph: Graph) -> None:
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        cycle = " -> ".join(reversed(error.args[1]))
        raise ValueError(f"{error.args[1][-1]}: references form a cycle: {cycle}") from None


def reached(graph: Graph, start: set[str]) -> set[str]:
    """Return what is needed, directly or through others."""
    found: set[str] = set()
    rest = set(start)
    while rest:
        found |= rest
        rest = set().union(*(graph.get(name, set()) for name in rest)) - found
    return found


def _check_collection(config: Config, needed: set[str]) -> None:
    """Check that the collection in use has what the targets need of it."""
    where, data = f"collections.{config.collection}", config.data
    if "early_stopping_set" in needed and data.validation is None:
        raise ValueError(
            f"{where}.validation: missing; early stopping needs it "
            f"(give a split or a fraction, or set early_stopping: null){ELSE}"
        )
    trained = sorted(
        name for name in needed if name.startswith(("runs.", "teachers.", "clusters."))
    )
    if trained and data.train is None:
        raise ValueError(f"{where}.train: null, but the targets need {trained[0]}{ELSE}")
    systems = {name: config.systems[name.partition(".")[2]]
               for name in sorted(needed) if name.startswith("systems.")}  # fmt: skip
    searching = [*trained, *(name for name in systems if not isinstance(systems[name], Trec))]
    if searching and data.passages is None:
        raise ValueError(f"{where}.passages: null, but the targets need {searching[0]}{ELSE}")
