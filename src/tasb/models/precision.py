"""The precision of a computation."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

from tasb.errors import TasbError
from tasb.jobs import log
from tasb.models.device import name_of

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def resolve_precision(precision: str, on: torch.device) -> str:
    """Return fp32, tf32, bf16 or fp16, and make fp32 products tf32 where that was asked for.

    ``auto`` is bf16 where the device computes in it, else fp16 on a GPU and fp32 on a CPU.

    Raises:
        TasbError: the device does not compute in the precision.
    """
    chosen = _automatic(on) if precision == "auto" else precision
    if chosen == "tf32" and on.type != "cuda":
        raise TasbError("precision: tf32 is a precision of GPUs, and none is used here: set auto")
    if on.type == "cuda":
        if chosen == "bf16" and not _has_bf16():
            raise TasbError(
                f"precision: {name_of(on)} does not compute in bf16: set auto, which is fp16 "
                "there, or fp32"
            )
        torch.backends.cuda.matmul.fp32_precision = "tf32" if chosen == "tf32" else "ieee"
    return chosen


def _automatic(on: torch.device) -> str:
    if on.type == "cuda":
        if _has_bf16():
            return "bf16"
        log.warning("precision fp16: %s does not compute in bf16", name_of(on))
        return "fp16"
    capabilities = torch.cpu.get_capabilities()
    fast = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16")
    return "bf16" if fast else "fp32"


def _has_bf16() -> bool:
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def autocast(precision: str, on: torch.device) -> AbstractContextManager[object]:
    """Return the context in which matrix products run in this precision."""
    if precision in ("fp32", "tf32"):
        return nullcontext()
    return torch.autocast(on.type, dtype=DTYPES[precision])


@contextmanager
def full_precision(on: torch.device) -> Iterator[None]:
    """Run matrix products in fp32, inside of `autocast` and under tf32 too.

    Scores need it: near 100, bf16 would resolve them to 1/2.
    """
    before = torch.backends.cuda.matmul.fp32_precision
    torch.backends.cuda.matmul.fp32_precision = "ieee"
    try:
        with torch.autocast(on.type, enabled=False):
            yield
    finally:
        torch.backends.cuda.matmul.fp32_precision = before
