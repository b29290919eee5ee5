import pytest

from tasb.config.load import load


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("collection", "mnii", "collection: unknown collection 'mnii'; did you mean 'mini'?"),
        (
            "runs.dual-tas.init",
            "minlm",
            "runs.dual-tas.init: unknown encoder or run 'minlm'; did you mean 'minilm'?",
        ),
        (
            "systems.untrained.encoder",
            "minlm",
            "systems.untrained.encoder: unknown encoder 'minlm'; did you mean 'minilm'?",
        ),
        (
            "runs.dual-tas.pairs",
            {"teacher": "bertcat"},
            "runs.dual-tas.pairs.teacher: unknown run or system 'bertcat'; "
            "did you mean 'bert-cat'?",
        ),
        (
            "runs.in-batch-random.losses.in_batch",
            {"kind": "kl", "teacher": "colbart"},
            "runs.in-batch-random.losses.in_batch.teacher: "
            "unknown run or system 'colbart'; did you mean 'colbert'?",
        ),
        (
            "systems.bert-cat-rerank.model",
            "bertcat",
            "systems.bert-cat-rerank.model: unknown run or system 'bertcat'; "
            "did you mean 'bert-cat'?",
        ),
        (
            "systems.bert-cat-rerank.system",
            "bm-25",
            "systems.bert-cat-rerank.system: unknown system or run 'bm-25'; did you mean 'bm25'?",
        ),
        (
            "systems.x",
            {"kind": "run", "run": "dual-tsa"},
            "systems.x.run: unknown run 'dual-tsa'; did you mean 'dual-tas'?",
        ),
        (
            "runs.dual-tas.sampler",
            {"kind": "tas", "clusters": "defualt"},
            "runs.dual-tas.sampler.clusters: unknown clusters 'defualt'; did you mean 'default'?",
        ),
        (
            "clusters.default.system",
            "baselin",
            "clusters.default.system: unknown system or run 'baselin'; did you mean 'baseline'?",
        ),
        (
            "early_stopping_set.system",
            "baselin",
            "early_stopping_set.system: unknown system or run 'baselin'; did you mean 'baseline'?",
        ),
        (
            "tables.table4.rows.0.system",
            "none-rndom",
            "tables.table4.rows[0].system: unknown system or run 'none-rndom'; "
            "did you mean 'none-random'?",
        ),
        (
            "tables.table4.metrics",
            ["ndcg@20"],
            "tables.table4.metrics: unknown metric (of metrics.names) 'ndcg@20'; "
            "did you mean 'ndcg@10'?",
        ),
        (
            "metrics.names",
            ["ndgc@10"],
            "metrics.names: 'ndgc@10' is none of ndcg, mrr, map, recall with '@cutoff'",
        ),
        (
            "systems.x",
            {"kind": "trec", "files": {"tets": "run.txt", "graded": "run.txt"}},
            "systems.x.files: unknown query set 'test'; did you mean 'tets'?",
        ),
    ],
)
def test_an_unknown_name_is_one_line_with_the_nearest_known_one(refusal, key, value, message):
    assert refusal(key, value) == f"config: {message}"


def test_a_name_without_a_near_one_lists_what_is_known(refusal):
    message = refusal("clusters.default.system", "xyzzy")
    assert "unknown system or run 'xyzzy'; known: all-minilm, ance-1, ance-2, ance-3, " in message


def test_clusters_of_a_run_that_samples_by_them_are_a_cycle(refusal):
    assert refusal("clusters.default.system", "dual-tas") == (
        "config: runs.dual-tas: references form a cycle: "
        "runs.dual-tas -> clusters.default -> runs.dual-tas"
    )


