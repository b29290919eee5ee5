import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tasb.config.artifacts import Artifacts
from tasb.config.recipe import canonical, digest, made
from tasb.config.recipes import Recipes

from tasb.config.load import load_config

SETS = ("test", "graded")
PAIRWISE = {"pairwise-random", "pairwise-tas", "pairwise-tas-balanced"}
IN_BATCH = {"in-batch-random", "in-batch-tas", "in-batch-tas-balanced"}
DUAL = {"dual-random", "dual-tas", "dual-tas-balanced"}
BALANCED = {"dual-tas-balanced"}
STOPPED = {"none-random", *PAIRWISE, *IN_BATCH, *DUAL}
RUNS = {"baseline", *STOPPED}
TAS = {name for name in RUNS if "tas" in name}
RERANKED = {"bert-cat-rerank", "colbert-rerank"}
CHECKPOINTS = {"untrained", "all-minilm"}
DENSE = RUNS | CHECKPOINTS
SYSTEMS = {*DENSE, *RERANKED, "bm25"}

BASELINE_QUERIES = {f"query_vectors/baseline/{name}" for name in ("training", "validation")}


def results(systems):
    """Return the names of what becomes of systems, from their vectors to the table."""
    names = {f"passage_vectors/{name}" for name in systems & DENSE}
    for query_set in SETS:
        names |= {f"query_vectors/{name}/{query_set}" for name in systems & DENSE}
        names |= {
            f"{kind}/{name}/{query_set}" for kind in ("ranking", "metrics") for name in systems
        }
    return {*names, "table"}


def of_runs(runs):
    """Return the names of the trainings of runs and of what becomes of them."""
    return {f"training/{name}" for name in runs} | results(runs)


def of_plans(runs):
    """Return the names of plans and their in-batch scores."""
    taught = runs & (IN_BATCH | DUAL)
    return {f"plan/{name}" for name in runs} | {f"plan_scores/{name}" for name in taught}


FIGURES = {"figure1", "figure2"}
BASELINE_RANKING = {"ranking/baseline/validation", "early_stopping_set"}
CLUSTERED = {"clusters", *FIGURES, *of_plans(TAS), *of_runs(TAS)}
ALL_PLANS = of_plans(RUNS) | {"plan/bert-cat", "plan/colbert"}
TEACHERS = {"training/bert-cat", "training/colbert", "pair_scores"}
TRAINED = {*TEACHERS, *ALL_PLANS, *of_runs(RUNS), *results(RERANKED)}
TRAINED |= {"clusters", *FIGURES, *BASELINE_QUERIES, *BASELINE_RANKING}
DRAWN = {"query_set/training", "tokens/training", "pairs", *TRAINED}
METRICS = {f"metrics/{name}/{query_set}" for name in SYSTEMS for query_set in SETS}
SEARCHED = {name for name in results(DENSE) if not name.startswith("query_vectors/")}


def all_recipes(raw):
    """Return every recipe under a config, by a name that the config's values do not change."""
    config = load_config(raw)
    at = Recipes(config)
    found = {"passages": at.passages(), "pairs": at.pairs(), "encoder": at.encoder("minilm")}
    found |= {"clusters": at.clusters("default"), "pair_scores": at.pair_scores("bert-cat")}
    found |= {"early_stopping_set": at.early_stopping_set(), "table": at.table("table4")}
    found["tokens/passages"] = at.passage_tokens("minilm")
    found |= {name: at.figure(name) for name in FIGURES}
    for name in ("train", "training", "validation", *SETS):
        found[f"query_set/{name}"] = at.query_set(name)
        if name != "train":
            found[f"tokens/{name}"] = at.query_tokens("minilm", name)
    for name in (*sorted(RUNS), "bert-cat", "colbert"):
        found[f"training/{name}"] = at.training(name)
        found[f"plan/{name}"] = at.plan(config.trained(name))
        if name in IN_BATCH | DUAL:
            found[f"plan_scores/{name}"] = at.plan_scores(config.runs[name], "colbert")
    return found | _system_recipes(at)


def _system_recipes(at):
    found = {f"passage_vectors/{name}": at.passage_vectors(name) for name in sorted(DENSE)}
    for query_set in SETS:
        for name in sorted(SYSTEMS):
            found[f"ranking/{name}/{query_set}"] = at.ranking(name, query_set)
            found[f"metrics/{name}/{query_set}"] = at.metrics(name, query_set)
            if name in DENSE:
                found[f"query_vectors/{name}/{query_set}"] = at.query_vectors(name, query_set)
    for name in ("training", "validation"):
        found[f"query_vectors/baseline/{name}"] = at.query_vectors("baseline", name)
    found["ranking/baseline/validation"] = at.ranking("baseline", "validation")
    return found


