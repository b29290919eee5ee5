"""config/msmarco.yaml with small sizes, from downloads over loopback to every table."""

import hashlib
import io
import subprocess
import sys
import tarfile

import polars as pl
import pytest
import pytrec_eval
import torch
import yaml
from loopback import ROOT, Server, run_every_job, variables, write_checkout
from ms_marco_files import ms_marco_files
from safetensors.torch import load_file, save

WEIGHTS = "model.safetensors"

pytestmark = pytest.mark.xdist_group("msmarco")

HUB = {
    "encoders.distilbert": "distilbert/distilbert-base-uncased",
    "encoders.tas-b": "sebastian-hofstaetter/distilbert-dot-tas_b-b256-msmarco",
    "encoders.colbert-released": "sebastian-hofstaetter/colbert-distilbert-margin_mse-T2-msmarco",
    "encoders.bert-cat-released": "sebastian-hofstaetter/distilbert-cat-margin_mse-T2-msmarco",
}
HEADS = {"encoders.colbert-released": ("compressor", 16),
         "encoders.bert-cat-released": ("_classification_layer", 1)}  # fmt: skip
SIZES = {
    "steps": 4,
    "batch_size": 4,
    "warmup_steps": 1,
    "schedule_interval": 1,
    "log_interval": 2,
    "checkpoint_interval": 4,
    "query_length": 12,
    "passage_length": 48,
}
STOPPING = {"interval": 2, "patience": 2, "minimum": 2}
INDEXES = {"tas-b-ivfpq": "IVF4,PQ4x4np", "tas-b-pq": "PQ4x4np", "tas-b-opq": "OPQ4,PQ4x4np"}


def small(config: dict) -> dict:
    """Return the config with other sizes, and no other change."""
    config["students"] |= SIZES | {"early_stopping": STOPPING}
    for name, run in config["runs"].items():
        alone = run and run.get("like", "students") is None or name == "colbert"
        own = {key: value for key, value in SIZES.items() if run and (alone or key in run)}
        if run and run.get("early_stopping"):
            own["early_stopping"] = STOPPING
        if run and "gradient_cache" in run:
            own["gradient_cache"] = 128
        if run is not None:
            run |= own
    config["runs"]["ance"]["generations"] = {"count": 2, "mining": {"depth": 10, "negatives": 3}}
    for name, spec in INDEXES.items():
        config["systems"][name]["index"] = spec
    config["systems"]["tas-b-ivfpq"]["nprobe"] = 2
    # a cross-encoder of four steps is sure of nothing
    config["mining"]["rocketqa-4"] = {"depth": 30, "fill": 100, "positives_above": 0.1}
    config["clusters"]["default"] = {"k": 3}
    config["early_stopping_set"] |= {"depth": 5, "queries": 8}
    config["plans"] = {"shard_steps": 3}
    config["vectors"]["shards"] = 2
    config["latency"] = {"repetitions": 100, "batch_repetitions": 1, "warm_up": 1}
    return config


def headed(folder, name, outputs):
    """Return the weights of a model with a linear layer, as the teachers are released."""
    weights = {f"bert_model.{key}": value for key, value in load_file(folder / WEIGHTS).items()}
    layer = torch.nn.Linear(16, outputs)
    head = {f"{name}.{key}": value for key, value in layer.state_dict().items()}
    return {WEIGHTS: save({**weights, **head}, {"format": "pt"})}


@pytest.fixture(scope="module")
def server(test_data, tiny_distilbert):
    """A server with MS MARCO's files, and a tiny model in place of each on the hub."""
    model = {path.name: path.read_bytes() for path in tiny_distilbert.iterdir()}
    models = {HUB[key]: {**model, **headed(tiny_distilbert, *HEADS[key])} if key in HEADS else model
              for key in HUB}  # fmt: skip
    with Server(ms_marco_files(test_data / "msmarco-dl19-pool"), models) as found:
        yield found


@pytest.fixture(scope="module")
def place(server, tmp_path_factory):
    """A checkout that fetches from the server."""
    folder = tmp_path_factory.mktemp("msmarco")
    write_checkout(folder, server)
    return folder


@pytest.fixture(scope="module")
def run(place, server, environment):
    """Run every job of a config in the checkout."""
    given = environment | variables(place, server)
    return lambda name, config: run_every_job(place, name, config, given)


@pytest.fixture(scope="module")
def finished(run, place, server):
    """The checkout once every job of the paper's config has run."""
    config = small(yaml.safe_load((ROOT / "config" / "msmarco.yaml").read_text()))
    for declared in config["downloads"].values():
        (url,) = declared["urls"]
        name = url.rpartition("/")[2]
        declared["urls"] = [f"{server.url}/{name}"]
        if "md5" in declared:
            declared["md5"] = hashlib.md5(server.files[name]).hexdigest()
    run("small.yaml", config)
    return place


@pytest.fixture
def results(finished):
    """The folder of what was made."""
    return finished / "results"


def tsv(content):
    """Return the fields of each line."""
    return [line.split("\t") for line in content.decode().splitlines()]


