"""Training in generations: what is written out, what each rests on, and what is refused."""

import copy

import pytest

from tasb.config.load import load
from tasb.errors import TasbError


def named(artifacts):
    return {artifact.name.replace("/mini", "") for artifact in artifacts}


@pytest.fixture
def targets(raw):
    def found(count):
        changed = copy.deepcopy(raw)
        changed["runs"]["ance"]["generations"]["count"] = count
        graph = load(changed)
        return graph, {made.name: made for made in graph.target("table6")}

    return found


def test_a_generation_rests_on_the_one_before_alone(targets):
    graph, _ = targets(3)
    for number in (1, 2, 3):
        below = named(graph.training(f"ance-{number}").closure())
        later = {f"{stage}/ance-{later}" for later in range(number + 1, 4)
                 for stage in ("mining", "students")}  # fmt: skip
        assert not below & later
        assert {f"mining/ance-{earlier}" for earlier in range(1, number + 1)} <= below
        assert f"vectors/ance-{number}/passages-0" not in below
    candidates = graph.candidates("ance-3")
    assert [part.artifact.name for part in candidates.sources["vectors"]] == [
        "vectors/mini/ance-2/passages-0"
    ]
    assert graph.training("ance-3").sources["optimizer"].paths == (
        "results/students/mini/ance-2/optimizer.pt",
    )


def test_the_first_generation_is_mined_by_the_run_that_it_starts_from(targets):
    graph, _ = targets(3)
    assert graph.config.mining["ance-1"].system == "none-random"
    assert "optimizer" not in graph.training("ance-1").sources
    assert graph.config.runs["ance-1"].warmup_steps == 4
    assert graph.config.runs["ance-2"].warmup_steps == 0


def test_one_more_generation_is_just_its_own_jobs(targets):
    before, after = targets(3)[1], targets(4)[1]
    new = {name.replace("/mini", "") for name, made in after.items()
           if name not in before or before[name].recipe != made.recipe}  # fmt: skip
    own = {name for name in new if "ance-4" in name}
    assert "mining/ance-4" in own and "students/ance-4" in own
    following = {"ance-ltre", "metrics/ance-ltre", "tables/table6"}
    others = {name for name in new - own if not any(part in name for part in following)}
    assert others == {"vectors/ance-3/passages-0"} - before.keys() or others == set()


def test_the_name_of_the_run_means_its_last_generation(raw):
    config = load(raw).config
    assert config.runs["ance-ltre"].init == "ance-3"
    assert config.tables["ltre"].compared_with == "ance-3"


def test_generations_take_turns_with_their_share_of_the_queries(raw):
    raw["runs"]["ance"]["generations"]["mining"]["share"] = 0.5
    graph = load(raw)
    parts = [graph.candidates(f"ance-{number}").recipe["part"] for number in (1, 2, 3)]
    assert parts == [0, 1, 0]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("runs.ance.init", "ance", "runs.ance.init: 'ance' would mine with its own index; name a"),
        ("runs.ance.init", "minilm", "runs.ance.init: generations start from a run"),
        (
            "runs.ance-2",
            {"like": "contrastive"},
            "runs.ance-2: generation 2 of 'ance' is called so",
        ),
        ("runs.ance.generations", {"cuont": 3}, "runs.ance.generations: unknown key 'cuont'; did"),
        ("mining.label-free.share", 0.5, "mining.label-free.share: 'bm25' ranks all queries"),
        ("mining.pair_scores", {"system": "bm25"}, "mining.pair_scores: a name in 'the pairs of"),
        ("mining.rocketqa-2.system", "rocketqa-2", "mining.rocketqa-2.system"),
        ("mining.rocketqa-2.system", "rocketqa-3", "runs.rocketqa-2: references form a cycle"),
        ("runs.ltre.init", "minilm", "runs.ltre.init: 'minilm' is an encoder; a run that searches"),
        ("runs.ltre.init", "colbert", "runs.ltre.init"),
        ("runs.ltre.search.vectors", "reconstructed", "runs.ltre.search.vectors: 'reco"),
        (
            "runs.tas-b-ltre-pq.init",
            "baseline",
            "runs.tas-b-ltre-pq.search.system: 'tas-b-pq' has no",
        ),
        (
            "runs.contrastive.init",
            "ltre",
            "runs.contrastive.init: run 'ltre' is no single bert-dot",
        ),
        ("systems.bert-cat-rerank.model", "ltre", "systems.bert-cat-rerank.model: 'ltre' has an"),
        (
            "mining.rocketqa-4.negatives_below",
            0.95,
            "mining.rocketqa-4: negatives_below 0.95 is larger than positives_above 0.9",
        ),
        ("mining.label-free.depth", 2000, "mining.label-free: reads 2000 passages a query"),
        ("mining.rocketqa-3.teacher", None, "mining.rocketqa-3: negatives_below: compares scores"),
        ("collections.mini.train", None, "collections.mini.train: null, but the targets need"),
    ],
)
def test_what_cannot_be_is_one_line_with_its_key(changed, key, value, message):
    with pytest.raises(TasbError) as caught:
        load(changed(key, value))
    assert str(caught.value).startswith(f"config: {message}")
    assert "\n" not in str(caught.value)


def test_without_labels_no_judgment_is_read(raw):
    below = load(raw).training("label-free").closure()
    assert not [made.name for made in below if "qrels" in made.files]
    read = [path for made in below for paths in made.inputs.values() for path in paths]
    assert not [path for path in read if "qrels" in path or "train" in path]


def test_systems_of_one_run_share_its_passage_vectors(raw):
    graph = load(raw)
    for system in ("tas-b-ltre", "tas-b-pq", "tas-b-ltre-opq"):
        (vectors,) = graph.search(system).sources["vectors"]
        assert vectors.artifact.name == "vectors/mini/dual-tas-balanced/passages-0"
    assert graph.search("tas-b-ltre-opq").sources["index"].paths == (
        "results/vectors/mini/tas-b-opq/index.faiss",
    )
