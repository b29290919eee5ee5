"""A copy of the workflow beside a tiny generated collection, and one run of it to its end."""

import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COPIED = ("Snakefile", "src", "workflow", "profiles", "config", "resources/paper")
FEW_STEPS = {
    "lr": 1e-3,
    "steps": 4,
    "batch_size": 4,
    "warmup_steps": 1,
    "checkpoint_interval": 2,
    "log_interval": 1,
    "query_length": 12,
    "passage_length": 32,
}
KEPT = ("none-random", "in-batch-tas", "dual-tas-balanced")
METHODS = ("ance", "tas-b-ltre-opq-own", "label-free")
"""One run of each kind of supervision and of each sampler; the others differ in their mix.

The in-batch one has a list loss, and gradient cache.
"""
LEFT_OUT = (
    "pairwise-random", "pairwise-tas", "pairwise-tas-balanced", "in-batch-tas-balanced", "dual-tas",
    "kl-released", "kl", "listnet-released", "listnet", "lambdarank-released", "lambdarank",
    "batch-small", "batch-medium", "batch-large", "in-batch-random", "dual-random", "tct",
    "contrastive", "ltre", "ance-ltre", "tas-b-ltre", "rocketqa-1", "rocketqa-2", "rocketqa-3",
    "rocketqa-4", "mono-bert", "tas-b-ltre-pq", "tas-b-ltre-opq", "tas-b-ltre-ivfpq",
    *(f"dual-tas-balanced-{letter}" for letter in "bcde"),
)  # fmt: skip
PIPELINES = (
    "tct-doct5query", "tas-b-doct5query", "ltre-mono", "bm25-mono", "doct5query-mono", "tas-b-mono",
    "tas-b-doct5query-mono", "bm25-duo", "doct5query-duo", "tas-b-doct5query-duo", "bm25-mono-duo",
    "doct5query-mono-duo", "tas-b-mono-duo", "tas-b-doct5query-mono-duo",
)  # fmt: skip
"""Combinations of what is kept: of each kind of system there is one."""
ROWS = (
    *KEPT,
    *METHODS,
    "bm25",
    "bm25-deepct",
    "doct5query",
    "bert-cat-rerank",
    "colbert-rerank",
    "untrained",
    "fused",
    "fused-ranks",
)
MEASURES = (
    "peak_memory teacher_passes refreshes clustering own_seconds first_seconds samples_per_second "
    "index bytes share"
)
SAID = {"text": "it is so", "source": "the tests"}
BEST = {**SAID, "system": "dual-tas-balanced"}
SCORED = {"kind": "collection", "teacher": "bert-cat"}
TINY = {
    "collection": "tiny",
    "collections": {
        "tiny": {
            "folder": "tiny",
            "validation": {"split": "dev"},
            "unlabelled": "bare",
            "allow_shared_queries": True,
            "query_sets": {"test": {"level": 1}, "graded": {"level": 2}},
        }
    },
    "encoders": {"minilm": {"package": None, "sha256": None, "folder": "encoder"}},
    "negatives": {"depth": 35, "per_query": 30},
    "clusters": {"default": {"k": 3}, "unlabelled": {"k": 2}},
    "mining": {
        **dict.fromkeys(("rocketqa-2", "rocketqa-3", "rocketqa-4")),
        "label-free": {"depth": 8},
    },
    "early_stopping_set": {"depth": 5, "queries": 6},
    "students": {
        **FEW_STEPS,
        "frozen_layers": 1,
        "early_stopping": {"interval": 2, "patience": 2, "minimum": 2},
    },
    "runs": {
        **dict.fromkeys(LEFT_OUT),
        "bert-cat": FEW_STEPS,
        "colbert": FEW_STEPS,
        "duo-bert": {"like": "bert-cat", "model": "duo-bert"},
        "deepct": FEW_STEPS,
        "doc2query": FEW_STEPS,
        "in-batch-tas": {
            "like": "none-random",
            "pairs": SCORED,
            "losses": {"pairwise": None, "in_batch": "kl"},
            "gradient_cache": 64,
        },
        "dual-tas-balanced": {
            "like": "none-random",
            "pairs": SCORED,
            "losses": {"pairwise": "margin-mse", "in_batch": "margin-mse"},
        },
        "ance": {"steps": 4, "generations": {"count": 2, "mining": {"depth": 10, "negatives": 3}}},
        "tas-b-ltre-opq-own": {
            "like": "none-random",
            "init": "dual-tas-balanced",
            "losses": {"pairwise": None},
            "search": {"system": "tas-b-opq", "depth": 10, "vectors": "reconstructed"},
            "early_stopping": None,
        },
    },
    "systems": {
        **dict.fromkeys((*PIPELINES, "tas-b-ivfpq", "tas-b-pq")),
        "doct5query": {"queries": 2, "query_length": 6, "passage_length": 32, "shards": 2},
        "colbert-search": {"index": "IVF4,PQ4x4np", "nprobe": 2, "hits": 20},
        "tas-b-duo": {"depth": 3},
        "tas-b-opq": {"index": "IVF4,PQ4x2np", "nprobe": 2},
        "fused": {"kind": "fuse", "systems": ["dual-tas-balanced", "bm25"]},
        "fused-ranks": {
            "kind": "fuse",
            "systems": ["untrained", "bm25"],
            "method": "reciprocal-rank",
        },
    },
    "metrics": {"names": ["ndcg@10", "mrr@10", "recall@5", "map@1000"]},
    "tables": {
        "table1": {"system": "fused", "batches": [1]},
        "table7": {
            "kind": "systems",
            "title": "Pipelines",
            "columns": ["System"],
            "metrics": ["ndcg@10"],
            "latency": {
                "groups": [{"title": "Fast", "below": 0.001}, {"title": "Slow"}],
            },
            "rows": [
                {"system": "tas-b-duo", "paper": "bm25", "labels": ["duoBERT"]},
                {"system": "colbert-search", "labels": ["ColBERT"]},
                {"system": "fused", "labels": ["Fusion"]},
            ],
        },
        "claims": {
            "claims": [
                {**BEST, "kind": "gain", "against": "bm25", "metric": "ndcg@10", "percent": 44},
                {**BEST, "kind": "recall", "against": ["bm25", "ance"], "cutoffs": [1, 5]},
                {**BEST, "kind": "latency", "milliseconds": 64},
                {**SAID, "kind": "hours", "run": "ance", "hours": 48},
                {**SAID, "kind": "clustering", "minutes": 10},
                {**SAID, "kind": "spread", "systems": KEPT, "metric": "mrr@10", "below": 0.01},
                {**SAID, "kind": "speed-up", "run": "label-free", "against": "ance", "times": 2},
            ],
        },
        **dict.fromkeys(("first", "table3", "table5", "table6", "ltre")),
        "table2": {
            "metrics": ["ndcg@10"],
            "compared_with": "ance",
            "measures": MEASURES.split(),
            "rows": [{"system": name, "labels": [name]} for name in METHODS]
            + [{"paper": "tct", "labels": ["TCT"]}],
        },
        "table4": {
            "metrics": ["ndcg@10", "mrr@10", "recall@5"],
            "rows": [
                {"system": name, "paper": name if name in KEPT else None, "labels": [name, "-"]}
                for name in ROWS
            ],
        },
    },
    "figures": {
        "figure1": {"topics": 3},
        "figure2": {"rows": [{"run": name, "label": name} for name in KEPT[1:]]},
        "figure3": {
            "cutoffs": [1, 2, 5, 10],
            "rows": [{"system": name, "label": name} for name in ("bm25", "ance", "fused")],
        },
    },
}

