"""Which plan a run reads, under which name, in how many shards, and with whose scores."""

from pathlib import Path

import pytest
import yaml

from tasb.config.load import load
from tasb.plans.artifacts import plan_of, plans, scores_live, shards, stored_scores

CONFIG = Path(__file__).parents[2] / "config" / "config.yaml"
RANDOM = "random+by=bert-cat+b16+s0"
TAS = "tas+default+n1+by=bert-cat+b16+s0"
BALANCED = "tas-balanced+default+n1+h10+by=bert-cat+b16+s0"
LABELS = "random+labels+b16+s0"
OF_TABLE_4 = ("baseline", "none-", "pairwise-", "in-batch-", "dual-random", "dual-tas")


@pytest.fixture
def raw():
    return yaml.safe_load(CONFIG.read_text())


@pytest.fixture
def at(raw):
    """Return the graph under given settings of the plans and of one run, and that run."""

    def make(run="dual-random", plans=None, **settings):
        raw["plans"] = plans or {}
        raw["runs"][run] |= settings
        graph = load(raw)
        return graph, graph.config.runs[run]

    return make


def test_runs_of_equal_sampling_share_a_plan(raw):
    raw["runs"] = {name: run for name, run in raw["runs"].items()
                   if name.startswith((*OF_TABLE_4, "bert-cat", "colbert"))}  # fmt: skip
    raw["mining"] = {}
    raw["systems"] = {name: system for name, system in raw["systems"].items()
                      if system["kind"] in ("lexical", "checkpoint")}  # fmt: skip
    raw["tables"], raw["figures"], raw["targets"] = {"first": raw["tables"]["first"]}, {}, None
    runs = load(raw).config.runs
    users = {plan: {name for name, run in runs.items() if run.plan == plan} for plan in plans(runs)}
    assert users == {
        RANDOM: {"colbert", "baseline", "pairwise-random", "in-batch-random", "dual-random"},
        LABELS: {"bert-cat", "none-random"},
        TAS: {"pairwise-tas", "in-batch-tas", "dual-tas"},
        BALANCED: {"pairwise-tas-balanced", "in-batch-tas-balanced", "dual-tas-balanced"},
        **{
            BALANCED.replace("s0", f"s{seed}"): {f"dual-tas-balanced-{letter}"}
            for seed, letter in enumerate("bcde", start=1)
        },
    }


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, RANDOM),
        ({"lr": 1, "steps": 7}, RANDOM),
        ({"sampler": "random-pairs"}, "random-pairs+by=bert-cat+b16+s0"),
        ({"seed": 7, "batch_size": 8}, "random+by=bert-cat+b8+s7"),
        ({"sampler": {"kind": "tas", "clusters_per_batch": 2}}, TAS.replace("n1", "n2")),
        ({"sampler": {"kind": "tas-balanced", "bins": 3}}, BALANCED.replace("h10", "h3")),
        ({"pairs": {"one_pair_queries": "drop"}}, "random+drop+by=bert-cat+b16+s0"),
        ({"pairs": {"kind": "published"}}, "random+published+b16+s0"),
    ],
)
def test_a_plan_is_named_after_what_decides_its_batches(at, settings, name):
    _, run = at(**{"batch_size": 16, **settings})
    assert run.plan == name


def test_a_plan_is_cut_into_shards_for_the_longest_run(at):
    graph, _ = at(plans={"shard_steps": 40}, steps=100)
    steps = [graph.plan(RANDOM, shard).recipe["steps"] for shard in range(3)]
    assert steps == [[0, 40], [40, 80], [80, 100]]


def test_a_shorter_run_reads_the_first_shards_of_a_plan(at):
    at(run="pairwise-random", steps=81)
    graph, run = at(plans={"shard_steps": 40}, steps=80)
    folder = f"results/plans/mini/{RANDOM}"
    read = [path for part in plan_of(graph, run) for path in part.paths]
    assert read == [f"{folder}/0.parquet", f"{folder}/1.parquet"]
    scores = [path for part in stored_scores(graph, run) for path in part.paths]
    assert scores == [f"{folder}/colbert/0.arrow", f"{folder}/colbert/1.arrow"]
    assert list(shards(graph, graph.config.runs["pairwise-random"])) == [0, 1, 2]


STORED = {"kind": "margin-mse", "scores": "stored"}
LIVE = {"kind": "margin-mse", "scores": "live"}


@pytest.mark.parametrize(
    ("settings", "plans", "live"),
    [
        ({"batch_size": 32}, {}, False),  # 3.3 GB
        ({"batch_size": 96}, {}, True),  # 29.5 GB
        ({"batch_size": 96}, {"stored_gigabytes": 29}, True),
        ({"batch_size": 96}, {"stored_gigabytes": 30}, False),
        ({"batch_size": 96, "losses": {"in_batch": STORED}}, {}, False),
        ({"batch_size": 32, "losses": {"in_batch": LIVE}}, {}, True),
        ({"batch_size": 96, "steps": 200_000}, {}, False),
    ],
)
def test_in_batch_scores_are_stored_up_to_a_size(at, settings, plans, live):
    graph, run = at(plans=plans, **{"steps": 800_000, **settings})
    assert scores_live(graph, run) is live
    assert (stored_scores(graph, run) == []) is live


def test_a_run_without_in_batch_loss_reads_no_in_batch_scores(at):
    graph, _ = at()
    run = graph.config.runs["pairwise-tas"]
    assert stored_scores(graph, run) == []
    assert scores_live(graph, run) is False


def test_pairs_come_from_bm25_where_the_collection_has_none(raw):
    assert load(raw).pairs().files["pairs"] == ["results/lexical/mini/pairs.parquet"]
    raw["collections"]["mini"]["pairs"] = "triples.tsv"
    assert load(raw).pairs().files["pairs"] == ["results/collection/mini/pairs.parquet"]


def test_labels_need_no_scores_of_pairs(at):
    graph, _ = at()
    labels = graph.config.runs["none-random"].plan
    assert graph.plan(labels, 0).inputs["pairs"] == ["results/lexical/mini/pairs.parquet"]
    scored = graph.pair_scores("bert-cat").files["pairs"]
    assert graph.plan(RANDOM, 0).inputs["pairs"] == scored
