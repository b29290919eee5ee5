import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import get_cosine_schedule_with_warmup

from tasb.students.config import Training
from tasb.students.schedule import learning_rate

PAPER = Training()


@pytest.mark.parametrize(
    ("step", "released"),
    [
        (0, 0.0),
        (99, 0.0),
        (100, 7e-6),
        (300_000, 5.06e-6),
        (425_000, 3.5e-6),
        (700_000, 5.2e-7),
        (799_999, 6e-8),
    ],
)
def test_the_default_schedule_has_the_released_values(step, released):
    digits = 2 if released == 5.06e-6 else 1
    assert f"{learning_rate(PAPER, step):.{digits}e}" == f"{released:.{digits}e}"


def test_the_default_schedule_is_the_released_call():
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=7e-6)
    (factor,) = get_cosine_schedule_with_warmup(optimizer, 1, 8500).lr_lambdas
    for hundred in range(8000):
        released = pytest.approx(7e-6 * factor(hundred), rel=1e-9, abs=1e-18)
        assert learning_rate(PAPER, 100 * hundred) == released
        assert learning_rate(PAPER, 100 * hundred + 99) == released


def test_the_warm_up_rises_by_equal_parts():
    settings = Training(lr=1e-3, warmup_steps=4, schedule_interval=1, steps=100)
    rates = [learning_rate(settings, step) for step in range(5)]
    assert rates == pytest.approx([0, 0.25e-3, 0.5e-3, 0.75e-3, 1e-3])


def test_the_cosine_is_at_half_in_the_middle_and_at_zero_at_the_horizon():
    settings = Training(lr=1.0, warmup_steps=0, schedule_interval=1, steps=80, horizon=1.25)
    rates = [learning_rate(settings, step) for step in (0, 50, 100, 150)]
    assert rates == pytest.approx([1.0, 0.5, 0.0, 0.0])


def test_a_constant_schedule_stays_at_its_rate_after_the_warm_up():
    settings = Training(lr=2e-5, schedule="constant", warmup_steps=10, schedule_interval=1)
    rates = {learning_rate(settings, step) for step in (10, 11, 5000, 799_999)}
    assert rates == {2e-5}


@given(st.integers(1, 500), st.integers(0, 50), st.integers(1, 20), st.floats(0.5, 2))
def test_no_rate_is_above_the_peak_or_below_zero_and_none_rises_after_it(
    steps, warmup, interval, horizon
):
    settings = Training(
        lr=1.0, steps=steps, warmup_steps=warmup, schedule_interval=interval, horizon=horizon
    )
    rates = [learning_rate(settings, step) for step in range(steps + 50)]
    assert all(0 <= rate <= 1 for rate in rates)
    after = rates[warmup + interval :]
    assert after == sorted(after, reverse=True)