def test_an_early_stopping_set_of_a_run_that_stops_early_is_a_cycle(refusal):
    assert refusal("early_stopping_set.system", "dual-random") == (
        "config: runs.dual-random: references form a cycle: "
        "runs.dual-random -> early_stopping_set -> runs.dual-random"
    )


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "runs.pairwise-tas.model",
            "colbert",
            "tables.table4.rows[2].system: run 'pairwise-tas' is of model 'colbert': no vectors; "
            "use it to re-rank, in a system of kind 'rerank'",
        ),
        (
            "clusters.wide.system",
            "colbert",
            "clusters.wide.system: run 'colbert' is of model 'colbert': no vectors; "
            "use it to re-rank, in a system of kind 'rerank'",
        ),
        (
            "systems.bert-cat-rerank.model",
            "bm25",
            "systems.bert-cat-rerank.model: 'bm25' is of kind 'lexical': no vectors",
        ),
    ],
)
def test_a_model_is_refused_where_its_scores_or_vectors_are_missing(refusal, key, value, message):
    assert refusal(key, value) == f"config: {message}"


def test_systems_that_rerank_each_other_are_a_cycle(raw, refusal):
    raw["systems"]["bert-cat-rerank"]["system"] = "colbert-rerank"
    message = refusal("systems.colbert-rerank.system", "bert-cat-rerank")
    assert "systems.bert-cat-rerank -> systems.colbert-rerank" in message
    assert "\n" not in message


def test_a_run_file_behind_the_early_stopping_set_must_hold_validation_queries(raw, refusal):
    raw["systems"]["theirs"] = {"kind": "trec", "files": {"test": "a.txt", "graded": "b.txt"}}
    message = refusal("early_stopping_set.system", "theirs")
    assert message.startswith("config: systems.theirs.files: unknown query set 'validation'")


def test_an_early_stopping_set_that_nothing_reads_is_no_cycle(raw, changed):
    raw["students"]["early_stopping"] = None
    raw["early_stopping_set"]["system"] = "dual-tas"
    graph = load(changed("seed", 1))
    assert graph.config.early_stopping_set.system == "dual-tas"


def test_a_name_of_a_run_cannot_be_used_again(refusal):
    message = refusal("systems.baseline", {"kind": "lexical"})
    assert message == "config: systems.baseline: a name in 'runs' too; rename one of them"


def test_an_in_batch_model_scores_whole_batches(raw, refusal):
    own = {"kind": "margin-mse", "teacher": "bert-cat"}
    raw["runs"]["in-batch-random"]["losses"]["in_batch"] = own
    assert refusal("seed", 1) == (
        "config: runs.in-batch-random.losses.in_batch.teacher: teacher 'bert-cat' is of model "
        "'bert-cat', which scores no whole batch; in-batch losses need a colbert or a bert-dot"
    )
    message = refusal("runs.pairwise-tas", {"model": "bert-cat", "losses": {"in_batch": "kl"}})
    assert message == (
        "config: runs.pairwise-tas: losses.in_batch: model 'bert-cat' scores no whole batch"
    )


ONLY = {"title": "t", "columns": ["x"], "metrics": ["ndcg@10"]}


def rows_of(*systems):
    return {**ONLY, "rows": [{"system": name, "labels": [name]} for name in systems]}


@pytest.mark.parametrize(
    ("part", "row", "reason"),
    [
        ("validation", "dual-tas", "missing; early stopping needs it"),
        ("validation", "reranked", "missing; early stopping needs it"),
        ("train", "baseline", "null, but the targets need runs.baseline"),
        ("train", "bert-cat-rerank", "null, but the targets need runs.bert-cat"),
        ("passages", "bm25", "null, but the targets need systems.bm25"),
        ("passages", "baseline", "null, but the targets need runs.baseline"),
    ],
)
def test_a_table_that_needs_what_the_collection_lacks_is_refused(raw, refusal, part, row, reason):
    raw["systems"]["reranked"] = {"kind": "rerank", "system": "dual-tas", "model": "colbert"}
    raw["tables"]["table4"], raw["targets"] = rows_of(row), ["table4"]
    message = refusal(f"collections.mini.{part}", None)
    assert message.startswith(f"config: collections.mini.{part}: {reason}")
    assert "targets" in message


