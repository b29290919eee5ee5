"""Predicted queries: written deterministically by any shard, and read from published files."""

import gzip
import json

import numpy as np
import polars as pl
import pytest
import torch
from tokenizers import Tokenizer
from transformers import EncoderDecoderModel

from tasb.errors import TasbError
from tasb.lexical import generated as module
from tasb.lexical import objects as objects_module
from tasb.lexical.bm25 import Bm25Index
from tasb.lexical.config import Bm25
from tasb.lexical.expanded import read_expansions, write_expansions
from tasb.lexical.generated import generated
from tasb.lexical.objects import read_objects
from tasb.lexical.published import read_columns
from tasb.models.encoder import Encoder
from tasb.models.generator import QueryGenerator
from tasb.tokens.store import TokenStore, write_tokens
from tasb.tokens.texts import Texts

CLS, SEP = 2, 3
PASSAGES = [[10, 11, 12], [40, 41], [50, 51, 52, 53], [60], [70, 71]]
QUERIES = [[20, 21], [30], [31, 32, 33], [22], [23, 24]]
SETTINGS = {"queries": 2, "top_k": 5, "query_length": 8, "passage_length": 6, "seed": 3}


@pytest.fixture
def model(tiny_encoder):
    torch.manual_seed(3)
    model = QueryGenerator(Encoder.load(tiny_encoder, tiny_encoder / "tokenizer.json"))
    for name, parameter in model.named_parameters():
        if "norm" not in name.lower():
            torch.nn.init.normal_(parameter, std=0.2)
    return model.eval()


@pytest.fixture
def saved(model, tmp_path):
    """The model as transformers reads it."""
    model.save(tmp_path / "model")
    return EncoderDecoderModel.from_pretrained(tmp_path / "model").eval()


@torch.no_grad()
def test_the_loss_is_that_of_transformers_text_by_text(model, saved):
    texts = [Texts.of([np.array([CLS, *ids, SEP]) for ids in some]) for some in (PASSAGES, QUERIES)]
    total, count = model.losses(model.encoder.ready(texts[0], 100), texts[1])
    expected = 0.0
    for passage, query in zip(PASSAGES, QUERIES):
        logits = saved(
            input_ids=torch.tensor([[CLS, *passage, SEP]]),
            decoder_input_ids=torch.tensor([[CLS, *query]]),
        ).logits[0].log_softmax(-1)  # fmt: skip
        expected -= sum(float(logits[place, token]) for place, token in enumerate([*query, SEP]))
    assert count == sum(len(query) + 1 for query in QUERIES)
    assert float(total) == pytest.approx(expected, rel=1e-5)


def test_a_passage_gets_the_same_queries_in_any_shard(saved, tiny_encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 2)
    write_tokens(PASSAGES, 100, tmp_path / "tokens")
    store = TokenStore(tmp_path / "tokens")
    tokenizer = Tokenizer.from_file(str(tiny_encoder / "tokenizer.json"))
    whole = list(generated(saved, tokenizer, store, range(5), SETTINGS))
    parts = [list(generated(saved, tokenizer, store, rows, SETTINGS))
             for rows in (range(3), range(3, 5))]  # fmt: skip
    assert [*parts[0], *parts[1]] == whole
    assert len(whole) == 5 and all(len(queries) == 2 for queries in whole)
    assert len({query for queries in whole for query in queries}) > 3
    other = list(generated(saved, tokenizer, store, range(5), {**SETTINGS, "seed": 4}))
    assert other != whole


def test_queries_are_appended_and_found(texts_table, tmp_path):
    write_expansions([["owl night", "bird"], [], ["stone"]], tmp_path / "e.parquet")
    added = list(read_expansions([tmp_path / "e.parquet"]))
    assert added == ["owl night bird", "", "stone"]
    passages = texts_table("p", ["river", "tree", "tree"])
    found = [next(iter(Bm25Index(passages, Bm25(), some).search(["owl"], 9)))[0].tolist()
             for some in (None, added)]  # fmt: skip
    assert found == [[], [0]]
    with pytest.raises(ValueError, match="shorter"):
        Bm25Index(passages, Bm25(), added[:2])


def objects(path, rows):
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return [str(path)]


def test_objects_are_found_by_id_and_may_lack_a_passage(tmp_path):
    rows = [{"id": 7, "predicted_queries": ["c"]}, {"id": "p5", "predicted_queries": ["a", "b"]}]
    files = objects(tmp_path / "d2q.jsonl.gz", rows)
    ids = pl.Series(["p5", "p6", "7"])
    assert list(read_objects(files, ids, tmp_path)) == [["a", "b"], [], ["c"]]


def test_objects_in_any_order_are_put_in_that_of_the_passages(tmp_path, monkeypatch):
    monkeypatch.setattr(objects_module, "BUCKET", 8)
    monkeypatch.setattr(objects_module, "LINES", 3)
    order = np.random.default_rng(1).permutation(30)
    left_out = {*range(16, 24), 0, 7, 29}
    rows = [{"id": f"p{n}", "predicted_queries": [f"q{n}"] * (n % 3)}
            for n in order if n not in left_out]  # fmt: skip
    files = objects(tmp_path / "a.jsonl.gz", rows[:11]) + objects(
        tmp_path / "b.jsonl.gz", rows[11:]
    )
    ids = pl.Series([f"p{n}" for n in range(30)])
    found = list(read_objects(files, ids, tmp_path))
    assert found == [[] if n in left_out else [f"q{n}"] * (n % 3) for n in range(30)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl.gz", "b.jsonl.gz"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"id": "p9", "predicted_queries": []}], ":1: passage 'p9' is not in the collection"),
        ([{"id": "p5", "predicted_queries": []}] * 2, ":2: passage 'p5' was there before"),
        ([{"id": "p5"}], ":1: no object with 'id' and 'predicted_queries'"),
    ],
)
def test_objects_of_another_collection_are_refused(tmp_path, rows, message):
    with pytest.raises(TasbError, match=message):
        files = objects(tmp_path / "d2q.jsonl.gz", rows)
        list(read_objects(files, pl.Series(["p5"]), tmp_path))


def columns(folder, samples):
    """Write each sample in two chunks, named as the published ones."""
    files = []
    for number, lines in enumerate(samples):
        for chunk, part in enumerate((lines[:2], lines[2:])):
            name = f"predicted_queries_topk_sample{number:03}.txt{chunk:03}-1004000"
            (folder / name).write_text("".join(f"{line}\n" for line in part))
            files.append(str(folder / name))
    return files[::-1]


def test_columns_are_joined_by_line_and_only_the_first_are_read(tmp_path):
    files = columns(tmp_path, [["a1", "b1", "c1"], ["a2", "", "c2"], ["a3", "b3", "c3"]])
    assert list(read_columns(files, 3, 2)) == [["a1", "a2"], ["b1"], ["c1", "c2"]]


@pytest.mark.parametrize(
    ("count", "queries", "message"),
    [
        (2, 1, "a line too many in 'predicted_queries_topk_sample000': the collection has 2"),
        (4, 1, "'predicted_queries_topk_sample000' has 3 lines for 4 passages"),
        (3, 2, "1 samples found, 2 asked for"),
    ],
)
def test_columns_of_another_collection_are_refused(tmp_path, count, queries, message):
    with pytest.raises(TasbError, match=message):
        list(read_columns(columns(tmp_path, [["a", "b", "c"]]), count, queries))
