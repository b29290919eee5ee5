"""Peak memory of a training step by batch size, in one piece and with gradient cache.

Each line is a process of its own, which may take so many gigabytes and no more. Queries have
30 tokens at most and passages 200, as on MS MARCO.
"""

import os
import resource
import time
from multiprocessing import get_context

import numpy as np
import torch
from alternate import options
from student import LOSSES, new_student
from texts import read

from tasb.jobs import Job
from tasb.models.device import prepare
from tasb.plans.plan import Batch
from tasb.students.config import Training
from tasb.students.objective import Objective


def measure(size: int, cache: int | None, gigabytes: int) -> str:
    """Return the cells of a line: gigabytes above the model's own, and seconds a step."""
    resource.setrlimit(resource.RLIMIT_AS, (gigabytes * 2**30, resource.RLIM_INFINITY))
    device = prepare(Job({}, {}, {}, os.cpu_count() or 1))
    triples = read("MS MARCO", size)
    settings = Training(batch_size=size, gradient_cache=cache, early_stopping=None)
    model = new_student(settings, device).train()
    stores = triples.query_tokens, triples.passage_tokens
    objective = Objective(settings, LOSSES, model, *stores, None, "fp32")
    query = np.arange(size)
    batch = Batch(0, query, 2 * query, 2 * query + 1, np.ones(size, np.float32))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    try:
        objective.losses(objective.ready(batch))["loss"].backward()
    except RuntimeError as error:
        if "allocate memory" not in str(error):
            raise
        return f"more than {gigabytes} | – |"
    taken = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return f"{peak / 2**20:.1f} | {taken:.1f} |"


def main() -> None:
    """Print a line for each batch size and way."""
    given = options(__doc__, cache=4096, gigabytes=20)
    for size in (32, 96, 256):
        for cache in (None, given.cache):
            with get_context("spawn").Pool(1) as pool:
                cells = pool.apply(measure, (size, cache, given.gigabytes))
            way = "one piece" if cache is None else f"gradient_cache: {cache}"
            print(f"| {size} | {way} | {cells}", flush=True)


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
