"""The jobs of the tiny job that follow from one thing, each by its rule and its wildcards."""

SETS = ("graded", "test")
RERANKED = ("bert-cat-rerank", "colbert-rerank")
FUSED = ("fused", "fused-ranks")
TABLE = {"table table4", "results/tables"}
FIGURES = {"figure figure1", "figure figure2"}
TIMED = {"table table1", "table table7"}
"""What shows the latency of the fusion."""


def of_sets(system, sets=SETS):
    """The jobs of a system that ranks each query set by itself, and what follows."""
    return {f"ranking {system} {name}" for name in sets} | {f"metrics {system}"}


def evaluated(system):
    """The jobs that read the rankings of a system: its metrics, and the card of a run."""
    card = {f"model_card {system}"} if system in (*TRAINED, *METHODS, "dual-random") else set()
    card = {f"model_card {system}"} if system == "other-seed" else card
    return {f"metrics {system}", *card}


def of_search(system):
    """The jobs of a dense system from its search on."""
    return {f"search {system}", *evaluated(system)}


def of_pipelines(sets=SETS):
    """What is made from rankings of dual-tas-balanced: a fusion, comparisons, their latencies."""
    latencies = {"latency fused 1", "latency tas-b-duo 1"}
    return of_sets("fused", sets) | of_sets("tas-b-duo", sets) | latencies | TIMED | FIGURE3


def of_run(run):
    """The jobs of a run from its training to its metrics, and of what goes on from it."""
    extra = {"none-random": ANCE}.get(run, set())
    if run == "dual-tas-balanced":
        extra = VALIDATED | LTRE | of_pipelines() | {"latency dual-tas-balanced 1"}
    claimed = {"table claims"} if run in (*TRAINED, "label-free") else set()
    return {f"training {run}", f"vectors {run} passages-0", *of_search(run), *extra, *claimed}


def of_plan(plan):
    return {f"plan {plan} 0", f"plan_scores {plan} colbert 0"}


FIGURE3 = {"figure figure3"}
TRAINED = ("none-random", "in-batch-tas", "dual-tas-balanced")
METHODS = ("ance-2", "tas-b-ltre-opq-own", "label-free")
LTRE = {"query_training tas-b-ltre-opq-own", "index tas-b-opq", "table table2"}
LTRE |= of_search("tas-b-ltre-opq-own")
"""What goes on from dual-tas-balanced."""
ANCE = {f"{rule} ance-{number}{rest}" for number in (1, 2)
        for rule, rest in (("candidates", ""), ("mined", ""), ("generation", ""))}  # fmt: skip
ANCE |= {f"plan random+mined=ance-{number}+labels+b4+s0 0" for number in (1, 2)}
ANCE |= {"vectors ance-1 passages-0", "vectors ance-2 passages-0", "table table2"}
ANCE |= of_search("ance-2") | FIGURE3
"""What goes on from none-random."""
LABEL_FREE = of_run("label-free")
OTHERS = ("in-batch-tas", "dual-tas-balanced", "tas-b-ltre-opq-own")
"""Runs that are like none-random."""
PLAN_UNLABELLED = "tas-balanced+unlabelled+n1+h10+mined=label-free+by=all-minilm+b4+s0"
TOPICS_UNLABELLED = {"clusters unlabelled", f"plan {PLAN_UNLABELLED} 0", *LABEL_FREE}
TABLES = {*TABLE, "table table2", "table table7", "table claims"}
"""What shows the metrics of systems."""
VALIDATED = {"ranking dual-tas-balanced validation"}
"""The validation queries by which the weight of the fusion is chosen."""
TAS, BALANCED = "tas+default+n1+by=bert-cat+b4+s0", "tas-balanced+default+n1+h10+by=bert-cat+b4+s0"
CLUSTERED = {"clusters default", *of_plan(TAS), *of_plan(BALANCED)} | (
    of_run("in-batch-tas") | of_run("dual-tas-balanced") | TABLE | FIGURES
)
SINGLE = ("bm25", "bm25-deepct", "doct5query", "colbert-search")
"""Systems that rank each query set by itself, from none of the others."""
ROWS = (*TRAINED, *METHODS, *SINGLE, *RERANKED, "tas-b-duo", "untrained", *FUSED)
EVALUATED = set().union(*map(evaluated, ROWS))
NAMES = ["ndcg@10", "mrr@10", "recall@5", "map@1000"]