@pytest.mark.parametrize(
    ("part", "row"), [("validation", "baseline"), ("train", "bm25"), ("validation", "untrained")]
)
def test_a_collection_may_lack_what_no_table_needs(raw, changed, part, row):
    raw["tables"]["table4"], raw["targets"] = rows_of(row), ["table4"]
    assert getattr(load(changed(f"collections.mini.{part}", None)).config.data, part) is None


def test_clusters_need_a_system_with_vectors(refusal):
    assert refusal("clusters.default.system", "bm25") == (
        "config: clusters.default.system: 'bm25' is of kind 'lexical': no vectors"
    )


def test_a_row_has_a_label_for_each_column(refusal):
    message = refusal("tables.table4.rows.2.labels", ["TAS"])
    assert message == "config: tables.table4.rows[2].labels: 1 for 2 columns"


SECOND = "figures.figure2.rows[1].run"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("targets", ["tabel4"], "targets[0]: unknown table or figure 'tabel4'; did you mean"),
        ("figures.figure1.clusters", "wied", "figures.figure1.clusters: unknown clusters 'wied'"),
        (
            "figures.figure2.rows.1.run",
            "none-random",
            f"{SECOND}: run 'none-random' has no margins",
        ),
        ("figures.figure2.rows.1.run", "dual-tsa", f"{SECOND}: unknown run 'dual-tsa'; did you"),
        ("figures.table4", {"kind": "topics", "title": "t"}, "figures.table4: a name in 'tables'"),
        ("figures.figure1.kind", "topcis", "figures.figure1"),
        ("figures.figure2.rows.1.label", "Random", "figures.figure2.rows: two rows have the same"),
        (
            "tables.table6.rows.7.labels",
            ["x", "y", "z", "{size}"],
            "tables.table6.rows[7].labels: 'in-batch-random' has no setting 'size' to print",
        ),
        (
            "tables.table6.rows.0.labels",
            ["x", "y", "z", "{batch_size}"],
            "tables.table6.rows[0].labels: 'bm25' has no setting 'batch_size' to print",
        ),
        (
            "runs.dual-tas-balanced-c.seed",
            1,
            "tables.table5.statistics: runs 'dual-tas-balanced-b' and 'dual-tas-balanced-c' are",
        ),
        (
            "students.seed",
            3,
            "tables.table5.statistics: runs 'dual-tas-balanced' and 'dual-tas-balanced-d' are",
        ),
    ],
)
def test_figures_and_targets_name_what_exists(refusal, key, value, message):
    assert refusal(key, value).startswith(f"config: {message}")


def test_the_runs_of_a_figure_have_the_same_teachers(raw, refusal):
    raw["runs"]["other"] = raw["runs"]["colbert"]
    other = {"in_batch": {"kind": "margin-mse", "teacher": "other"}}
    assert refusal("runs.dual-tas.losses", other) == (
        f"config: {SECOND}: run 'dual-tas' has other teachers than the first row"
    )


def test_a_figure_needs_what_its_plans_need_and_no_early_stopping(raw, changed, refusal):
    raw["targets"] = ["figure1", "figure2"]
    assert load(changed("collections.mini.validation", None)).config.data.validation is None
    message = refusal("collections.mini.train", None)
    assert message.startswith("config: collections.mini.train: null, but the targets need clusters")
    assert message.endswith("; or leave what needs it out of 'targets'")


def test_a_model_card_needs_metrics(raw):
    graph = load(raw)
    with pytest.raises(ValueError, match="runs.colbert: run 'colbert' is of model 'colbert': no v"):
        graph.model_card("colbert")
    assert graph.model_card("baseline").inputs["means"] == [
        f"results/metrics/mini/baseline/{name}.means.parquet" for name in ("test", "graded")
    ]
