"""The versions of what computed something."""

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "bm25s", "faiss-cpu", "faiss-gpu", "ir-datasets", "numba", "numpy", "polars", "pyarrow",
    "PyStemmer", "ranx", "safetensors", "scipy", "snakemake", "tasb", "tokenizers", "torch",
    "transformers",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that decide results, as installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
