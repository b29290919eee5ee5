"""What figures and labels are made from."""

from tasb.config.inputs import Inputs
from tasb.config.recipes import Recipes

from tasb.config.load import load_config


def test_a_label_in_braces_is_the_setting_of_the_run(changed):
    config = load_config(changed("students.batch_size", 24))
    rows = Recipes(config).table("table6")["table"]["rows"]
    assert [row["labels"][1] for row in rows] == ["–", "24", "24", "4", "12", "32"]


def test_a_figure_of_batches_reads_as_many_of_each_run_as_all_have(raw, changed):
    assert Recipes(load_config(raw)).figure("figure2")["steps"] == 100
    assert Recipes(load_config(changed("runs.dual-tas.steps", 70))).figure("figure2")["steps"] == 70
    shorter = Recipes(load_config(changed("plans", {"shard_steps": 30}))).figure("figure2")
    assert shorter["steps"] == 30
    assert shorter["bins"] == 10


def test_a_live_row_of_a_figure_has_no_scores(raw, changed):
    config = load_config(changed("runs.dual-tas.in_batch_scores", "live"))
    recipe, files = Recipes(config).figure("figure2"), Inputs(config).figure("figure2")
    assert recipe["stored"] == [True, False, True]
    assert {name for name in recipe["from"] if "scores" in name} == {"scores 0", "scores 2"}
    assert len(files["plans"]) == 3
    assert len(files["scores"]) == 2
