"""BM25 against Lucene's formula written out, and against a published number."""

import math
import re

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasb.collection.faults import Faults
from tasb.collection.source import Folder
from tasb.collection.tables import write_query_set, write_texts
from tasb.errors import TasbError
from tasb.lexical.bm25 import Bm25Index
from tasb.lexical.config import Bm25
from tasb.metrics.evaluate import evaluate
from tasb.rankings.ranking import ranking_of

PLAIN = {"stemmer": "none", "stopwords": "none"}
CORPUS = [
    "river stone river",
    "stone bird tree tree bird tree",
    "river bird",
    "bird",
    "river stone river",
    "tree stone",
]


def lucene(corpus, query, k1, b):
    """Return the score of every passage, term by term of the query, repetitions included."""
    documents = [re.findall(r"\w+", text.lower()) for text in corpus]
    average = sum(map(len, documents)) / len(documents)
    scores = [0.0] * len(documents)
    for term in re.findall(r"\w+", query.lower()):
        containing = sum(term in document for document in documents)
        if not containing:
            continue
        idf = math.log(1 + (len(documents) - containing + 0.5) / (containing + 0.5))
        for number, document in enumerate(documents):
            tf = document.count(term)
            norm = k1 * (1 - b + b * len(document) / average)
            scores[number] += idf * tf / (tf + norm) if tf else 0.0
    return np.array(scores)


def found(index, query, depth=100):
    positions, scores = next(iter(index.search([query], depth)))
    return positions.tolist(), scores


@pytest.mark.parametrize(("k1", "b"), [(0.9, 0.4), (0.82, 0.68), (1.2, 0.75), (2.0, 0.0)])
@pytest.mark.parametrize("query", ["river", "bird tree", "stone stone river", "tree moon"])
def test_scores_are_lucenes(texts_table, k1, b, query):
    index = Bm25Index(texts_table("p", CORPUS), Bm25(k1=k1, b=b, **PLAIN))
    positions, scores = found(index, query)
    expected = lucene(CORPUS, query, k1, b)
    assert sorted(positions) == np.flatnonzero(expected).tolist()
    np.testing.assert_allclose(scores, expected[positions], rtol=1e-5)


WORDS = st.lists(st.sampled_from(["river", "stone", "tree", "bird", "owl"]), min_size=1, max_size=6)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(WORDS.map(" ".join), min_size=1, max_size=12), WORDS.map(" ".join))
def test_rankings_of_random_corpora_are_lucenes(texts_table, corpus, query):
    index = Bm25Index(texts_table("p", corpus), Bm25(**PLAIN))
    positions, scores = found(index, query)
    expected = lucene(corpus, query, 0.9, 0.4)
    assert sorted(positions) == np.flatnonzero(expected).tolist()
    np.testing.assert_allclose(scores, expected[positions], rtol=1e-5)
    assert positions == sorted(positions, key=lambda p: (-scores[positions.index(p)], p))


def test_passages_without_a_query_term_are_not_in_the_ranking(texts_table):
    index = Bm25Index(texts_table("p", CORPUS), Bm25(**PLAIN))
    assert found(index, "bird", depth=6)[0] == [1, 3, 2]


def test_equal_scores_are_in_order_of_position_and_cut_in_that_order(texts_table):
    index = Bm25Index(texts_table("p", CORPUS), Bm25(**PLAIN))
    assert found(index, "river")[0] == [0, 4, 2]
    assert found(index, "river", depth=1)[0] == [0]
    equal = Bm25Index(texts_table("e", ["owl"] * 50), Bm25(**PLAIN))
    assert found(equal, "owl", depth=7)[0] == list(range(7))


def test_depth_is_capped_at_the_collection(texts_table):
    index = Bm25Index(texts_table("p", ["owl one", "owl"]), Bm25(**PLAIN))
    assert found(index, "owl", depth=1000)[0] == [1, 0]


@pytest.mark.parametrize("query", ["moon", "the of and", "?!", ""])
def test_a_query_without_known_terms_finds_nothing(texts_table, query):
    positions, scores = found(Bm25Index(texts_table("p", CORPUS), Bm25()), query)
    assert positions == []
    assert scores.shape == (0,)


def test_every_query_has_its_own_ranking_in_order(texts_table):
    index = Bm25Index(texts_table("p", CORPUS), Bm25(**PLAIN))
    rankings = [positions.tolist() for positions, _ in index.search(["bird", "moon", "river"], 2)]
    assert rankings == [[1, 3], [], [0, 4]]


def test_the_analyser_stems_drops_stop_words_and_case_and_keeps_single_letters(texts_table):
    corpus = ["The Rivers were flowing", "a vitamin C source", "of and the"]
    index = Bm25Index(texts_table("p", corpus), Bm25())
    assert found(index, "FLOWS river")[0] == [0]
    assert found(index, "c")[0] == [1]
    assert found(index, "and")[0] == []


def test_stemming_and_stop_words_can_be_turned_off(texts_table):
    index = Bm25Index(texts_table("p", ["The rivers", "a river"]), Bm25(**PLAIN))
    assert found(index, "river")[0] == [1]
    assert found(index, "the")[0] == [0]


def test_scifact_reaches_the_published_ndcg(test_data, tmp_path):
    source = Folder(str(test_data / "scifact"), None)
    passages, queries, qrels = (tmp_path / name for name in ("passages", "queries", "qrels"))
    faults = Faults("scifact")
    write_texts(source.passages(faults), faults, passages)
    write_query_set(source, "test", None, passages, {}, queries, qrels)
    asked = pl.read_parquet(queries)
    rankings = list(Bm25Index(passages, Bm25()).search(asked["text"].to_list(), 100))
    ids = pl.read_parquet(passages)["id"].to_list()
    ranking = ranking_of(asked["id"].to_list(), ids, rankings)
    values = evaluate(ranking, pl.read_parquet(qrels), ["ndcg@10"], 1)
    assert values.height == 300
    assert values["value"].mean() == pytest.approx(0.6789, abs=0.02)


@pytest.mark.parametrize("texts", [["the", "of a", "!?"], ["...", ""]])
def test_passages_without_any_term_are_refused_with_the_way_out(texts_table, texts):
    with pytest.raises(TasbError, match="no passage has a term for BM25.*stopwords: none"):
        Bm25Index(texts_table("p", texts), Bm25())