def member(packed, name):
    """Return a file of a tar archive."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return archive.extractfile(name).read()


def test_every_table_and_figure_is_there_with_the_papers_values(results):
    made = {path.stem for path in (results / "tables" / "msmarco").glob("*.parquet")}
    names = {f"table{number}" for number in range(1, 8)} | {"known", "claims", "ltre", "first"}
    assert names | {"figure1", "figure2", "figure3"} <= made
    for name in ("table3", "table4", "table5", "table6", "table7"):
        table = pl.read_parquet(results / "tables" / "msmarco" / f"{name}.parquet")
        computed = table.filter(pl.col("system").is_not_null())
        assert computed["value"].null_count() == 0, name
        assert computed["paper"].drop_nulls().len() > 20, name


def test_snakemake_would_make_nothing_again(finished, server, environment):
    command = [sys.executable, "-m", "snakemake", "-n", "--configfile", "small.yaml"]
    process = subprocess.run(
        command,
        cwd=finished,
        env=environment | variables(finished, server),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    assert "Nothing to be done" in process.stdout + process.stderr


def test_each_file_is_fetched_once(finished, server):
    names = [name for name in server.asked if name in server.files and "doc" not in name]
    expected = {name for name in server.files if "doc" not in name}
    assert sorted(names) == sorted(expected)


def test_passages_are_those_of_the_archive(results, server):
    passages = pl.read_parquet(results / "collection" / "msmarco" / "passages.parquet")
    lines = tsv(member(server.files["collectionandqueries.tar.gz"], "collection.tsv"))
    assert passages["id"].to_list() == [name for name, _ in lines]
    assert passages["text"].to_list() == [text for _, text in lines]
    assert not all(text.isascii() for _, text in lines)


def test_documents_are_read_by_their_beginnings(run, finished, server):
    config = yaml.safe_load((ROOT / "config" / "msmarco-documents.yaml").read_text())
    config["collections"]["msmarco-documents"]["characters"] = 500
    config["systems"]["tas-b"]["passage_length"] = 60
    run("documents.yaml", config)
    folder = finished / "results" / "collection" / "msmarco-documents"
    texts = pl.read_parquet(folder / "passages.parquet")
    assert texts["text"].str.len_chars().max() == 500
    first = texts.row(0, named=True)
    assert first["text"].startswith(f"Title {first['id'][1:]} ")
    table = pl.read_parquet(finished / "results/tables/msmarco-documents/documents.parquet")
    assert table["value"].null_count() == 0
    assert table.filter(system="bm25", metric="ndcg@10")["value"].min() > 0.3


@pytest.mark.parametrize(
    ("query_set", "file"),
    [("trec-dl-2019", "2019qrels-pass.txt"), ("trec-dl-2020", "2020qrels-pass.txt")],
)
def test_judgments_are_those_of_trec(results, server, query_set, file):
    lines = [line.split() for line in server.files[file].decode().splitlines()]
    qrels = pl.read_parquet(results / "collection" / "msmarco" / query_set / "qrels.parquet")
    found = qrels.select("query_id", "passage_id", "grade").rows()
    assert sorted(found) == sorted((q, p, int(grade)) for q, _, p, grade in lines)


def test_queries_of_dev_outside_the_small_ones_choose(results, server):
    judged = {query for query, *_ in tsv(server.files["qrels.dev.tsv"])}
    packed = server.files["collectionandqueries.tar.gz"]
    reported = {query for query, _ in tsv(member(packed, "queries.dev.small.tsv"))}
    folder = results / "collection" / "msmarco"
    chosen = pl.read_parquet(folder / "validation" / "queries.parquet")["id"]
    assert set(chosen) == judged - reported
    assert set(pl.read_parquet(folder / "msmarco-dev" / "queries.parquet")["id"]) == reported


def test_pairs_are_the_published_ones_of_queries_that_train(results, server):
    lines = tsv(server.files["bert_cat_ensemble_msmarcopassage_train_scores_ids.tsv"])
    relevant = {(query, passage) for query, _, passage, _ in tsv(server.files["qrels.train.tsv"])}
    kept = {(query, positive, negative, float(first), float(second))
            for first, second, query, positive, negative in lines
            if (query, negative) not in relevant}  # fmt: skip
    folder = results / "collection" / "msmarco"
    pairs = pl.read_parquet(folder / "pairs.parquet")
    queries = pl.read_parquet(folder / "training" / "queries.parquet")["id"].to_list()
    names = pl.read_parquet(folder / "passages.parquet")["id"].to_list()
    found = {(queries[q], names[p], names[n], round(first, 4), round(second, 4))
             for q, p, n, first, second in pairs.iter_rows()}  # fmt: skip
    assert found == kept
    assert len(kept) > 100


def test_the_values_of_bm25_are_those_of_trec_eval(results):
    table = pl.read_parquet(results / "tables" / "msmarco" / "table4.parquet")
    for query_set in ("trec-dl-2019", "trec-dl-2020"):
        qrels, run = {}, {}
        folder = results / "collection" / "msmarco" / query_set
        for query, passage, grade in (
            pl.read_parquet(folder / "qrels.parquet")
            .select("query_id", "passage_id", "grade")
            .iter_rows()
        ):
            qrels.setdefault(query, {})[passage] = grade
        ranking = results / "rankings" / "msmarco" / "bm25" / f"{query_set}.trec"
        for line in ranking.read_text().splitlines():
            query, _, passage, _, score, _ = line.split()
            run.setdefault(query, {})[passage] = float(score)
        evaluator = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut_10"})
        values = [found["ndcg_cut_10"] for found in evaluator.evaluate(run).values()]
        ours = table.filter(system="bm25", query_set=query_set, metric="ndcg@10")["value"].item()
        assert ours == pytest.approx(sum(values) / len(qrels), abs=1e-6)


def test_known_values_tell_that_these_are_other_weights(results):
    known = (results / "tables" / "msmarco" / "known.md").read_text()
    assert "0 of 14 values are within their bands" in known
