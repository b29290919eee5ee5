"""What `snakemake --lint` says."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_lint_leaves_only_the_warning_that_decisions_md_explains() -> None:
    command = [sys.executable, "-m", "snakemake", "--lint"]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    output = process.stdout + process.stderr
    rules = re.findall(r"^Lints for rule (\w+)", output, re.MULTILINE)
    warnings = re.findall(r"^ {4}\* (.*)$", output, re.MULTILINE)
    assert "training" in rules
    assert set(warnings) == {"Specify a conda environment or container for each rule.:"}
