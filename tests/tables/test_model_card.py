from pathlib import Path

import yaml

from tasb.files import write_json
from tasb.jobs import Job
from tasb.students.run import TrainingRun
from tasb.tables.model_card import make


def test_a_card_says_how_it_was_trained_and_what_it_scores(tmp_path, measured):
    means = []
    for name, values in (("test", [0.5, 1.0]), ("graded", [0.25, 0.25, 0.1])):
        means.append(str(tmp_path / name))
        measured({"ndcg@10": values, "recall@50": values}).means.write_parquet(means[-1])
    session = {"device": "cpu (x86_64)", "precision": "fp32"}
    write_json(tmp_path / "times", {"steps": 90, "chosen_step": 60, "sessions": [session]})
    run = TrainingRun(batch_size=7, query_length=9, passage_length=55)
    recipe = {
        "run": "mine", "training": run.plain(), "collection": "docs",
        "query_sets": ["test", "graded"],
        "encoder": {"package": None, "hub": "a/b", "folder": None},
        "licences": {"encoder": "apache-2.0", "texts": None},
    }  # fmt: skip
    inputs = {"means": means, "times": [str(tmp_path / "times")]}
    make(Job(recipe, inputs, {"readme": [str(tmp_path / "README.md")]}))
    text = (tmp_path / "README.md").read_text()
    _, head, body = text.split("---\n", 2)
    assert yaml.safe_load(head)["license"] == "apache-2.0"
    lines = body.splitlines()
    assert "| Query set | Judged queries | nDCG@10 | R@50 |" in lines
    assert "| test | 2 | .750 | .750 |" in lines
    assert "| graded | 3 | .200 | .200 |" in lines
    assert "It started from a/b and was trained for\n90 steps of 7 queries" in body
    assert "Step 60 was kept" in body or "step\n60 were kept" in body
    assert "cut to 55 tokens, a query to 9" in body
    assert "model.max_seq_length = 9" in body
    assert "trained on: not stated in the config." in body
    settings = yaml.safe_load(body.partition("```yaml\n")[2].partition("```")[0])
    assert settings == run.plain()
    assert Path(tmp_path / "README.md").is_file()


def test_texts_of_the_config_are_printed_as_they_are(tmp_path, measured):
    means, licence = tmp_path / "means", "none:\n# [see](http://x)"
    measured({"ndcg@10": [0.5]}).means.write_parquet(means)
    session = {"device": "cpu", "precision": "fp32"}
    write_json(tmp_path / "times", {"steps": 1, "chosen_step": 1, "sessions": [session]})
    recipe = {
        "run": "mine", "training": TrainingRun().plain(), "collection": "docs",
        "query_sets": ["test"], "licences": {"encoder": licence, "texts": "<b>a</b>"},
        "encoder": {"package": None, "hub": None, "folder": "a`b/<i>"},
    }  # fmt: skip
    inputs = {"means": [str(means)], "times": [str(tmp_path / "times")]}
    make(Job(recipe, inputs, {"readme": [str(tmp_path / "README.md")]}))
    _, head, body = (tmp_path / "README.md").read_text().split("---\n", 2)
    assert yaml.safe_load(head)["license"] == licence
    assert "started from a\\`b/\\<i\\> and" in body
    assert "none: # \\[see\\](http://x)." in body
    assert "\\<b\\>a\\</b\\>" in body
