"""Which candidates become pairs: by hand, with negative scores among them; and properties."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasb.collection.relevant import Relevant
from tasb.errors import TasbError
from tasb.jobs import Job
from tasb.mining.candidates import SCHEMA
from tasb.mining.config import Choice
from tasb.mining.pairs import make, write_joined, write_pairs

PASSAGES = 40


def write_candidates(path: Path, ranked: dict[int, list[int]]) -> Path:
    rows = [(query, passage, rank) for query, found in ranked.items()
            for rank, passage in enumerate(found, 1)]  # fmt: skip
    schema = dict.fromkeys(SCHEMA.names, pl.Int32)
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(path)
    return path


def write_scores(path: Path, scores: dict[tuple[int, int], float]) -> Path:
    rows = sorted((query, passage, score) for (query, passage), score in scores.items())
    schema = {"query": pl.Int32, "passage": pl.Int32, "score": pl.Float32}
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(path)
    return path


def relevant(judged: dict[int, list[int]]) -> Relevant:
    bounds = np.cumsum([0, *(len(judged.get(query, [])) for query in range(max(judged) + 1))])
    passages = [
        passage for query in range(max(judged) + 1) for passage in sorted(judged.get(query, []))
    ]
    return Relevant(bounds, np.array(passages, np.int64))


def mined(
    folder: Path,
    ranked: dict[int, list[int]],
    judged: dict[int, list[int]],
    scores: dict[tuple[int, int], float] | None = None,
    text_of: np.ndarray | None = None,
    own: np.ndarray | None = None,
    **choice: Any,
) -> tuple[list[tuple[int, int, int]], dict[str, int]]:
    """Return the pairs and the counts."""
    candidates = write_candidates(folder / "candidates.parquet", ranked)
    scored = write_scores(folder / "scores.parquet", scores) if scores is not None else None
    if scores is not None:
        choice.setdefault("teacher", "t")
    settings = Choice(**choice).plain()
    texts = np.arange(PASSAGES) if text_of is None else text_of
    judgments = relevant(judged) if judged else Relevant.read(None)
    path = folder / "pairs.parquet"
    counts = write_pairs(candidates, scored, judgments, texts, own, settings, 5, path, "m")
    return list(pl.read_parquet(path).iter_rows()), counts


def test_the_first_negatives_in_order_of_rank(tmp_path: Path) -> None:
    ranked = {0: [3, 1, 4, 9, 2], 2: [7, 8]}
    pairs, counts = mined(tmp_path, ranked, {0: [1], 2: [5]}, draw="top", negatives=2, depth=4)
    assert pairs == [(0, 1, 3), (0, 1, 4), (2, 5, 7), (2, 5, 8)]
    assert counts["positives with fewer negatives than asked for"] == 0


def test_no_negative_is_judged_relevant_nor_equal_in_text_nor_the_querys_own(
    tmp_path: Path,
) -> None:
    text_of = np.arange(PASSAGES)
    text_of[9] = 1
    own = np.full(3, -1)
    own[0] = 4
    pairs, counts = mined(
        tmp_path,
        {0: [3, 1, 4, 9, 2]},
        {0: [1, 2]},
        text_of=text_of,
        own=own,
        draw="top",
        negatives=3,
    )
    assert pairs == [(0, 1, 3), (0, 2, 3)]
    assert counts["positives with fewer negatives than asked for"] == 2


def test_denoised_negatives_are_below_the_bound_and_the_rest_is_filled(tmp_path: Path) -> None:
    """sigmoid(-3) = .05 and sigmoid(-2) = .12; passage 6 has no score and is below the depth."""
    scores = {(0, 1): 2.0, (0, 3): -2.0, (0, 4): -3.0, (0, 9): 5.0}
    how = {"scale": "probability", "negatives_below": 0.1, "draw": "top", "depth": 4}
    ranked = {0: [3, 1, 4, 9, 6]}
    pairs, counts = mined(tmp_path, ranked, {0: [1]}, scores, negatives=2, **how)
    assert pairs == [(0, 1, 4)]
    assert counts["positives with fewer negatives than asked for"] == 1
    pairs, _ = mined(tmp_path, ranked, {0: [1]}, scores, negatives=2, fill=5, **how)
    assert pairs == [(0, 1, 4), (0, 1, 6)]


def test_positive_aware_filter_by_hand(tmp_path: Path) -> None:
    """The positive scores -10; candidates above -10 + margin are dropped."""
    scores = {(0, 1): -10.0, (0, 3): -9.4, (0, 4): -9.6, (0, 9): -12.0}
    ranked, how = {0: [3, 1, 4, 9]}, {"draw": "top", "negatives": 3}
    assert mined(tmp_path, ranked, {0: [1]}, scores, margin=0.5, **how)[0] == [(0, 1, 4), (0, 1, 9)]
    assert mined(tmp_path, ranked, {0: [1]}, scores, margin=-1, **how)[0] == [(0, 1, 9)]
    relative = {"margin": 0.05, "margin_of": "positive", **how}  # .05 of 10
    assert mined(tmp_path, ranked, {0: [1]}, scores, **relative)[0] == [(0, 1, 4), (0, 1, 9)]


def test_each_positive_has_its_own_bound(tmp_path: Path) -> None:
    scores = {(0, 1): 1.0, (0, 2): 5.0, (0, 3): 3.0}
    pairs, counts = mined(tmp_path, {0: [3]}, {0: [1, 2]}, scores, margin=0, negatives=1)
    assert pairs == [(0, 2, 3)]
    assert counts["positives without any"] == 1


def test_a_retrieved_positive_is_the_best_by_the_teacher_above_the_bound(tmp_path: Path) -> None:
    scores = {(0, 3): 1.0, (0, 4): 3.0, (0, 5): 3.0, (1, 6): 0.0, (1, 7): -4.0}
    how = {"positives": "retrieved", "queries": "unlabelled", "scale": "probability", "draw": "top"}
    ranked = {0: [3, 4, 5], 1: [6, 7]}
    pairs, _ = mined(tmp_path, ranked, {}, scores, positives_above=0.9, negatives=2, **how)
    assert pairs == [(0, 4, 3), (0, 4, 5)]


def test_the_querys_own_passage_is_no_retrieved_positive(tmp_path: Path) -> None:
    own = np.array([8])
    pairs, _ = mined(
        tmp_path, {0: [8, 9, 7]}, {}, own=own, positives="retrieved", negatives=2, draw="top"
    )
    assert pairs == [(0, 9, 7)]


def test_without_a_teacher_the_first_passage_is_the_positive(tmp_path: Path) -> None:
    pairs, _ = mined(tmp_path, {3: [8, 9]}, {}, positives="retrieved", negatives=1)
    assert pairs == [(3, 8, 9)]


@given(data=st.data())
def test_mined_pairs_hold_no_judged_passage_and_nothing_twice(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("mined")
    passages = st.lists(st.integers(0, PASSAGES - 1), min_size=1, max_size=12, unique=True)
    ranked = data.draw(st.dictionaries(st.integers(0, 9), passages, min_size=1))
    ranked = dict(sorted(ranked.items()))
    judged = {query: data.draw(passages) for query in ranked}
    text_of = np.array(
        data.draw(st.lists(st.integers(0, 20), min_size=PASSAGES, max_size=PASSAGES))
    )
    draw = data.draw(st.sampled_from(["random", "top"]))
    how = {"text_of": text_of, "negatives": 3, "depth": 8, "draw": draw}
    barred = {query: set(text_of[judged[query]]) for query in ranked}
    if not any(text_of[p] not in barred[query] for query in ranked for p in ranked[query][:8]):
        with pytest.raises(TasbError, match="no query has a negative left"):
            mined(folder, ranked, judged, **how)
        return
    pairs, counts = mined(folder, ranked, judged, **how)
    assert len(set(pairs)) == len(pairs) == counts["pairs"]
    for query, positive, negative in pairs:
        assert positive in judged[query]
        assert negative in ranked[query][:8]
        assert text_of[negative] not in text_of[judged[query]]
    for query in ranked:
        left = [p for p in ranked[query][:8] if text_of[p] not in text_of[judged[query]]]
        for positive in judged[query]:
            own = [n for q, p, n in pairs if (q, p) == (query, positive)]
            assert len(own) == min(3, len(left))


def test_draws_of_a_query_do_not_depend_on_the_others(tmp_path: Path) -> None:
    ranked = {query: list(range(10, 30)) for query in range(6)}
    judged = {query: [query] for query in ranked}
    every = mined(tmp_path, ranked, judged, negatives=4)[0]
    alone = mined(tmp_path, {4: ranked[4]}, judged, negatives=4)[0]
    assert alone == [pair for pair in every if pair[0] == 4]
    draws = [tuple(n for q, _, n in every if q == query) for query in ranked]
    assert len(set(draws)) > 1


def test_a_declaration_that_leaves_no_pair_is_refused_by_name(tmp_path: Path) -> None:
    passages = tmp_path / "passages.parquet"
    pl.DataFrame({"position": [0, 1], "id": ["a", "b"], "text": ["x", "y"]}).write_parquet(passages)
    qrels = tmp_path / "qrels.parquet"
    pl.DataFrame({"query": [0], "passage": [1], "grade": [1]}).write_parquet(qrels)
    candidates = write_candidates(tmp_path / "candidates.parquet", {0: [1]})
    recipe = {"name": "hard", "choice": Choice().plain(), "seed": 1, "drop_own_passage": False}
    files = {"candidates": candidates, "passages": passages, "queries": passages, "qrels": qrels}
    inputs = {name: [str(path)] for name, path in files.items()}
    with pytest.raises(
        TasbError, match=r"^mining\.hard: no query has a negative left; raise depth"
    ):
        make(Job(recipe, inputs, {"pairs": [str(tmp_path / "pairs.parquet")]}))


def test_joined_pairs_are_numbered_through(tmp_path: Path) -> None:
    tables = []
    for name, rows in (("a", [(0, 1, 2), (3, 4, 5)]), ("b", [(0, 6, 7)])):
        tables.append(tmp_path / f"{name}.parquet")
        schema = dict.fromkeys(("query", "positive", "negative"), pl.Int32)
        pl.DataFrame(rows, schema=schema, orient="row").write_parquet(tables[-1])
    write_joined(tables, [0, 100], tmp_path / "both.parquet")
    rows = list(pl.read_parquet(tmp_path / "both.parquet").iter_rows())
    assert rows == [(0, 1, 2), (3, 4, 5), (100, 6, 7)]
