import pytest

from tasb.config.load import load, load_config


def test_the_config_of_the_repository_is_valid(raw):
    config = load_config(raw)
    assert config.data.folder == "resources/mini"
    assert len(config.tables["table4"].rows) == 15
    assert config.targets is None


def test_a_table_shows_all_metrics_unless_it_names_its_own(raw, changed):
    def shown(config):
        return load(config).table("table4").recipe["table"]["metrics"]

    assert shown(raw) == raw["metrics"]["names"]
    raw["tables"]["table4"]["metrics"] = ["mrr@10"]
    assert shown(raw) == ["mrr@10"]
    assert shown(changed("tables.table4.metrics", None)) == raw["metrics"]["names"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("studnets", {}, "unknown key 'studnets'; did you mean 'students'?"),
        ("students.stpes", 3, "students: unknown key 'stpes'; did you mean 'steps'?"),
        (
            "runs.dual-tas.smapler",
            "tas",
            "runs.dual-tas: unknown key 'smapler'; did you mean 'sampler'?",
        ),
        (
            "runs.dual-tas.early_stopping",
            {"intervl": 3},
            "runs.dual-tas.early_stopping: unknown key 'intervl'; did you mean 'interval'?",
        ),
        (
            "systems.all-minilm.poling",
            "cls",
            "systems.all-minilm: unknown key 'poling'; did you mean 'pooling'?",
        ),
        ("runs.colbert.lrr", 1, "runs.colbert: unknown key 'lrr'; did you mean 'lr'?"),
        (
            "tables.table4.rows.0.sytem",
            "bm25",
            "tables.table4.rows.0: unknown key 'sytem'; did you mean 'system'?",
        ),
    ],
)
def test_an_unknown_key_is_one_line_with_the_nearest_known_one(refusal, key, value, message):
    assert refusal(key, value) == f"config: {message}"


def test_an_unknown_key_without_a_near_one_lists_what_is_known(refusal):
    message = refusal("clusters.default.zzz", 1)
    assert message == (
        "config: clusters.default: unknown key 'zzz'; "
        "known keys: distance, iterations, k, queries, seed, system"
    )


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("seed", "soon", "(found 'soon')"),
        ("students.lr", "abc", "(found 'abc')"),
        ("students.steps", 1.5, "(found 1.5)"),
        ("students.steps", True, "(found 'true')"),
        ("students.lr", [1], "a number is needed"),
        ("students.lr", 0, "a number above 0.0 is needed (found 0)"),
        ("students.lr", "1e", "(found '1e')"),
        ("runs.dual-tas.steps", "many", "(found 'many')"),
        ("runs.dual-tas", "tas", "(found 'tas')"),
        ("runs", ["tas"], "a mapping of keys is needed"),
        ("clusters.default.k", "x", "(found 'x')"),
        ("systems.all-minilm.query_length", "x", "(found 'x')"),
        ("systems.x", {"kind": "run", "run": 5}, "a text is needed (found 5)"),
        ("tables.table4.metrics", "ndcg@10", "a list is needed (found 'ndcg@10')"),
        ("metrics.names", "ndcg@10", "a list is needed (found 'ndcg@10')"),
        ("metrics", "ndcg@10", "(found 'ndcg@10')"),
    ],
)
def test_a_value_of_the_wrong_type_is_one_line_that_begins_with_its_key(refusal, key, value, found):
    message = refusal(key, value)
    last = ".run" if key == "systems.x" else ""
    assert "\n" not in message
    assert message.startswith(f"config: {key}{last}: ")
    assert message.endswith(found)


def test_a_missing_key_is_named(refusal):
    assert refusal("systems.x", {"kind": "run"}) == "config: systems.x.run: is missing"


def test_each_of_two_mistakes_has_a_line(raw, refusal):
    raw["students"]["lr"] = "abc"
    lines = refusal("clusters.default.k", "x").split("\n")
    assert [line.split(": ")[1] for line in lines] == ["clusters.default.k", "students.lr"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("collections.mini.fraction", None, "unknown key 'fraction'"),
        ("collections.mini.ir_datasets", "beir/scifact", "give either 'folder' or 'ir_datasets'"),
        ("collections.mini.validation.fraction", 0.1, "give either 'split' or 'fraction'"),
        ("collections.mini.query_sets.training", {}, "query set name 'training' is reserved"),
        ("encoders.minilm.package", None, "give exactly one of 'package', 'hub' and 'folder'"),
        ("encoders.x", {"hub": "a/b"}, "give the 'revision' of the hub model"),
        (
            "runs.dual-tas.sampler",
            {"kind": "tas", "clusters_per_batch": 17},
            "clusters_per_batch is larger than batch_size",
        ),
        ("runs.baseline.losses.pairwise", None, "pairwise and in_batch are both null"),
        ("runs.baseline.pairs", "collection", "losses.pairwise 'margin-mse' needs scored pairs"),
        (
            "runs.tas-b-ltre-pq.sampler",
            "tas-balanced",
            "sampler 'tas-balanced' needs scored pairs: set pairs.teacher",
        ),
    ],
)
def test_values_that_contradict_each_other_are_refused(refusal, key, value, message):
    found = refusal(key, value)
    assert message in found
    assert found.startswith(f"config: {'.'.join(key.split('.')[:2])}")
    assert "\n" not in found


def test_no_targets_at_all_are_refused(refusal):
    assert refusal("targets", []).startswith("config: targets: ")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("students.sampler", "tass", "students.sampler: unknown kind; did you mean 'tas'?"),
        ("students.model", "bert_dot", "students.model: unknown kind; did you mean 'bert-dot'?"),
        (
            "runs.dual-tas.losses.in_batch",
            "hinge",
            "runs.dual-tas.losses.in_batch: unknown kind; "
            "known: margin-mse, contrastive, kl, listnet, lambdarank",
        ),
        ("systems.bm25.kind", "lexcial", "systems.bm25: unknown kind; did you mean 'lexical'?"),
        ("figures.figure1.kind", "topcis", "figures.figure1: unknown kind; did you mean 'topics'?"),
    ],
)
def test_an_unknown_kind_is_one_line_with_the_known_ones(refusal, key, value, message):
    assert refusal(key, value) == f"config: {message} (found '{value}')"


def test_a_kind_must_be_given(refusal):
    assert refusal("systems.x", {"k1": 1}) == "config: systems.x: 'kind' is missing"


def test_a_key_of_another_kind_is_unknown(refusal):
    message = refusal("runs.dual-tas.sampler", {"kind": "random", "clusters": "wide"})
    assert message.startswith("config: runs.dual-tas.sampler: unknown key 'clusters'")


def test_what_is_loaded_alone_has_no_checked_names(changed):
    assert load_config(changed("runs.dual-tas.init", "absent")).runs["dual-tas"].init == "absent"
