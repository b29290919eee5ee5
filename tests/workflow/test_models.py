"""A trained model leaves the workflow whole: by its folder alone it gives the same rankings."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import polars as pl
import pytest

pytestmark = pytest.mark.xdist_group("tiny")

RUN = "none-random"
FOLDER = f"results/students/tiny/{RUN}"
README = Path(__file__).parents[2] / "README.md"


def test_a_folder_is_evaluated_by_its_own_card(finished, snakemake, tiny_job):
    _, *rest = tiny_job
    own = f"encoders={{theirs: {{folder: {FOLDER}}}}}"
    system = "systems={again: {kind: checkpoint, encoder: theirs}}"
    target = "results/metrics/tiny/again/test.means.parquet"
    process = snakemake(target, *rest, "--config", own, system)
    assert process.returncode == 0, process.stderr[-4000:]
    rankings = finished / "results" / "rankings" / "tiny"
    first, again = (pl.read_parquet(rankings / name / "test.parquet") for name in (RUN, "again"))
    assert again.drop("score").equals(first.drop("score"))
    np.testing.assert_allclose(again["score"], first["score"], rtol=1e-6)
    means = [pl.read_parquet(finished / f"results/metrics/tiny/{name}/test.means.parquet")
             for name in (RUN, "again")]  # fmt: skip
    assert means[0].equals(means[1])


def test_the_lines_of_the_readme_load_encode_and_score(finished):
    pytest.importorskip("sentence_transformers")
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    assert len(code.strip().splitlines()) <= 12
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(re.sub(r'"results/students/[^"]*"', repr(str(finished / FOLDER)), code), {})
    lines = [line.split(maxsplit=1) for line in printed.getvalue().splitlines()]
    assert len(lines) == 2
    assert float(lines[0][0]) >= float(lines[1][0])


def test_the_card_of_a_model_has_its_scores(finished):
    card = (finished / FOLDER / "README.md").read_text(encoding="utf-8")
    means = pl.read_parquet(finished / f"results/metrics/tiny/{RUN}/test.means.parquet")
    values = [f"{value:.3f}".removeprefix("0") for value in means["value"]]
    assert f"| test | 6 | {' | '.join(values)} |" in card
    assert "trained by tasb on the collection `tiny`" in card