@pytest.fixture
def difference(raw, changed):
    """Return the names of the recipes that the change of one key changes."""

    def compare(key, value):
        before, after = all_recipes(raw), all_recipes(changed(key, value))
        assert set(before) == set(after)
        return {name for name in before if repr(before[name]) != repr(after[name])}

    return compare


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (
            "students.lr",
            1e-5,
            {*of_runs(RUNS), *CLUSTERED, *BASELINE_QUERIES, *BASELINE_RANKING},
        ),
        ("students.alpha", 0.5, of_runs(DUAL)),
        ("students.in_batch_form", "published", of_runs(IN_BATCH | DUAL)),
        ("students.in_batch_scores", "live", {"figure2", *of_runs(IN_BATCH | DUAL)}),
        ("students.stored_gigabytes", 20, set()),
        ("runs.dual-tas.lr", 1e-5, of_runs({"dual-tas"})),
        ("runs.dual-tas-balanced.bins", 5, {"figure2", *of_plans(BALANCED), *of_runs(BALANCED)}),
        ("runs.pairwise-tas.bins", 5, set()),
        ("runs.pairwise-random.clusters_per_batch", 2, set()),
        ("runs.none-random.seed", 9, {"plan/none-random", *of_runs({"none-random"})}),
        ("clusters.default.k", 7, CLUSTERED),
        ("early_stopping_set.depth", 7, {"early_stopping_set", *of_runs(STOPPED)}),
        (
            "teachers.colbert.lr",
            1e-5,
            {
                "training/colbert",
                "figure2",
                *(f"plan_scores/{name}" for name in IN_BATCH | DUAL),
                *of_runs(IN_BATCH | DUAL),
                *results({"colbert-rerank"}),
            },
        ),
        ("students.head_std", 0.1, set()),
        (
            "teachers.colbert.head_std",
            0.1,
            {
                "training/colbert",
                "figure2",
                *(f"plan_scores/{name}" for name in IN_BATCH | DUAL),
                *of_runs(IN_BATCH | DUAL),
                *results({"colbert-rerank"}),
            },
        ),
        (
            "teachers.bert-cat.lr",
            1e-5,
            TRAINED - {"plan/none-random", "plan/bert-cat"},
        ),
        ("negatives.per_query", 40, {"pairs", *TRAINED}),
        ("systems.bm25.k1", 1.2, results({"bm25"} | RERANKED)),
        ("systems.bert-cat-rerank.depth", 7, results({"bert-cat-rerank"})),
        ("systems.all-minilm.pooling", "cls", results({"all-minilm"})),
        (
            "systems.untrained.index",
            "HNSW32",
            {f"{kind}/untrained/{name}" for kind in ("ranking", "metrics") for name in SETS}
            | {"table"},
        ),
        ("metrics.names", ["ndcg@10", "mrr@10", "recall@50", "map"], {"table", *METRICS}),
        ("metrics.p", 0.01, {"table"}),
        ("tables.table4.title", "Another", {"table"}),
        ("tables.table4.rows.3.labels", ["Another", "Name"], {"table"}),
        ("figures.figure1.topics", 4, {"figure1"}),
        ("figures.figure2.rows.0.label", "Another", {"figure2"}),
        ("targets", ["table4"], set()),
        (
            "students.gradient_cache",
            900,
            {*of_runs(RUNS), *CLUSTERED, *BASELINE_QUERIES, *BASELINE_RANKING},
        ),
        ("plans.shard_steps", 10, {"figure2"}),
        ("systems.unused", {"kind": "lexical", "k1": 3}, set()),
        ("runs.unused", {"sampler": "tas"}, set()),
        ("collections.unused", {"folder": "x", "query_sets": {"test": {}}}, set()),
        (
            "collections.mini.query_sets.test.level",
            2,
            {"table", *(f"metrics/{name}/test" for name in SYSTEMS)},
        ),
        ("collections.mini.train_queries", 50, DRAWN),
        ("seed", 1, DRAWN),
        ("vectors.shards", 3, {*SEARCHED, *BASELINE_RANKING, *of_runs(STOPPED)}),
        ("runs.dual-random.steps", 1, {"figure2", *of_runs({"dual-random"})}),
    ],
)
def test_a_change_of_one_key_changes_the_recipes_of_what_depends_on_it(
    difference, key, value, expected
):
    assert difference(key, value) == expected


