"""The built-in collection: its counts, references, variety, and how hard it is for BM25."""

import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import polars as pl
import pytest
import Stemmer

from tasb.collection.faults import Faults
from tasb.collection.source import Folder
from tasb.collection.tables import write_query_set, write_texts
from tasb.lexical.bm25 import Bm25Index
from tasb.lexical.config import Bm25
from tasb.metrics.evaluate import evaluate
from tasb.rankings.ranking import ranking_of

FOLDER = Path(__file__).parents[2] / "resources" / "mini"
QUERIES = {"train": 1000, "dev": 150, "test": 150, "unjudged": 300, "graded": 60}
SPARSE = ["train", "dev", "test"]
STOP_WORDS = set(
    "a about after all am an and any are as at be because been before being but by can could did "
    "do does doing down during each for from further had has have having he her here him his how "
    "i if in into is it its just me more most my no nor not of off on once only or other our out "
    "over own same she should so some such than that the their them then there these they this "
    "those through to too under until up very was we were what when where which while who whom "
    "why will with would you your".split()
)
STRICT = Faults("mini")


@pytest.fixture(scope="module")
def collection():
    return Folder(str(FOLDER), None)


@pytest.fixture(scope="module")
def passages(collection):
    return dict(collection.passages(STRICT))


@pytest.fixture(scope="module")
def queries(collection):
    """Return the texts of each split by id."""
    return {split: dict(collection.queries(split, STRICT)) for split in QUERIES}


@pytest.fixture(scope="module")
def judgments(collection):
    """Return for each judged split the grades of each query's passages."""
    found = {}
    for split in [*SPARSE, "graded"]:
        found[split] = {}
        for _, query, passage, grade in collection.judgments(split, STRICT):
            found[split].setdefault(query, {})[passage] = grade
    return found


@pytest.fixture(scope="module")
def bm25(collection, tmp_path_factory):
    """Return BM25's ranking of the graded queries and their judgments."""
    folder = tmp_path_factory.mktemp("mini")
    texts, asked, qrels = (folder / name for name in ("passages", "queries", "qrels"))
    write_texts(collection.passages(STRICT), STRICT, texts)
    write_query_set(collection, "graded", None, texts, {}, asked, qrels)
    table = pl.read_parquet(asked)
    found = list(Bm25Index(texts, Bm25()).search(table["text"].to_list(), 50))
    ids = pl.read_parquet(texts)["id"].to_list()
    return ranking_of(table["id"].to_list(), ids, found), pl.read_parquet(qrels)


def words(text):
    return re.findall(r"\w+", text.lower())


def content_stems(text):
    stem = Stemmer.Stemmer("porter").stemWord
    return {stem(word) for word in words(text) if word not in STOP_WORDS}


def five_grams(text):
    found = words(text)
    return {tuple(found[start : start + 5]) for start in range(len(found) - 4)}


def most_common_opening(texts):
    """Return the share of the texts that begin with the same four words."""
    openings = Counter(tuple(found[:4]) for found in map(words, texts) if len(found) >= 4)
    return openings.most_common(1)[0][1] / len(texts)


def test_passages_are_1296_of_40_to_80_words(passages):
    assert len(passages) == 1296
    assert all(40 <= len(text.split()) <= 80 for text in passages.values())


def test_ids_are_whole_numbers_and_unique_over_all_splits(passages, queries):
    assert list(passages) == [str(number) for number in range(1, 1297)]
    ids = [query for split in queries.values() for query in split]
    assert len(ids) == len(set(ids)) == 1660
    assert all(query.isdecimal() for query in ids)


def test_queries_are_as_many_as_said_and_none_is_asked_twice(queries):
    assert {split: len(texts) for split, texts in queries.items()} == QUERIES
    texts = [text for split in queries.values() for text in split.values()]
    assert len(texts) == len(set(texts))


def test_queries_have_about_six_words(queries):
    lengths = [len(text.split()) for split in queries.values() for text in split.values()]
    assert 5 <= sum(lengths) / len(lengths) <= 7
    assert min(lengths) >= 2
    assert max(lengths) <= 15


def test_judgments_name_queries_of_their_split_and_passages(passages, queries, judgments):
    for split, judged in judgments.items():
        assert set(judged) == set(queries[split])
        assert {passage for grades in judged.values() for passage in grades} <= set(passages)


def test_sparse_queries_have_one_relevant_passage(judgments):
    grades = [list(found.values()) for split in SPARSE for found in judgments[split].values()]
    assert grades == [[1]] * 1300


def test_graded_queries_have_at_least_20_judgments_and_a_relevant_passage(judgments):
    for grades in judgments["graded"].values():
        assert len(grades) >= 20
        assert set(grades.values()) <= {0, 1, 2, 3}
        assert max(grades.values()) >= 2


def test_texts_are_clean(passages, queries):
    texts = [*passages.values(), *(text for split in queries.values() for text in split.values())]
    for text in texts:
        assert text == text.strip()
        assert "  " not in text
        assert text.isprintable()
        assert "\ufffd" not in text


def test_no_four_word_opening_is_in_over_2_percent(passages, queries):
    assert most_common_opening(list(passages.values())) <= 0.02
    texts = [text for split in queries.values() for text in split.values()]
    assert most_common_opening(texts) <= 0.02


def test_no_two_passages_are_near_duplicates(passages):
    shingles = {name: five_grams(text) for name, text in passages.items()}
    places = {}
    for name, parts in shingles.items():
        for part in parts:
            places.setdefault(part, []).append(name)
    shared = Counter(pair for names in places.values() for pair in combinations(names, 2))
    jaccard = {
        pair: count / (len(shingles[pair[0]]) + len(shingles[pair[1]]) - count)
        for pair, count in shared.items()
    }
    assert {pair: value for pair, value in jaccard.items() if value >= 0.3} == {}


def test_bm25_is_neither_hopeless_nor_enough_on_the_graded_queries(bm25):
    ranking, qrels = bm25
    values = evaluate(ranking, qrels, ["ndcg@10"], 2)
    assert values.height == 60
    assert 0.45 <= values["value"].mean() <= 0.75


def test_everything_in_bm25s_top_10_of_the_graded_queries_is_judged(bm25):
    ranking, qrels = bm25
    top = ranking.filter(pl.col("rank") <= 10)
    assert top.join(qrels, on=["query_id", "passage_id"], how="anti").rows() == []


def test_a_third_of_the_graded_queries_share_no_content_word_with_their_best_passages(
    passages, queries, judgments
):
    apart = 0
    for query, grades in judgments["graded"].items():
        best = [passage for passage, grade in grades.items() if grade == max(grades.values())]
        asked = content_stems(queries["graded"][query])
        apart += not any(asked & content_stems(passages[passage]) for passage in best)
    assert apart >= 20
