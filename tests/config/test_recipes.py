import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.config.load import load

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

LISTED = {*RERANKED, "bm25"}
"""Systems with a job for the ranking of each query set."""


def searched(systems):
    """Return the names of what is made from the vectors of systems, up to the table."""
    names = {f"search/{name}" for name in systems & DENSE}
    names |= {f"ranking/{name}/{query_set}" for name in systems & LISTED for query_set in SETS}
    return {*names, *(f"metrics/{name}" for name in systems), "table"}


def results(systems):
    """Return the names of what becomes of systems, from their vectors to the table."""
    return {*(f"passage_vectors/{name}" for name in systems & DENSE), *searched(systems)}


def of_runs(runs):
    """Return the names of the trainings of runs and of what becomes of them."""
    return {f"training/{name}" for name in runs} | results(runs)


def of_plans(runs):
    """Return the names of plans and their in-batch scores."""
    taught = runs & (IN_BATCH | DUAL)
    return {f"plan/{name}" for name in runs} | {f"plan_scores/{name}" for name in taught}


FIGURES = {"figure1", "figure2"}
BASELINE = {"query_vectors/baseline", "ranking/baseline/validation", "early_stopping_set"}
CLUSTERED = {"clusters", *FIGURES, *of_plans(TAS), *of_runs(TAS)}
ALL_PLANS = of_plans(RUNS) | {"plan/bert-cat", "plan/colbert"}
TEACHERS = {"training/bert-cat", "training/colbert", "pair_scores"}
OF_COLBERT = {
    "training/colbert",
    "figure2",
    *(f"plan_scores/{name}" for name in IN_BATCH | DUAL),
    *of_runs(IN_BATCH | DUAL),
    *results({"colbert-rerank"}),
}
TRAINED = {*TEACHERS, *ALL_PLANS, *of_runs(RUNS), *results(RERANKED)}
TRAINED |= {"clusters", *FIGURES, *BASELINE}
DRAWN = {"query_set/training", "tokens/training", "pairs", *TRAINED}
METRICS = {f"metrics/{name}" for name in SYSTEMS}


def all_artifacts(raw):
    """Return every artifact under a config, by a name that the config's values do not change."""
    graph = load(raw)
    found = {"passages": graph.passages(), "pairs": graph.pairs()}
    found |= {"encoder": graph.encoder("minilm"), "clusters": graph.clusters("default")}
    found |= {"pair_scores": graph.pair_scores("bert-cat"), "table": graph.table("table4")}
    found |= {"early_stopping_set": graph.early_stopping_set()}
    found |= {name: graph.figure(name) for name in FIGURES}
    for name in ("train", "training", "validation", *SETS):
        found[f"query_set/{name}"] = graph.query_set(name)
    for name in ("passages", "training", "validation", *SETS):
        found[f"tokens/{name}"] = graph.tokens("minilm", name)
    for name in (*RUNS, "bert-cat", "colbert"):
        plan = graph.config.runs[name].plan
        found[f"training/{name}"] = graph.training(name)
        found[f"plan/{name}"] = graph.plan(plan, 0)
        if name in IN_BATCH | DUAL:
            found[f"plan_scores/{name}"] = graph.plan_scores(plan, "colbert", 0)
    found["query_vectors/baseline"] = graph.query_vectors("baseline", "training")
    found["ranking/baseline/validation"] = graph.single_ranking("baseline", "validation")
    for name in DENSE:
        found[f"passage_vectors/{name}"] = graph.passage_vectors(name, 0)
        found[f"search/{name}"] = graph.search(name)
    for name in SYSTEMS:
        found[f"metrics/{name}"] = graph.metrics(name)
        for query_set in SETS if name in LISTED else ():
            found[f"ranking/{name}/{query_set}"] = graph.single_ranking(name, query_set)
    return found


def all_recipes(raw):
    """Return the recipe of every artifact."""
    return {name: artifact.recipe for name, artifact in all_artifacts(raw).items()}


