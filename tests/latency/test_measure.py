"""Latency from a clock that tells what it is told."""

import numpy as np
import polars as pl
import pytest

from tasb.latency.measure import Asked, measure, statistics, summed


class Clock:
    """Goes on by the seconds that each stage takes."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def stage(self, seconds):
        """Return a stage that takes the first of some seconds, then the next."""
        left = iter(seconds)

        def run(state):
            self.now += next(left)
            return [*state, "done"] if isinstance(state, list) else [state, "done"]

        return run


def asked(count: int) -> Asked:
    return Asked(np.arange(count), ["q"] * count, ["text"] * count)


def test_each_stage_takes_what_the_clock_says_without_the_warm_up():
    clock, waits = Clock(), []
    stages = [("encoding", clock.stage([9, 1, 2])), ("retrieval", clock.stage([9, 10, 20]))]
    found = measure(stages, [asked(2), asked(2), asked(3)], 1, clock, lambda: waits.append(1))
    assert found.rows() == [
        ("encoding", 0, 2, 1.0), ("retrieval", 0, 2, 10.0),
        ("encoding", 1, 3, 2.0), ("retrieval", 1, 3, 20.0),
    ]  # fmt: skip
    assert len(waits) == 3 * (1 + len(stages))


def test_what_the_device_still_has_to_do_counts_for_the_stage_that_asked_for_it():
    clock, late = Clock(), [0.0]

    def launch(state):
        late[0] = 5.0
        return state

    def wait():
        clock.now += late[0]
        late[0] = 0.0

    found = measure([("launched", launch), ("next", lambda s: s)], [asked(1)], 0, clock, wait)
    assert found["seconds"].to_list() == [5.0, 0.0]


def test_the_total_of_a_pipeline_adds_up_the_repetitions_of_its_systems():
    first = pl.DataFrame({"stage": ["a", "b", "a", "b"], "repetition": [0, 0, 1, 1],
                          "seconds": [1.0, 2.0, 3.0, 4.0]})  # fmt: skip
    second = pl.DataFrame({"stage": ["b", "b"], "repetition": [0, 1], "seconds": [10.0, 20.0]})
    rows = summed([first, second]).sort("stage", "repetition").rows()
    assert rows == [("a", 0, 1.0), ("a", 1, 3.0), ("b", 0, 12.0), ("b", 1, 24.0),
                    ("total", 0, 13.0), ("total", 1, 27.0)]  # fmt: skip


def test_statistics_are_in_milliseconds_and_interpolated():
    found = statistics(np.arange(101) / 1000)
    assert found == pytest.approx({"average": 50, "median": 50, "p95": 95, "p99": 99})
