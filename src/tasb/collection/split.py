"""A slice of the training queries for validation, split by passage."""

from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import Job, log
from tasb.seeds import stream


def topics_of_shared_passages(qrels: pl.DataFrame) -> pl.DataFrame:
    """Return query_id, component: queries that share a passage are in one component."""
    queries = qrels["query_id"].rank("dense").to_numpy() - 1
    passages = qrels["passage_id"].rank("dense").to_numpy() - 1
    nodes = int(queries.max()) + 1 + int(passages.max()) + 1
    edges = coo_matrix(
        (np.ones(len(queries)), (queries, passages + queries.max() + 1)), shape=(nodes, nodes)
    )
    _, labels = connected_components(edges, directed=False)
    table = pl.DataFrame({"query_id": qrels["query_id"], "component": labels[queries]})
    return table.unique(maintain_order=True)


def held_out(qrels: pl.DataFrame, fraction: float, random: np.random.Generator) -> set[str]:
    """Draw about this fraction of the judged queries, such that no passage is on both sides.

    Args:
        qrels: query_id, passage_id, grade.
        fraction: share of the components (see `topics_of_shared_passages`) that is drawn.
        random: the generator of the draw.

    Returns:
        The query ids of the held-out side.
    """
    table = topics_of_shared_passages(qrels)
    components = table["component"].unique().sort().to_numpy()
    count = round(fraction * len(components))
    if not 0 < count < len(components):
        raise TasbError(
            f"validation.fraction: {fraction} of {len(components)} groups of training queries "
            "leaves one side empty"
        )
    drawn = random.permutation(components)[:count]
    return set(table.filter(pl.col("component").is_in(drawn.tolist()))["query_id"])


def make(job: Job) -> None:
    """Write the queries that train, or the held-out ones."""
    recipe, (queries, qrels) = job.recipe, job.files("train")
    write_part(
        queries,
        qrels,
        recipe["held_out"],
        recipe["fraction"],
        recipe["train_queries"],
        stream(recipe["seed"]),
        job.output("queries"),
        job.output("qrels"),
    )


def write_part(
    queries: str | Path,
    qrels: str | Path,
    keep_held_out: bool,
    fraction: float | None,
    limit: int | None,
    random: np.random.Generator,
    queries_path: str | Path,
    qrels_path: str | Path,
) -> None:
    """Write the training side or the held-out side of the training queries.

    Queries without a relevant passage teach nothing and are on neither side.

    Args:
        queries: the queries of the training split.
        qrels: their judgments.
        keep_held_out: which side is written.
        fraction: share that is held out, if any is.
        limit: training queries to draw; null for all.
        random: the generator of both draws.
        queries_path: Parquet to write; positions are numbered from 0 again.
        qrels_path: Parquet to write.

    Raises:
        TasbError: no query has a relevant passage, or one side is empty.
    """
    judged = pl.read_parquet(qrels).filter(pl.col("grade") >= 1, pl.col("passage").is_not_null())
    if judged.is_empty():
        raise TasbError(f"{qrels}: no training query has a relevant passage")
    chosen = set(judged["query_id"])
    idle = pl.read_parquet(queries, columns=["id"]).height - len(chosen)
    log.info("%d queries without a relevant passage are left out", idle)
    if fraction is not None:
        side = held_out(judged, fraction, random)
        chosen = side if keep_held_out else chosen - side
    if limit is not None and not keep_held_out and limit < len(chosen):
        chosen = set(random.permutation(sorted(chosen))[:limit].tolist())
    _write_chosen(queries, qrels, chosen, queries_path, qrels_path)


def _write_chosen(
    queries: str | Path,
    qrels: str | Path,
    chosen: set[str],
    queries_path: str | Path,
    qrels_path: str | Path,
) -> None:
    names = pl.Series(sorted(chosen), dtype=pl.String).implode()
    texts = pl.read_parquet(queries).filter(pl.col("id").is_in(names)).drop("position")
    texts = texts.with_row_index("position").with_columns(pl.col("position").cast(pl.Int32))
    with whole(queries_path) as part:
        texts.write_parquet(part)
    judged = pl.read_parquet(qrels).filter(pl.col("query_id").is_in(names)).drop("query")
    own = texts.select(pl.col("position").alias("query"), pl.col("id").alias("query_id"))
    judged = own.join(judged, on="query_id", how="right", maintain_order="right")
    with whole(qrels_path) as part:
        judged.select("query", "passage", "query_id", "passage_id", "grade").write_parquet(part)
    log.info("%s: %d queries", queries_path, texts.height)
