"""Systems of Table 7, Table 1, Figure 3 and the claims: what is refused, and what a key redoes."""

import pytest

from tasb.config.load import load
from tasb.errors import TasbError
from tasb.graph import Graph

MINI = "mini"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("systems.bm25-duo.depth", 1, "bm25-duo.depth: 1; model 'duo-bert' compares"),
        ("systems.bm25-deepct.run", None, "bm25-deepct: give one of 'run' and 'file'"),
        ("systems.bm25-deepct.run", "colbert", "is of model 'colbert'; name a run of deep"),
        ("systems.doct5query.encoder", "minilm", "doct5query: give one of 'run', 'encoder'"),
        ("systems.doct5query.run", "deepct", "is of model 'deep-ct'; name a run of doc2query"),
        ("systems.colbert-search.run", "bert-cat", "is of model 'bert-cat'; name a run of"),
        ("systems.colbert-search.index", "HNSW32_PQ4", "systems.colbert-search.index"),
        ("systems.bm25-mono.model", "deepct", "'deepct' is of model 'deep-ct', no pair scores"),
        ("runs.deepct.losses", {"pairwise": "ranknet"}, "scores no pairs; set losses"),
        ("runs.duo-bert.negatives", 2, "negatives: model 'duo-bert'"),
        ("runs.duo-bert.early_stopping", {"interval": 1}, "early_stopping: model 'duo-bert'"),
        ("tables.table7.latency", {"groups": [{"title": "a"}] * 2}, "each but the last"),
        ("latency.repetitions", 99, "latency.repetitions"),
        ("latency.query_set", "tests", "latency.query_set: unknown query set"),
        ("figures.figure3.query_set", "train", "figure3.query_set: unknown query set"),
        ("tables.claims.claims.0.metric", "map", "claims[0].metric: unknown metric 'map'"),
        ("tables.claims.claims.0.against", "bm26", "claims[0].against: unknown system"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line_with_its_key(refusal, key, value, message):
    found = refusal(key, value)
    assert message in found
    assert "\n" not in found


def test_a_t5_that_compares_needs_two_passages(refusal):
    system = {
        "kind": "rerank-t5",
        "system": "bm25",
        "encoder": "minilm",
        "compares": True,
        "depth": 1,
    }
    assert "depth: 1; with 'compares' passages are scored in pairs" in refusal("systems.t5", system)


def test_a_pipeline_on_a_run_file_has_no_latency(changed):
    raw = changed("systems.elsewhere", {"kind": "trec", "files": {"test": "a", "graded": "b"}})
    raw["systems"]["again"] = {"kind": "rerank", "system": "elsewhere", "model": "bert-cat"}
    raw["tables"]["table1"]["system"] = "again"
    with pytest.raises(TasbError, match=r"table1.system: 'again' rests on a run file: no latency"):
        load(raw)
    raw["tables"]["table1"]["system"] = "bm25"
    raw["tables"]["table7"]["rows"][0]["system"] = "again"
    table = load(raw).table("table7")
    assert table.recipe["latency"]["again"] == []


def recipes(graph: Graph) -> dict[str, object]:
    """The recipe of each artifact of the main job, by its name."""
    made = {job for name in graph.config.chosen for job in graph.target(name)}
    return {job.name.replace(f"/{MINI}", ""): job.recipe for job in made}


@pytest.fixture
def redone(loaded):
    """The artifacts whose recipes one key changes."""

    def change(key, value):
        before, after = recipes(loaded("seed", 20210711)), recipes(loaded(key, value))
        return {name for name in after if before.get(name) != after[name]}

    return change


def of_system(name, *tables, latency=True):
    """What the rankings of a system are for: themselves, its metrics, latency and tables."""
    found = {f"rankings/{name}/{each}" for each in ("test", "graded")} | {f"metrics/{name}"}
    found |= {f"latency/{name}/1"} if latency else set()
    return found | {f"tables/{table}" for table in tables}


@pytest.mark.parametrize(
    ("key", "value", "name"),
    [
        ("systems.bm25-deepct.scale", "sqrt", "bm25-deepct"),
        ("systems.bm25-deepct.k1", 18.0, "bm25-deepct"),
        ("systems.colbert-search.nprobe", 4, "colbert-search"),
        ("systems.colbert-search.hits", 64, "colbert-search"),
        ("systems.bm25-duo.depth", 4, "bm25-duo"),
    ],
)
def test_a_key_of_the_search_ranks_and_makes_nothing_before(redone, key, value, name):
    assert redone(key, value) == of_system(name, "table7")


def test_an_index_over_tokens_encodes_nothing(redone):
    changed = redone("systems.colbert-search.index", "IVF32,Flat")
    assert changed == of_system("colbert-search", "table7") | {
        "vectors/colbert-search/tokens/index"
    }


def test_a_comparison_that_is_trained_otherwise_reranks(redone):
    changed = redone("runs.duo-bert.lr", 1e-5)
    systems = ("bm25", "doct5query", "tas-b", "tas-b-doct5query")
    names = [f"{name}{end}" for name in systems for end in ("-duo", "-mono-duo")]
    expected = {"students/duo-bert"}.union(*(of_system(name, "table7") for name in names))
    assert changed == expected


def test_other_queries_rank_again_what_reads_them(redone):
    changed = redone("systems.doct5query.top_k", 20)
    assert {name.split("/")[0] for name in changed} == {
        "lexical", "rankings", "latency", "metrics", "tables",
    }  # fmt: skip
    systems = {name.split("/")[1] for name in changed if name.startswith("rankings/")}
    assert all("doct5query" in name for name in systems) and len(systems) == 9


def test_more_repetitions_measure_and_table_alone(redone):
    changed = redone("latency.repetitions", 200)
    tables = {name for name in changed if not name.startswith("latency/")}
    assert tables == {"tables/table1", "tables/table7", "tables/claims"}
    assert all(name.endswith("/1") for name in changed - tables)


def test_a_cutoff_or_a_claim_draws_or_prints_again(redone):
    assert redone("figures.figure3.cutoffs", [1, 10]) == {"tables/figure3"}
    assert redone("tables.claims.claims.0.percent", 40) == {"tables/claims"}


def test_a_key_of_a_t5_ranks_again_and_makes_nothing_before(loaded):
    system = {"kind": "rerank-t5", "system": "bm25", "encoder": "minilm"}
    before, after = (loaded("systems.bm25-mono", {**system, "depth": depth}) for depth in (20, 30))
    one, other = recipes(before), recipes(after)
    changed = {name for name in other if one.get(name) != other[name]}
    named = {name for name in changed if "bm25-mono/" in name or name.endswith("bm25-mono")}
    assert named == of_system("bm25-mono")
    assert {name.split("/")[0] for name in changed} == {"rankings", "latency", "metrics", "tables"}
