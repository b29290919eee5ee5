"""The device of a computation."""

import os
import platform
import resource
from threading import Lock
from typing import Any

import numpy.typing as npt
import torch
from torch import nn

from tasb.jobs import Job, log
from tasb.machine import has_gpu
from tasb.versions import versions

ALONE = Lock()
"""Held while passes are recorded, when no other thread may use the GPU."""


def device() -> torch.device:
    """Return the GPU where there is one that can be used, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def remarks() -> list[str]:
    """Return what a user should know of the GPUs here: which is used, or why none is."""
    if torch.cuda.is_available():
        count = torch.cuda.device_count()
        return [] if count == 1 else [
            f"{count} GPUs are visible; this job computes on the first, "
            f"{torch.cuda.get_device_name(0)}; CUDA_VISIBLE_DEVICES chooses another"
        ]  # fmt: skip
    if not has_gpu():
        return []
    if torch.version.cuda is None:
        why = f"PyTorch {torch.__version__} is a build for CPUs: install one for CUDA"
    else:
        why = f"PyTorch {torch.__version__} cannot use it: {_reason()}"
    return [f"there is a GPU, but this job computes on the CPU; {why}"]


def _reason() -> str:
    """Return why CUDA does not start."""
    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
    except (RuntimeError, AssertionError) as error:
        return str(error).strip().splitlines()[0]
    return "no card is visible; look at CUDA_VISIBLE_DEVICES"


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


def compute_deterministically() -> None:
    """Use no algorithm of a GPU whose result depends on the order of its threads.

    To be called before the GPU is used.
    """
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
    torch.use_deterministic_algorithms(True)


def prepare(job: Job) -> torch.device:
    """Set the CPU threads of a job, and return its device; the sidecar names both."""
    torch.set_num_threads(job.threads)
    chosen = device()
    job.about |= {"device": name_of(chosen), "threads": job.threads}
    log.info("device %s, %d threads", chosen, job.threads)
    for remark in remarks():
        log.warning("%s", remark)
    return chosen
