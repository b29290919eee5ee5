"""Files that a user brings are inputs, as far as they exist."""

import pytest

from tasb.config.load import load

FILES = (
    "passages.tsv", "queries.train.tsv", "qrels.train.txt", "queries.dev.tsv", "qrels.dev.txt",
    "queries.test.tsv", "qrels.test.txt", "pairs.tsv",
)  # fmt: skip


@pytest.fixture
def graph(tmp_path, raw):
    """The graph of a collection in a folder; keywords change the collection."""
    for name in FILES:
        (tmp_path / name).touch()
    raw["tables"]["table4"]["rows"] = [{"system": "bm25", "labels": ["BM25", "x"]}]

    def given(**changes):
        raw["collections"]["mini"] |= {"folder": str(tmp_path), **changes}
        return load(raw)

    return given


def names(tmp_path, paths):
    assert all(path.startswith(f"{tmp_path}/") for path in paths)
    return [path.removeprefix(f"{tmp_path}/") for path in paths]


def test_the_files_of_a_folder_are_graph(tmp_path, graph):
    found = graph(pairs="pairs.tsv", train="train")
    assert names(tmp_path, found.passages().inputs["source"]) == ["passages.tsv"]
    assert names(tmp_path, found.pairs().inputs["source"]) == ["pairs.tsv"]
    for name, split in (("train", "train"), ("validation", "dev"), ("test", "test")):
        expected = [f"queries.{split}.tsv", f"qrels.{split}.txt"]
        assert names(tmp_path, found.query_set(name).inputs["source"]) == expected


def test_the_queries_that_are_left_out_are_an_input(tmp_path, graph):
    found = graph(validation={"split": "dev", "exclude": "test"})
    files = names(tmp_path, found.query_set("validation").inputs["source"])
    assert files == ["queries.dev.tsv", "qrels.dev.txt", "queries.test.tsv"]


def test_what_is_missing_is_left_to_the_stage_to_say(graph):
    found = graph(passages="absent.tsv", pairs="absent.tsv")
    assert found.passages().inputs["source"] == found.pairs().inputs["source"] == []
    assert found.query_set("graded").inputs["source"] == []


def test_a_dataset_of_ir_datasets_has_no_files_of_ours(graph):
    found = graph(folder=None, ir_datasets="msmarco-passage")
    assert found.passages().inputs["source"] == found.query_set("test").inputs["source"] == []


def test_the_files_of_an_encoder_in_a_folder_are_graph(tmp_path, raw, graph):
    raw["encoders"]["mine"] = {"folder": str(tmp_path)}
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).touch()
    found = graph()
    assert names(tmp_path, found.encoder("mine").inputs["source"]) == [
        "config.json",
        "model.safetensors",
    ]
    assert found.encoder("minilm").inputs["source"] == []