def _reversed(value):
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


def test_the_order_of_keys_changes_no_recipe(raw):
    other = _reversed(copy.deepcopy(raw))
    other["collections"]["mini"]["query_sets"] = raw["collections"]["mini"]["query_sets"]
    assert list(other) == list(reversed(raw))
    assert repr(all_recipes(other)) == repr(all_recipes(raw))


def test_the_order_of_query_sets_is_that_of_the_columns(raw, changed):
    sets = raw["collections"]["mini"]["query_sets"]
    swapped = changed("collections.mini.query_sets", {name: sets[name] for name in reversed(sets)})
    names = Recipes(load_config(swapped)).table("table4")["query_set_names"]
    assert names == list(reversed(sets))


def test_numbers_as_strings_give_the_recipes_of_the_numbers(raw, changed):
    assert repr(all_recipes(changed("students.lr", "1e-4"))) == repr(
        all_recipes(changed("students.lr", 0.0001))
    )


def test_recipes_hold_plain_json_with_sorted_keys(raw):
    for name, recipe in all_recipes(raw).items():
        again = json.loads(json.dumps(recipe, sort_keys=True))
        assert repr(again) == repr(recipe), name


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), values, max_size=4), st.randoms())
@settings(max_examples=60)
def test_equal_values_have_one_canonical_form(value, random):
    keys = list(value)
    random.shuffle(keys)
    shuffled = {key: value[key] for key in keys}
    assert repr(canonical(shuffled)) == repr(canonical(value))
    assert canonical(value) == value


@pytest.mark.parametrize("value", [Path("a"), {1, 2}, b"a", {"a": [object()]}])
def test_what_snakemake_cannot_track_is_no_recipe(value):
    with pytest.raises(TypeError, match="would not be tracked"):
        canonical(value)


def test_a_recipe_holds_digests_of_what_it_is_made_from():
    source = made({"b": (1, 2), "a": 0.5})
    assert repr(source) == "{'a': 0.5, 'b': [1, 2], 'from': {}}"
    result = made({"c": True}, texts=source)
    assert result == {"c": True, "from": {"texts": digest(source)}}
    assert digest(source) != digest(made({"b": (1, 2), "a": 0.25}))
    assert len(digest(source)) == 16


run_settings = st.fixed_dictionaries(
    {
        "sampler": st.sampled_from(["random", "random-pairs", "tas", "tas-balanced"]),
        "clusters": st.sampled_from(["default", "few"]),
        "clusters_per_batch": st.sampled_from([1, 2]),
        "bins": st.sampled_from([5, 10]),
        "one_pair_queries": st.sampled_from(["keep", "drop"]),
        "margins": st.sampled_from(["bert-cat", None]),
        "batch_size": st.sampled_from([8, 16]),
        "seed": st.sampled_from([0, 1]),
        "steps": st.sampled_from([10, 20]),
        "lr": st.sampled_from([1e-4, 1e-5]),
        "pairwise_loss": st.just("ranknet"),
    }
).filter(lambda run: run["margins"] or run["sampler"] != "tas-balanced")


@given(run_settings, run_settings)
@settings(max_examples=60, deadline=None)
def test_runs_share_a_plan_by_name_just_if_they_draw_the_same(first, second):
    raw = {
        "collection": "c",
        "collections": {"c": {"folder": "c", "query_sets": {"test": {}}}},
        "encoders": {"distilbert": {"folder": "e"}},
        "teachers": {
            "bert-cat": {"kind": "published"},
        },
        "clusters": {"default": {"k": 9}, "few": {"k": 3}},
        "students": {"early_stopping": None},
        "runs": {"baseline": {}, "first": first, "second": second},
        "tables": {"t": {"title": "t", "columns": ["c"], "metrics": ["ndcg@10"],
                         "rows": [{"system": "baseline", "labels": ["b"]}]}},
    }  # fmt: skip
    config = load_config(raw)
    recipes, at = Recipes(config), Artifacts(config)
    one, other = (config.runs[name] for name in ("first", "second"))
    same_name = at.plan_name(one) == at.plan_name(other)
    assert same_name == (recipes.plan(one) == recipes.plan(other))
