"""The README of a trained retriever, as model hubs show it."""

import json

import polars as pl
import yaml

from tasb.files import read_json, write_text
from tasb.jobs import Job
from tasb.tables.grid import metric_name, number
from tasb.tables.render import escape_markdown
from tasb.tables.templates import template

ORIGINS = ("package", "hub", "folder")


def make(job: Job) -> None:
    """Write the README of a run."""
    recipe, encoder, licences = job.recipe, job.recipe["encoder"], job.recipe["licences"]
    found = template("model_card.md.j2").render(
        run=recipe["run"],
        collection=recipe["collection"],
        licences={name: text and escape_markdown(text) for name, text in licences.items()},
        license=json.dumps(licences["encoder"]),
        started_from=escape_markdown(next(encoder[kind] for kind in ORIGINS if encoder[kind])),
        training=recipe["training"],
        settings=yaml.safe_dump(recipe["training"], sort_keys=False),
        times=read_json(job.file("times")),
        scores=[scores(name, path) for name, path in zip(recipe["query_sets"], job.files("means"))],
    )
    write_text(job.output("readme"), found)


def scores(query_set: str, means: str) -> tuple[str, int, list[tuple[str, str]]]:
    """Return a query set, its number of judged queries, and (metric, value) as printed."""
    table = pl.read_parquet(means)
    printed = [(metric_name(metric), number(value))
               for metric, value in table.select("metric", "value").iter_rows()]  # fmt: skip
    return query_set, int(table["queries"][0]), printed