@pytest.fixture
def difference(raw, changed):
    """Return the names of the recipes that the change of one key changes."""

    def compare(key, value):
        before, after = all_artifacts(raw), all_artifacts(changed(key, value))
        assert set(before) == set(after)
        return {name for name in before if before[name].digest != after[name].digest}

    return compare


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("students.lr", 1e-5, {*of_runs(RUNS), *CLUSTERED, *BASELINE}),
        ("runs.dual-random.losses.alpha", 0.5, of_runs(DUAL)),
        (
            "runs.in-batch-random.losses.in_batch",
            {"kind": "margin-mse", "form": "published"},
            of_runs(IN_BATCH),
        ),
        (
            "runs.dual-random.losses.in_batch",
            {"kind": "margin-mse", "scores": "live"},
            {"figure2", *of_runs(DUAL)},
        ),
        ("plans.stored_gigabytes", 20, set()),
        ("runs.dual-tas.lr", 1e-5, of_runs({"dual-tas"})),
        (
            "runs.dual-tas-balanced.sampler",
            {"kind": "tas-balanced", "bins": 5},
            {"figure2", *of_plans(BALANCED), *of_runs(BALANCED)},
        ),
        (
            "runs.pairwise-tas.sampler",
            {"kind": "tas", "clusters_per_batch": 2},
            {"plan/pairwise-tas", *of_runs({"pairwise-tas"})},
        ),
        ("runs.pairwise-tas.sampler", {"kind": "tas", "clusters_per_batch": 1}, set()),
        ("runs.none-random.seed", 9, {"plan/none-random", *of_runs({"none-random"})}),
        ("clusters.default.k", 7, CLUSTERED),
        ("early_stopping_set.depth", 7, {"early_stopping_set", *of_runs(STOPPED)}),
        ("runs.colbert.lr", 1e-5, OF_COLBERT),
        ("runs.colbert.model.head_std", 0.1, OF_COLBERT),
        ("runs.bert-cat.lr", 1e-5, TRAINED - {"plan/none-random", "plan/bert-cat"}),
        ("negatives.per_query", 40, {"pairs", *TRAINED}),
        ("systems.bm25.k1", 1.2, results({"bm25"} | RERANKED)),
        ("systems.bert-cat-rerank.depth", 7, results({"bert-cat-rerank"})),
        ("systems.all-minilm.pooling", "cls", results({"all-minilm"})),
        ("systems.untrained.index", "HNSW32", searched({"untrained"})),
        ("metrics.names", ["ndcg@10", "mrr@10", "recall@50", "map"], {"table", *METRICS}),
        ("metrics.p", 0.01, {"table"}),
        ("tables.table4.title", "Another", {"table"}),
        ("tables.table4.rows.3.labels", ["Another", "Name"], {"table"}),
        ("figures.figure1.topics", 4, {"figure1"}),
        ("figures.figure2.rows.0.label", "Another", {"figure2"}),
        ("targets", ["table4"], set()),
        ("students.gradient_cache", 900, {*of_runs(RUNS), *CLUSTERED, *BASELINE}),
        ("plans.shard_steps", 10, {"figure2"}),
        ("systems.unused", {"kind": "lexical", "k1": 3}, set()),
        ("runs.unused", {"sampler": "tas"}, set()),
        ("collections.unused", {"folder": "x", "query_sets": {"test": {}}}, set()),
        (
            "collections.mini.query_sets.test.level",
            2,
            {"table", *METRICS},
        ),
        ("collections.mini.train_queries", 50, DRAWN),
        ("seed", 1, DRAWN),
        (
            "vectors.shards",
            3,
            {
                *results(DENSE),
                "ranking/baseline/validation",
                "early_stopping_set",
                *of_runs(STOPPED),
            },
        ),
        ("runs.dual-random.steps", 1, {"figure2", *of_runs(DUAL)}),
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
    names = load(swapped).table("table4").recipe["query_sets"]
    assert [name for name, _ in names] == list(reversed(sets))


def test_numbers_as_strings_give_the_recipes_of_the_numbers(raw, changed):
    assert repr(all_recipes(changed("students.lr", "1e-4"))) == repr(
        all_recipes(changed("students.lr", 0.0001))
    )


def test_recipes_hold_plain_json_with_sorted_keys(raw):
    for name, recipe in all_recipes(raw).items():
        again = json.loads(json.dumps(recipe, sort_keys=True))
        assert repr(again) == repr(recipe), name


sampled = st.sampled_from
samplers = st.one_of(
    st.fixed_dictionaries({"kind": sampled(["random", "random-pairs"])}),
    st.fixed_dictionaries(
        {
            "kind": sampled(["tas", "tas-balanced"]),
            "clusters": sampled(["default", "few"]),
            "clusters_per_batch": sampled([1, 2]),
        }
    ),
    st.fixed_dictionaries({"kind": st.just("tas-balanced"), "bins": sampled([5, 10])}),
)
run_settings = st.fixed_dictionaries(
    {
        "sampler": samplers,
        "pairs": st.fixed_dictionaries(
            {"one_pair_queries": sampled(["keep", "drop"]), "kind": sampled(["collection"])},
            optional={"teacher": st.just("teacher")},
        ),
        "batch_size": sampled([8, 16]),
        "seed": sampled([0, 1]),
        "lr": sampled([1e-4, 1e-5]),
    }
).filter(lambda run: run["sampler"]["kind"] != "tas-balanced" or "teacher" in run["pairs"])


@given(run_settings, run_settings)
@settings(max_examples=60, deadline=None)
def test_runs_share_a_plan_by_name_just_if_they_draw_the_same(first, second):
    raw = {
        "collection": "c",
        "collections": {"c": {"folder": "c", "query_sets": {"test": {}}}},
        "encoders": {"distilbert": {"folder": "e"}},
        "clusters": {"default": {"k": 9}, "few": {"k": 3}},
        "students": {
            "early_stopping": None,
            "pairs": "collection",
            "losses": {"pairwise": "ranknet"},
        },
        "runs": {
            "baseline": {},
            "teacher": {},
            "first": first,
            "second": second,
        },
        "tables": {"t": {"title": "t", "columns": ["c"], "metrics": ["ndcg@10"],
                         "rows": [{"system": "baseline", "labels": ["b"]}]}},
    }  # fmt: skip
    graph = load(raw)
    plans = [graph.config.runs[name].plan for name in ("first", "second")]
    one, other = (graph.plan(plan, 0).recipe for plan in plans)
    if plans[0] != plans[1]:
        assert one != other
    else:
        alone = load({**raw, "runs": {name: run for name, run in raw["runs"].items()
                                      if name != "first"}})  # fmt: skip
        assert alone.plan(plans[1], 0).recipe == one
