"""What this machine has: rate of matrix products, memory, disk."""

import os
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """What a run can use."""

    rate: float
    """FLOP a second of matrix products, in the precision of `auto`."""
    memory: int
    """Bytes of the machine."""
    device: int
    """Bytes of the device that models compute on: the GPU's, or again the machine's."""
    disk: int
    """Bytes that are free where results are."""


def memory() -> int:
    """Return the bytes of memory of the machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def measured(disk: int) -> Machine:
    """Return what this machine has, measured for some seconds.

    Args:
        disk: bytes that are free.
    """
    import torch

    from tasb.models.device import device

    on = device()
    of_device = memory()
    if on.type == "cuda":
        of_device = int(torch.cuda.get_device_properties(on).total_memory)
    return Machine(_rate(), memory(), of_device, disk)


def _rate() -> float:
    import torch

    from tasb.models.device import device
    from tasb.models.precision import resolve_precision

    on = device()
    kind = {"bf16": torch.bfloat16, "fp16": torch.float16}
    dtype = kind.get(resolve_precision("auto", on), torch.float32)
    size = 4096 if on.type == "cuda" else 1024
    first, second = (torch.randn(size, size, device=on).to(dtype) for _ in range(2))
    times = []
    for _ in range(8):
        started = time.perf_counter()
        product = first @ second
        float(product[0, 0])  # waits for a GPU
        times.append(time.perf_counter() - started)
    return float(2 * size**3 / min(times))
