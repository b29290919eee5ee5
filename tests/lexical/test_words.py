"""DeepCT's targets, term frequencies and files, by hand."""

import json
import math

import numpy as np
import polars as pl
import pytest

from tasb.errors import TasbError
from tasb.lexical.bm25 import Bm25Index
from tasb.lexical.config import Bm25
from tasb.lexical.term_weights import read_predictions, write_weights
from tasb.lexical.weighted import WeightedIndex, frequencies
from tasb.lexical.words import Terms, WordPieces, term_recall

PIECES = ["[PAD]", "the", "river", "##s", "flow", "##ing", "stone", ",", "##bed"]


@pytest.fixture
def pieces(tmp_path):
    vocabulary = {piece: number for number, piece in enumerate(PIECES)}
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"model": {"type": "WordPiece", "vocab": vocabulary}}))
    return WordPieces(path)


def test_words_are_put_together_and_found_by_their_first_piece(pieces):
    ids = [PIECES.index(each) for each in ("the", "river", "##bed", "##s", ",", "flow", "##ing")]
    assert pieces.words(ids) == (["the", "riverbeds", ",", "flowing"], [0, 1, 4, 5])


def test_another_tokenizer_is_refused(tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"model": {"type": "Unigram", "vocab": []}}))
    with pytest.raises(TasbError, match="a Unigram tokenizer; DeepCT puts words together"):
        WordPieces(path)


def test_a_words_target_is_the_share_of_queries_with_its_stem():
    terms = Terms()
    queries = [terms.of_text(text) for text in ("Where do rivers flow?", "the river's stones")]
    words = ["the", "rivers", "flowing", "stone", ",", "bird"]
    found = term_recall(words, queries, terms)
    np.testing.assert_allclose(found, [0.0, 1.0, 0.5, 0.5, 0.0, 0.0])


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        ("linear", [(0, "river", 50), (0, "bird", 1), (2, "stone", 100)]),
        ("sqrt", [(0, "river", 71), (0, "bird", 7), (0, "owl", 6), (2, "stone", 100)]),
    ],
)
def test_weights_become_frequencies_and_small_ones_nothing(scale, expected):
    weights = pl.DataFrame({
        "passage": [0, 1, 2],
        "words": [["river", "bird", "owl", "tree"], ["the"], ["stone"]],
        "weights": [[0.5, 0.0051, 0.0036, -0.4], [-1.0], [1.0]],
    })  # fmt: skip
    assert frequencies(weights, scale).rows() == expected


PLAIN = Bm25(k1=10, b=0.9)
REPEATED = {
    0: {"rivers": 3, "river": 2, "the": 9, "stones": 1},
    2: {"bird": 4, "river": 1},
    3: {"stone": 2},
}


def table(counts):
    rows = [(passage, word, tf) for passage, words in counts.items() for word, tf in words.items()]
    return pl.DataFrame(rows, schema=["passage", "word", "tf"], orient="row")


def test_scores_are_those_of_a_text_that_repeats_each_word(texts_table):
    weighted = WeightedIndex(table(REPEATED), 4, PLAIN)
    texts = [" ".join(" ".join([word] * tf) for word, tf in REPEATED[passage].items())
             for passage in (0, 2, 3)]  # fmt: skip
    repeated = Bm25Index(texts_table("p", texts), PLAIN)
    for query in ("river stones", "bird", "owl", "the river river"):
        (found, scores), (own, expected) = (
            next(iter(index.search([query], 9))) for index in (weighted, repeated)
        )
        assert found.tolist() == [[0, 2, 3][place] for place in own]
        np.testing.assert_allclose(scores, expected, rtol=1e-5)


def test_a_score_by_hand():
    index = WeightedIndex(table(REPEATED), 4, PLAIN)
    (found, scores) = next(iter(index.search(["bird"], 9)))
    idf, average = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5)), (6 + 5 + 2) / 3
    assert found.tolist() == [2]
    assert scores[0] == pytest.approx(idf * 4 / (4 + 10 * (0.1 + 0.9 * 5 / average)), rel=1e-5)


def test_nothing_above_zero_is_refused():
    with pytest.raises(TasbError, match="train DeepCT longer"):
        WeightedIndex(table({}).cast({"passage": pl.Int32, "word": pl.String, "tf": pl.Int32}),
                      4, PLAIN)  # fmt: skip


LINES = "[CLS] 0.1\tthe 0.0\triver 0.9\t##s -0.3\t[SEP] 0.0\nriver 0.2\triver 0.4\t[PAD] 1\n"


def test_published_predictions_are_read(tmp_path):
    path = tmp_path / "predictions.tsv"
    path.write_text(LINES)
    assert list(read_predictions(path, 2)) == [
        (0, {"the": 0.0, "rivers": 0.9}),
        (1, {"river": 0.4}),
    ]
    write_weights(read_predictions(path, 2), tmp_path / "weights.parquet")
    found = pl.read_parquet(tmp_path / "weights.parquet")
    assert found["words"].to_list() == [["the", "rivers"], ["river"]]


@pytest.mark.parametrize(
    ("text", "count", "message"),
    [
        (LINES, 1, ":2: weights for an unknown passage; the collection has 1"),
        (LINES, 3, "2 lines for 3 passages"),
        ("river\t0.3\n", 1, ":1: 'river' is no token with its weight"),
    ],
)
def test_a_file_of_another_collection_is_refused(tmp_path, text, count, message):
    path = tmp_path / "predictions.tsv"
    path.write_text(text)
    with pytest.raises(TasbError, match=message):
        list(read_predictions(path, count))
