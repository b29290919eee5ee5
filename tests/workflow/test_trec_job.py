"""Run files from elsewhere, evaluated without any passages."""

import polars as pl
import pytest
import yaml

pytestmark = pytest.mark.xdist_group("house")

JOB = {
    "collection": "pool",
    "collections": {
        "pool": {
            "folder": "pool",
            "passages": None,
            "train": None,
            "query_sets": {"judged": {"level": 2}},
        }
    },
    "metrics": {"names": ["mrr@10", "recall@5"]},
    "systems": {"theirs": {"kind": "trec", "files": {"judged": "pool/theirs.run"}}},
    "tables": {
        "ltre": None,
        "claims": None,
        "runs": {
            "title": "Runs",
            "columns": ["Run"],
            "rows": [{"system": "theirs", "labels": ["theirs"]}],
        },
    },
    "targets": ["runs"],
}


def test_a_run_file_is_tabled_without_passages(house, snakemake):
    folder = house / "pool"
    folder.mkdir()
    (folder / "queries.judged.tsv").write_text("1\triver\n2\tstone\n")
    (folder / "qrels.judged.txt").write_text("1 0 a 1\n1 0 b 2\n1 0 c 3\n2 0 d 2\n")
    (folder / "theirs.run").write_text("1 Q0 a 1 9 x\n1 Q0 b 2 8 x\n")
    (house / "pool.yaml").write_text(yaml.safe_dump(JOB))
    process = snakemake("results/tables", "--configfile", "config/config.yaml", "pool.yaml")
    assert process.returncode == 0, process.stderr[-3000:]
    table = pl.read_parquet(house / "results" / "tables" / "pool" / "runs.parquet")
    values = dict(table.select("metric", "value").iter_rows())
    assert values == pytest.approx({"mrr@10": (1 / 2 + 0) / 2, "recall@5": (1 / 2 + 0) / 2})
