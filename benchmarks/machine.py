"""What the machine can do: the rates that limit everything else."""

import os
import platform
from collections.abc import Callable

import torch
from alternate import seconds

SIZE, REPETITIONS = 1_024, 5


def best(work: Callable[[], object], repetitions: int = REPETITIONS) -> float:
    """Return the shortest of some times."""
    return min(seconds(work) for _ in range(repetitions))


def main() -> None:
    """Print the rate of matrix products and of memory."""
    threads = os.cpu_count() or 1
    torch.set_num_threads(threads)
    print(f"{platform.platform()}, {threads} cores, torch {torch.__version__}")
    for dtype in (torch.float32, torch.bfloat16):
        first, second = (torch.randn(SIZE, SIZE).to(dtype) for _ in range(2))
        rate = 2 * SIZE**3 / best(lambda a=first, b=second: a @ b)
        print(f"matrix products, {dtype}: {rate / 1e9:,.0f} GFLOP/s")
    block = torch.ones(2**28)
    rate = 2 * block.nbytes / best(lambda: block.mul_(1.0))
    print(f"memory, read and written: {rate / 1e9:,.1f} GB/s")


if __name__ == "__main__":
    main()
