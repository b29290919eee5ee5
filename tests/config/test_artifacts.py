import pytest
from tasb.config.artifacts import Artifacts

from tasb.config.load import load_config

RANDOM = "random-bert-cat-b16-s0"
TAS = "tas-default-n1-bert-cat-b16-s0"
BALANCED = "tas-balanced-default-n1-h10-bert-cat-b16-s0"
LABELS = "random-labels-b16-s0"
OF_TABLE_4 = ("baseline", "none-", "pairwise-", "in-batch-", "dual-random", "dual-tas")


@pytest.fixture
def at(raw):
    """Return the artifacts under a config with given settings of `students` and of one run."""

    def make(run="dual-random", plans=None, **settings):
        raw["plans"] = plans or {}
        raw["runs"][run] |= settings
        return Artifacts(load_config(raw))

    return make


def test_runs_of_equal_sampling_share_a_plan(raw):
    raw["students"]["batch_size"] = 16
    raw["runs"] = {name: run for name, run in raw["runs"].items() if name.startswith(OF_TABLE_4)}
    raw["tables"], raw["targets"] = {"table4": raw["tables"]["table4"]}, None
    at = Artifacts(load_config(raw))
    users = {plan: set() for plan in at.plans()}
    for name, training in at.trainings().items():
        users[at.plan_name(training)].add(name)
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
        ({"lr": 1, "steps": 7, "alpha": 2}, RANDOM),
        ({"sampler": "random-pairs"}, "random-pairs-bert-cat-b16-s0"),
        ({"seed": 4, "batch_size": 8}, "random-bert-cat-b8-s4"),
        ({"clusters_per_batch": 2, "bins": 3}, RANDOM),
        ({"sampler": "tas", "clusters_per_batch": 2, "bins": 3}, TAS.replace("n1", "n2")),
        ({"sampler": "tas-balanced", "bins": 3}, BALANCED.replace("h10", "h3")),
        ({"one_pair_queries": "drop"}, "random-drop-bert-cat-b16-s0"),
    ],
)
def test_a_plan_is_named_after_what_decides_its_batches(at, settings, name):
    artifacts = at(**{"batch_size": 16, **settings})
    assert artifacts.plan_name(artifacts.config.runs["dual-random"]) == name


def test_a_plan_is_cut_into_shards_for_the_longest_run(at):
    artifacts = at(plans={"shard_steps": 40}, steps=100)
    assert [artifacts.shard_steps(RANDOM, shard) for shard in range(3)] == [
        (0, 40), (40, 80), (80, 100)
    ]  # fmt: skip


def test_a_shorter_run_reads_the_first_shards_of_a_plan(at):
    at(run="pairwise-random", steps=81)
    artifacts = at(plans={"shard_steps": 40}, steps=80)
    runs = artifacts.config.runs
    folder = f"results/plans/mini/{RANDOM}"
    assert artifacts.plan(runs["dual-random"]) == [f"{folder}/0.parquet", f"{folder}/1.parquet"]
    assert artifacts.plan(runs["pairwise-random"])[-1] == f"{folder}/2.parquet"
    assert artifacts.in_batch_scores(runs["dual-random"]) == [
        f"{folder}/colbert/0.arrow", f"{folder}/colbert/1.arrow"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "live"),
    [
        ({"batch_size": 32}, False),  # 3.3 GB
        ({"batch_size": 96}, True),  # 29.5 GB
        ({"batch_size": 96, "stored_gigabytes": 29}, True),
        ({"batch_size": 96, "stored_gigabytes": 30}, False),
        ({"batch_size": 96, "in_batch_scores": "stored"}, False),
        ({"batch_size": 32, "in_batch_scores": "live"}, True),
        ({"batch_size": 96, "steps": 200_000}, False),
    ],
)
def test_in_batch_scores_are_stored_up_to_a_size(at, settings, live):
    artifacts = at(**{"steps": 800_000, **settings})
    run = artifacts.config.runs["dual-random"]
    assert run.live is live
    assert (artifacts.in_batch_scores(run) == []) is live


def test_a_run_without_in_batch_loss_reads_no_in_batch_scores(at):
    artifacts = at()
    assert artifacts.in_batch_scores(artifacts.config.runs["pairwise-tas"]) == []


def test_pairs_come_from_bm25_where_the_collection_has_none(raw, changed):
    assert Artifacts(load_config(raw)).pairs() == "results/lexical/mini/pairs.parquet"
    published = load_config(changed("collections.mini.pairs", "triples.tsv"))
    assert Artifacts(published).pairs() == "results/collection/mini/pairs.parquet"


def test_labels_need_no_scores_of_pairs(at):
    artifacts = at()
    runs = artifacts.config.runs
    assert artifacts.scored_pairs(runs["none-random"]) == artifacts.pairs()
    scored = "results/teachers/mini/bert-cat/pair_scores.parquet"
    assert artifacts.scored_pairs(runs["dual-random"]) == scored


def test_a_flat_index_is_the_vectors_themselves(changed):
    raw = changed("systems.untrained.index", "HNSW32")
    raw["vectors"] = {"shards": 2}
    at = Artifacts(load_config(raw))
    assert at.index("untrained") == ["results/vectors/mini/untrained/index.faiss"]
    shards = [f"results/vectors/mini/dual-tas/passages-{shard}.arrow" for shard in (0, 1)]
    assert at.index("dual-tas") == at.passage_vectors("dual-tas") == shards


def test_systems_are_listed_by_kind_with_all_runs(raw):
    at = Artifacts(load_config(raw))
    assert at.systems_of("lexical") == ["bm25"]
    assert at.systems_of("rerank") == ["bert-cat-rerank", "colbert-rerank"]
    assert at.systems_of("run") == list(raw["runs"])
    assert at.systems_of("trec") == []