JOB = re.compile(r"^(?:local)?rule (\S+):\n((?: {4}.*\n)+)", re.M)
WILDCARDS = re.compile(r"^ {4}wildcards: (.*)$", re.M)

Snakemake = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with copies of all that the workflow consists of."""
    folder = tmp_path_factory.mktemp("house")
    for name in COPIED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)
    return folder


def job_name(rule: str, block: str) -> str:
    """Return a rule and the values of its wildcards, such as ``search untrained test``."""
    found = WILDCARDS.search(block)
    parts = [part.partition("=") for part in found[1].split(", ")] if found else []
    values = [value for name, _, value in parts if name != "collection"]
    return " ".join([rule, *values])


@pytest.fixture(scope="session")
def jobs_of() -> Callable[[str], set[str]]:
    """Return the jobs that a dry run lists, such as ``search untrained``."""
    return lambda listed: {job_name(*found) for found in JOB.findall(listed)}


@pytest.fixture(scope="session")
def snakemake(house: Path, environment: dict[str, str]) -> Snakemake:
    """Run Snakemake in the house, or in another; returns the process with its outputs as text."""

    def run(
        *arguments: str, python: tuple[str, ...] = (), folder: Path = house, **more: str
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *python, "-m", "snakemake", "--cores", "2", *arguments]
        variables = environment | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": str(folder / "src")}
        variables |= more
        return subprocess.run(
            command, cwd=folder, env=variables, capture_output=True, text=True, check=False
        )

    return run


def _texts(rng: random.Random, words: list[str]) -> dict[str, list[str]]:
    """Return 40 passages of 12 words, most of which belong to one of four topics."""
    topics = [words[start::4] for start in range(4)]
    return {
        f"p{number}": rng.choices(topics[number % 4], k=8) + rng.choices(words, k=4)
        for number in range(40)
    }


def _write_split(
    folder: Path, split: str, queries: dict[str, list[str]], judged: dict[str, dict[str, int]]
) -> None:
    lines = [f"{query}\t{' '.join(text)}\n" for query, text in queries.items()]
    (folder / f"queries.{split}.tsv").write_text("".join(lines))
    lines = [f"{q} 0 {p} {grade}\n" for q, found in judged.items() for p, grade in found.items()]
    (folder / f"qrels.{split}.txt").write_text("".join(lines))


def write_tiny_collection(folder: Path, words: list[str]) -> None:
    """Write passages, and queries of three words from a passage that is relevant to them."""
    rng = random.Random(4)
    passages = _texts(rng, words)
    folder.mkdir()
    lines = [f"{name}\t{' '.join(text)}\n" for name, text in passages.items()]
    (folder / "passages.tsv").write_text("".join(lines))
    for split, count in (("train", 24), ("dev", 8), ("test", 6), ("graded", 5)):
        sources = rng.sample(sorted(passages), count)
        queries = {f"{split}{i}": rng.sample(passages[p], 3) for i, p in enumerate(sources)}
        judged = {query: {p: 1} for query, p in zip(queries, sources)}
        if split == "graded":
            for query, p in zip(queries, sources):
                others = rng.sample(sorted(set(passages) - {p}), 6)
                judged[query] = {p: 3, **{other: rng.randrange(3) for other in others}}
        _write_split(folder, split, queries, judged)
    lines = [f"bare{i}\t{' '.join(rng.sample(text, 3))}\n"
             for i, text in enumerate(list(passages.values())[:12])]  # fmt: skip
    (folder / "queries.bare.tsv").write_text("".join(lines))


@pytest.fixture(scope="session")
def tiny_config(house: Path, tiny_encoder: Path) -> dict[str, Any]:
    """What the tiny job sets besides config/config.yaml; its data and encoder are written."""
    shutil.copytree(tiny_encoder, house / "encoder")
    vocabulary = json.loads((tiny_encoder / "tokenizer.json").read_text())["model"]["vocab"]
    words = [word for word in vocabulary if word.isalpha() and len(word) > 1]
    write_tiny_collection(house / "tiny", words)
    (house / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    return TINY


@pytest.fixture(scope="session")
def tiny_job(tiny_config: dict[str, Any]) -> tuple[str, ...]:
    """The arguments of the main job on the tiny collection, one thread a job."""
    files = ("--configfile", "config/config.yaml", "tiny.yaml")
    return ("results/tables", *files, "--max-threads", "1", "--resources", "gpu=2")


@pytest.fixture(scope="session")
def finished(house: Path, snakemake: Snakemake, tiny_job: tuple[str, ...]) -> Path:
    """The house once the main job has run on the tiny collection."""
    process = snakemake(*tiny_job)
    assert process.returncode == 0, process.stdout[-2000:] + process.stderr[-6000:]
    return house
