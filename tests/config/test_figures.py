"""What figures and labels are made from."""

from tasb.config.load import load


def test_a_label_in_braces_is_the_setting_of_the_run(changed):
    graph = load(changed("students.batch_size", 24))
    rows = graph.table("table6").recipe["table"]["rows"]
    assert [row["labels"][3] for row in rows[7:13]] == ["24", "32", "24", "4", "12", "32"]


def test_a_figure_of_batches_reads_as_many_of_each_run_as_all_have(raw, changed):
    assert load(raw).figure("figure2").recipe["steps"] == 50
    fewer = load(changed("runs.dual-tas.steps", 40))
    assert fewer.figure("figure2").recipe["steps"] == 40
    shorter = load(changed("plans", {"shard_steps": 30})).figure("figure2").recipe
    assert shorter["steps"] == 30
    assert shorter["bins"] == 10


def test_a_live_row_of_a_figure_has_no_scores(raw, changed):
    live = {"in_batch": {"kind": "margin-mse", "scores": "live"}}
    found = load(changed("runs.dual-tas.losses", live)).figure("figure2")
    assert found.recipe["stored"] == [True, False, True]
    assert len(found.recipe["from"]["scores"]) == len(found.inputs["scores"]) == 2
    assert len(found.inputs["plans"]) == 3
