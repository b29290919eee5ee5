"""What a run would end with after hours is refused before its first job."""

import pytest

from tasb.config.duplicates import refuse_duplicate_keys
from tasb.errors import TasbError


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "tables.table4.rows.0.paper",
            "nosuch",
            "tables.table4: unknown row of the paper 'nosuch'",
        ),
        (
            "collections.mini.query_sets.test.paper",
            "trec-dl-2091",
            "tables.table4: unknown query_set of the paper 'trec-dl-2091'; did you mean 'trec-dl-",
        ),
        ("plans", {"shard_steps": 1, "stored_gigabytes": 0}, None),
        (
            "runs.baseline.steps",
            200_000_000,
            "plans.shard_steps: 10,000 cuts 200,000,000 steps into 20,000 files; at most 10,000 "
            "are made, so set it to 20,000 or more",
        ),
        ("runs.baseline.steps", 10**12, "runs.baseline.steps: a number up to 2000000000 is needed"),
        ("vectors.shards", 10**9, "vectors.shards: a number up to 10000 is needed"),
        (
            "tables.first.rows",
            [{"system": "bm25", "labels": ["x"]}] * 53,
            "tables.first.rows: at most 52 entries are allowed",
        ),
        (
            "metrics.names",
            ["ndcg@10", "mrr@10", "ndcg@10"],
            "metrics.names: 'ndcg@10' occurs twice",
        ),
        ("tables.table4.metrics", ["mrr@10"] * 2, "tables.table4.metrics: 'mrr@10' occurs twice"),
        (
            "tables.table5.statistics",
            ["average", "average"],
            "tables.table5.statistics: 'average' occurs twice",
        ),
        ("targets", ["table4", "table4"], "targets: 'table4' occurs twice"),
        (
            "metrics.names",
            ["recall@99999999999999999999"],
            "metrics.names: 'recall@99999999999999999999' is none of ndcg, mrr, map, recall",
        ),
    ],
)
def test_it_is_refused_with_its_key(refusal, loaded, key, value, message):
    if message is None:
        assert loaded(key, value)
    else:
        assert refusal(key, value).startswith(f"config: {message}")


@pytest.mark.parametrize(
    "label", ["{seed:9999999999}", "{seed!r}", "{batch_size.__class__}", "{0}", "{}", "{losses}"]
)
def test_braces_of_a_label_hold_the_name_of_a_setting_and_nothing_else(refusal, label):
    key = "tables.table6.rows.10.labels"
    message = refusal(key, ["TAS-Balanced", "x", "y", label])
    inside = label.strip("{}")
    at = "tables.table6.rows[10].labels"
    assert message.startswith(f"config: {at}: 'batch-small' has no setting "
                              f"'{inside}' to print; braces hold the name")  # fmt: skip


def test_other_braces_are_printed(loaded):
    labels = ["a } b {", "x", "y", "{batch_size}/{steps}"]
    graph = loaded("tables.table6.rows.10.labels", labels)
    assert graph.table("table6").recipe["table"]["rows"][10]["labels"] == [
        "a } b {",
        "x",
        "y",
        "4/50",
    ]


@pytest.mark.parametrize(
    ("text", "line", "key", "first"),
    [
        ("seed: 1\nseed: 2\n", 2, "seed", 1),
        ("runs:\n  a: {lr: 1}\n  b: {}\n  a: {lr: 2}\n", 4, "a", 2),
        ("tables:\n- {x: 1, y: 2, x: 3}\n", 2, "x", 2),
        ('{"a": {"b": 1,\n"b": 1}}', 2, "b", 1),
    ],
)
def test_a_key_that_a_file_gives_twice_is_refused(tmp_path, text, line, key, first):
    (tmp_path / "my.yaml").write_text(text)
    with pytest.raises(TasbError) as caught:
        refuse_duplicate_keys([tmp_path / "my.yaml"])
    assert str(caught.value) == (
        f"{tmp_path / 'my.yaml'}:{line}: key '{key}' is given twice, first in line {first}; "
        "remove one"
    )


def test_anchors_and_equal_keys_of_two_mappings_are_no_mistake(root, tmp_path):
    refuse_duplicate_keys([*root.glob("config/**/*.yaml")])
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "ring.yaml").write_text("a: &a {b: *a}\nc: {b: 1}\n")
    refuse_duplicate_keys([tmp_path / "empty.yaml", tmp_path / "ring.yaml"])
