"""What a run will need: by hand for one training, one encoding and one download."""

import polars as pl
import pytest

from tasb.files import write_json
from tasb.preflight import MODEL, QUERY_TOKENS, TOKENS, Sizes, needs, report, sizes_of

LAYERS, DIMENSIONS, INNER = 3, 16, 32
WEIGHTS = LAYERS * (4 * DIMENSIONS**2 + 2 * DIMENSIONS * INNER)


@pytest.fixture
def graph(loaded, tmp_path, monkeypatch):
    """The config with an encoder that is here, in an empty folder."""
    graph = loaded("downloads", {"scores": {"urls": ["http://a/b.tsv"], "bytes": 5_000_000_000}})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/encoders/minilm").mkdir(parents=True)
    sizes = {"num_hidden_layers": LAYERS, "hidden_size": DIMENSIONS, "intermediate_size": INNER}
    write_json(tmp_path / "results/encoders/minilm/config.json", sizes)
    return graph


def test_a_training_is_six_products_a_weight_and_token(graph):
    found = needs(graph, [graph.training("none-random")], Sizes(1000, 100))
    run = graph.config.runs["none-random"]
    tokens = run.batch_size * (2 * min(TOKENS, run.passage_length) + QUERY_TOKENS)
    assert found.flop == 6 * WEIGHTS * tokens * run.steps
    assert (found.jobs, found.disk) == (1, MODEL * WEIGHTS)


def test_vectors_take_two_bytes_a_dimension_and_two_products_a_token(graph):
    found = needs(graph, [graph.passage_vectors("none-random", 0)], Sizes(1000, 100))
    assert found.disk == 1000 * 2 * DIMENSIONS
    assert found.flop == 2 * WEIGHTS * TOKENS * 1000


def test_a_download_counts_as_far_as_its_size_is_declared(graph, loaded):
    found = needs(graph, [graph.download("scores")], Sizes(1000, 100))
    assert (found.fetched, found.unknown) == (5_000_000_000, [])
    other = loaded("downloads", {"scores": {"urls": ["http://a/b.tsv"]}})
    assert needs(other, [other.download("scores")], Sizes(1000, 100)).unknown == ["scores"]


def test_what_is_there_needs_nothing(graph, tmp_path):
    artifact = graph.training("none-random")
    for path in artifact.paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert needs(graph, [artifact], Sizes(1000, 100)).jobs == 0


def test_the_report_tells_each_target_and_refuses_a_disk_that_is_too_small(graph, tmp_path):
    path = tmp_path / graph.passages().files["passages"][0]
    path.parent.mkdir(parents=True)
    pl.DataFrame({"id": range(1000)}).write_parquet(path)
    assert sizes_of(graph).passages == 1000
    lines = report(graph, 1e12, 10**15).splitlines()
    assert [line.split()[0] for line in lines[1:4]] == list(graph.config.tables)[:3]
    assert lines[-1] == "Free on the disk: 1,000,000 GB."
    assert report(graph, 1e12, 10).splitlines()[-1].startswith("error: the disk has 0 GB free")


def test_an_unknown_number_of_passages_is_told_with_the_way_out(graph):
    with pytest.raises(ValueError, match=r"snakemake --cores all results/.*passages.parquet"):
        sizes_of(graph)
