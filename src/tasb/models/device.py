"""The device and the precision of a computation."""

import platform
import resource
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock
from typing import Any

import numpy.typing as npt
import torch
from torch import nn

from tasb.errors import TasbError
from tasb.jobs import Job, log
from tasb.versions import versions

ALONE = Lock()
"""Held while passes are recorded, when no other thread may use the GPU."""
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def device() -> torch.device:
    """Return the GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_of(model: nn.Module) -> torch.device:
    """Return where a model's weights are."""
    return next(model.parameters()).device


def to_device(values: npt.NDArray[Any], on: torch.device) -> torch.Tensor:
    """Return an array as a tensor on a device; a GPU fetches it while the program goes on."""
    tensor = torch.from_numpy(values)
    if on.type != "cuda":
        return tensor
    with ALONE:
        return tensor.pin_memory().to(on, non_blocking=True)


class Fetched:
    """Values on their way to the CPU; a GPU goes on computing what was asked of it before."""

    def __init__(self, values: torch.Tensor) -> None:
        self._values = values.detach().to("cpu", non_blocking=True)
        self._arrived: torch.cuda.Event | None = None
        if values.is_cuda:
            self._arrived = torch.cuda.current_stream().record_event()

    def numpy(self) -> npt.NDArray[Any]:
        """Wait for the values, and return them."""
        if self._arrived is not None:
            self._arrived.synchronize()
        found: npt.NDArray[Any] = self._values.numpy()
        return found


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
        return "bf16" if _has_bf16() else "fp16"
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


def name_of(on: torch.device) -> str:
    """Return the name of a device, such as ``cuda (NVIDIA H100)``."""
    name = torch.cuda.get_device_name(on) if on.type == "cuda" else platform.machine()
    return f"{on.type} ({name})"


def environment(on: torch.device, precision: str) -> dict[str, Any]:
    """Return what a result may depend on in addition to its inputs: device, threads, versions."""
    return {
        "device": name_of(on),
        "precision": precision,
        "threads": torch.get_num_threads(),
        "packages": versions(),
    }


def peak_memory() -> int:
    """Return the peak memory in bytes: of the GPU where it is used, else of this process."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def prepare(job: Job) -> torch.device:
    """Set the CPU threads of a job, and return its device; the sidecar names both."""
    torch.set_num_threads(job.threads)
    chosen = device()
    job.about |= {"device": name_of(chosen), "threads": job.threads}
    log.info("device %s, %d threads", chosen, job.threads)
    return chosen
