"""benchmarks/gpu.py runs whole, at a tiny size, on a CPU."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "gpu.py"


@pytest.fixture(scope="module")
def found(tmp_path_factory, environment):
    path = tmp_path_factory.mktemp("gpu") / "gpu.json"
    command = [sys.executable, str(SCRIPT), "--tiny", "--json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(path.read_text()), done.stdout


def test_every_check_is_met(found):
    checks = {row["check"]: row["equal"] for row in found[0]["checks"]}
    names = (
        "packed and padded",
        "recorded and not",
        "losses",
        "gradients",
        "vectors",
        "rankings",
        "clusters",
    )
    assert checks == dict.fromkeys(names, True)


def test_every_row_has_a_value_and_the_card_s_limit(found):
    rows, printed = found[0]["rows"], found[1]
    assert [row["what"].partition(",")[0] for row in rows] == [
        *["training"] * 4, *["contrastive"] * 2, "batches of 4 scored by ColBERT",
        "passages encoded",
        *["top 100 of 5"] * 3,
    ]  # fmt: skip
    assert all(row["value"] > 0 for row in rows)
    assert all(row["limit"] > 0 for row in rows if not row["what"].startswith("contrastive"))
    for row in rows:
        assert f"| {row['what']} | {row['value']:,.1f} {row['unit']} |" in printed


def test_a_gpu_is_asked_for(environment):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 2
    assert "no GPU here; --tiny runs the same on a CPU" in done.stderr
