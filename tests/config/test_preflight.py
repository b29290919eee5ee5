"""What a run will need: by hand for one training, one encoding, one download; what is refused."""

from dataclasses import replace
from types import SimpleNamespace

import polars as pl
import pytest

from tasb.errors import TasbError
from tasb.files import write_json
from tasb.preflight import gate
from tasb.preflight.gate import before_first_job
from tasb.preflight.machine import Machine, measured
from tasb.preflight.needs import KEPT, PACKED, QUERY_TOKENS, STATE, TERM, TOKENS, needs
from tasb.preflight.report import report
from tasb.preflight.sizes import passages_of

LAYERS, DIMENSIONS, INNER, VOCABULARY = 3, 16, 32, 100
PRODUCTS = LAYERS * (4 * DIMENSIONS**2 + 2 * DIMENSIONS * INNER)
WEIGHTS = PRODUCTS + VOCABULARY * DIMENSIONS
MACHINE = Machine(1e12, 10**12, 10**12, 10**15)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder with an encoder and 1,000 passages."""
    monkeypatch.chdir(tmp_path)
    sizes = {"num_hidden_layers": LAYERS, "hidden_size": DIMENSIONS, "intermediate_size": INNER,
             "vocab_size": VOCABULARY}  # fmt: skip
    write_json(tmp_path / "results/encoders/minilm/config.json", sizes)
    return tmp_path


@pytest.fixture
def graph(loaded, place):
    """The config with a download."""
    graph = loaded("downloads", {"scores": {"urls": ["http://a/b.tsv"], "bytes": 5_000_000_000}})
    path = place / graph.passages().files["passages"][0]
    path.parent.mkdir(parents=True)
    pl.DataFrame({"id": range(1000)}).write_parquet(path)
    return graph


def test_a_training_is_six_products_a_weight_and_token(graph):
    found = needs(graph, [graph.training("none-random")], 1000)
    run = graph.config.runs["none-random"]
    tokens = run.batch_size * (2 * min(TOKENS, run.passage_length) + QUERY_TOKENS)
    assert found.flop == 6 * PRODUCTS * tokens * run.steps
    assert (found.jobs, found.trainings, found.disk) == (1, 1, 4 * WEIGHTS)
    assert found.device == STATE * WEIGHTS + KEPT * LAYERS * DIMENSIONS * tokens
    assert found.memory == 0


def test_a_gradient_cache_bounds_the_tokens_in_memory(loaded, place):
    graph = loaded("runs.none-random.gradient_cache", 100)
    found = needs(graph, [graph.training("none-random")], 1000)
    assert found.device == STATE * WEIGHTS + KEPT * LAYERS * DIMENSIONS * 100


def test_vectors_take_two_bytes_a_dimension_and_two_products_a_token(graph):
    found = needs(graph, [graph.passage_vectors("none-random", 0)], 1000)
    assert found.disk == found.kept == 1000 * 2 * DIMENSIONS
    assert found.flop == 2 * PRODUCTS * TOKENS * 1000


def test_of_vectors_that_pass_those_of_two_systems_count(loaded, place):
    graph = loaded("keep_vectors", False)
    systems = ("none-random", "baseline", "dual-tas")
    found = needs(graph, [graph.passage_vectors(name, 0) for name in systems], 1000)
    assert (found.kept, found.disk) == (0, 2 * 1000 * 2 * DIMENSIONS)
    artifact = graph.passage_vectors("baseline", 0)
    sidecar = place / artifact.sidecar
    sidecar.parent.mkdir(parents=True)
    sidecar.touch()  # all that stays of them
    assert needs(graph, [artifact], 1000).jobs == 0
    assert graph.lasting(artifact) == [artifact.sidecar]
    assert artifact.paths[0] not in graph.targets()
    assert artifact.sidecar in graph.targets()


def test_bm25_needs_memory_of_the_machine(graph):
    found = needs(graph, [graph.ranking("bm25", "test").artifact], 1000)
    assert (found.memory, found.device) == (TERM * TOKENS * 1000, 0)


def test_a_download_counts_as_far_as_its_size_is_declared(graph, loaded):
    found = needs(graph, [graph.download("scores")], 1000)
    assert (found.fetched, found.kept, found.unknown) == (5_000_000_000, 5_000_000_000, [])
    other = loaded("downloads", {"scores": {"urls": ["http://a/b.tsv"]}})
    assert needs(other, [other.download("scores")], 1000).unknown == ["scores"]
    about = loaded("downloads", {"scores": {"urls": ["http://a/b.tsv"], "gigabytes": 2.5}})
    assert needs(about, [about.download("scores")], 1000).fetched == 2.5e9


def test_passages_and_their_tokens_take_room_and_models_of_the_hub_are_fetched(loaded, place):
    hub = {"package": None, "sha256": None, "hub": "a/b", "revision": "c"}
    graph = loaded("encoders.minilm", hub)
    found = needs(graph, [graph.passages(), graph.tokens("minilm", "passages")], 1000)
    assert (found.kept, found.fetched) == (PACKED * 1000 + 2 * TOKENS * 1000, 0)
    found = needs(graph, [graph.encoder("minilm")], 1000)
    assert (found.kept, found.fetched) == (4 * WEIGHTS, 4 * WEIGHTS)


def test_what_is_there_needs_nothing_unless_it_is_made_again(graph, place):
    artifact = graph.training("none-random")
    for path in artifact.paths:
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).touch()
    assert needs(graph, [artifact], 1000).jobs == 0
    assert needs(graph, [artifact], 1000, {artifact.sidecar}).jobs == 1


def test_the_report_tells_each_target_and_what_is_missing(graph):
    assert passages_of(graph) == 1000
    lines = report(graph, MACHINE).splitlines()
    assert [line.split()[0] for line in lines[1:4]] == list(graph.config.tables)[:3]
    assert lines[-1] == (
        "Here: 1,000,000 GB free on the disk, 1,000 GB of memory, 1,000 of the device."
    )
    errors = report(graph, replace(MACHINE, disk=10, device=10)).splitlines()[-2:]
    assert errors[0].startswith("error: the disk has 0 GB free, and about 1 are needed: make room")
    assert errors[1].startswith("error: the device has 0 GB of memory, and at least 0 are needed")


def test_an_unknown_number_of_passages_is_told_with_the_way_out(loaded, place):
    graph = loaded("collections.mini.folder", "nowhere")
    with pytest.raises(TasbError, match=r"snakemake --cores all results/.*passages.parquet"):
        report(graph, MACHINE)


def test_a_run_without_room_is_refused_before_its_first_job(graph, monkeypatch):
    monkeypatch.setattr(gate.shutil, "disk_usage", lambda _: SimpleNamespace(free=100))
    with pytest.raises(
        TasbError, match=r"the disk has 0 GB free, .*; 'snakemake --cores 1 preflig"
    ):
        before_first_job(graph, set(graph.targets("first")))
    assert before_first_job(graph, set(graph.metrics("bm25").files["means"])) == []


def test_a_long_run_is_told_with_its_hours(graph, monkeypatch):
    monkeypatch.setattr(gate, "LONG", 1e6)
    (line,) = before_first_job(graph, set(graph.training("none-random").paths))
    assert line == "This run: 1 jobs, about 0 GB of results and 0 hours on this device."
    (line,) = before_first_job(graph, set(graph.training("none-random").paths), here=False)
    assert line == "This run: 1 jobs, about 0 GB of results."
    monkeypatch.setattr(gate, "MEASURED", "raise SystemExit(3)")
    assert before_first_job(graph, set(graph.training("none-random").paths)) == [line]


def test_the_rate_of_this_device_is_measured():
    found = measured(7)
    assert 1e9 < found.rate < 1e16
    assert (found.disk, found.memory > 1e9) == (7, True)


@pytest.fixture
def with_known(loaded, place):
    """A config with a table of known values."""
    values = {"test": {"ndcg@10": 0.5}}
    row = {"system": "bm25", "label": "BM25", "source": "here", "values": values}
    return loaded("tables.known", {"kind": "known", "title": "Known", "systems": [row]})


@pytest.mark.parametrize(
    ("within", "said"),
    [
        (None, "warning: released models have not been compared with 'known' here; run 'snakemake"),
        ([True, False, False], "warning: 2 of 3 known values are not within their bands, see resu"),
        ([True, True], None),
    ],
)
def test_a_run_that_trains_says_that_known_values_have_not_been_met(
    with_known, place, within, said
):
    if within is not None:
        path = place / with_known.table("known").files["data"][0]
        path.parent.mkdir(parents=True)
        pl.DataFrame({"within": within}).write_parquet(path)
    lines = before_first_job(with_known, set(with_known.training("none-random").paths))
    assert [line[: len(said or "")] for line in lines] == ([said] if said else [])
    assert before_first_job(with_known, set(with_known.metrics("bm25").files["means"])) == []
