"""Losses against loops over the equations in Python's doubles; gradients by differences."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.students.list_losses import kl_divergence, lambdarank, listnet
from tasb.students.losses import in_batch_margin_mse, margin_mse, ranknet

STEP = 1e-5


def margin_mse_loop(positive, negative, margin):
    """Eq. 6."""
    return sum(((p - n) - m) ** 2 for p, n, m in zip(positive, negative, margin)) / len(positive)


def ranknet_loop(positive, negative):
    probabilities = [1 / (1 + math.exp(-(p - n))) for p, n in zip(positive, negative)]
    return -sum(math.log(probability) for probability in probabilities) / len(positive)


def published_loop(student, teacher):
    """Eq. 7: all passages of the batch, the own ones among them, over 2|Q|."""
    queries = range(len(student))
    total = 0.0
    for i in queries:
        for p in range(2 * len(student)):
            student_margin = student[i][i] - student[i][p]
            teacher_margin = teacher[i][i] - teacher[i][p]
            total += (student_margin - teacher_margin) ** 2
    return total / (2 * len(student))


def released_loop(student, teacher):
    """Half the mean over the others' positives plus half that over the others' negatives."""
    b = len(student)
    halves = []
    for first in (0, b):
        squares = [
            ((student[i][i] - student[i][first + j]) - (teacher[i][i] - teacher[i][first + j])) ** 2
            for i in range(b)
            for j in range(b)
            if i != j
        ]
        halves.append(sum(squares) / len(squares))
    return 0.5 * halves[0] + 0.5 * halves[1]


def in_batch_margin_mse_loop(student, teacher, form):
    return {"released": released_loop, "published": published_loop}[form](student, teacher)


def softmax(values):
    powers = [math.exp(value - max(values)) for value in values]
    return [power / sum(powers) for power in powers]


def kl_loop(student, teacher, form):
    """The sum over a list of t (log t - log s); as released, s stands for log s."""
    total = 0.0
    for scores, taught in zip(student, teacher):
        for s, t in zip(softmax(scores), softmax(taught)):
            total += t * (math.log(t) - (s if form == "released" else math.log(s)))
    return total / len(student)


def listnet_loop(student, teacher, form):
    total = 0.0
    for scores, taught in zip(student, teacher):
        for s, t in zip(softmax(scores), softmax(taught)):
            total -= t * math.log(s + (1e-6 if form == "released" else 0))
    return total / len(student)


def lambdarank_loop(student, teacher, form):
    """nDCG-Loss2, pair by pair: rank i above rank j in the student's order, or below it."""
    released, total = form == "released", 0.0
    for scores, taught in zip(student, teacher):
        labels = [y + 2 if released and y > 0.001 else y for y in softmax(taught)]
        ranked = sorted(zip(scores, labels), reverse=True)
        best = sorted(labels, reverse=True)
        ideal = sum((2**y - 1) / math.log2(1 + rank) for rank, y in enumerate(best, start=1))
        for i, (s_i, y_i) in enumerate(ranked, start=1):
            for j, (s_j, y_j) in enumerate(ranked, start=1):
                if y_i > y_j:
                    apart = abs(i - j)
                    step = 1 / math.log2(1 + apart) - 1 / math.log2(2 + apart)
                    weight = step * abs((2**y_i - 1) - (2**y_j - 1)) / ideal
                    probability = 1 / (1 + math.exp(-(s_i - s_j)))
                    if released:
                        probability = max(probability, 1e-10)
                    total -= weight * math.log2(probability)
    return total if released else total / len(student)


def slope(loop, values):
    """Central differences of a loop over a vector, or over each row of a matrix."""
    if isinstance(values[0], list):
        return [
            slope(lambda row, i=i: loop([*values[:i], row, *values[i + 1 :]]), values[i])
            for i in range(len(values))
        ]
    slopes = []
    for at, value in enumerate(values):
        above, below = list(values), list(values)
        above[at], below[at] = value + STEP, value - STEP
        slopes.append((loop(above) - loop(below)) / (2 * STEP))
    return slopes


def draw(seed, *shape):
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(*shape, generator=generator, dtype=torch.float64)


seeds = st.integers(0, 10_000)
sizes = st.integers(2, 5)


def assert_close(found, expected):
    expected = torch.tensor(expected, dtype=torch.float64)
    torch.testing.assert_close(found.detach(), expected, atol=1e-6, rtol=1e-6)


@given(seeds, sizes)
@settings(max_examples=15, deadline=None)
def test_margin_mse_and_its_gradient_are_those_of_equation_6(seed, b):
    positive, negative, margin = draw(seed, 3, b)
    positive.requires_grad_(), negative.requires_grad_()
    loss = margin_mse(positive, negative, margin)
    loss.backward()
    p, n, m = positive.tolist(), negative.tolist(), margin.tolist()
    assert_close(loss, margin_mse_loop(p, n, m))
    assert_close(positive.grad, slope(lambda p: margin_mse_loop(p, n, m), p))
    assert_close(negative.grad, slope(lambda n: margin_mse_loop(p, n, m), n))


@given(seeds, sizes)
@settings(max_examples=15, deadline=None)
def test_ranknet_and_its_gradient_are_those_of_the_loop(seed, b):
    positive, negative = draw(seed, 2, b)
    positive.requires_grad_(), negative.requires_grad_()
    loss = ranknet(positive, negative)
    loss.backward()
    p, n = positive.tolist(), negative.tolist()
    assert_close(loss, ranknet_loop(p, n))
    assert_close(positive.grad, slope(lambda p: ranknet_loop(p, n), p))
    assert_close(negative.grad, slope(lambda n: ranknet_loop(p, n), n))


def test_ranknet_does_not_overflow():
    loss = ranknet(torch.tensor([-1000.0, 0.0]), torch.tensor([1000.0, 0.0]))
    assert float(loss) == pytest.approx((2000 + math.log(2)) / 2)


def test_released_in_batch_loss_does_not_see_the_own_negative():
    scores, teacher = torch.zeros(2, 4), torch.zeros(2, 4)
    teacher[0, 2] = teacher[1, 3] = 9.0
    assert float(in_batch_margin_mse(scores, teacher, "released")) == 0
    assert float(in_batch_margin_mse(scores, teacher, "published")) == (81 + 81) / 4


def test_published_in_batch_loss_is_31_times_the_released_one_at_batch_32():
    teacher = torch.ones(32, 64)
    for own in (0, 32):
        teacher[range(32), range(own, own + 32)] = 0
    published, released = (
        in_batch_margin_mse(torch.zeros(32, 64), teacher, form)
        for form in ("published", "released")
    )
    assert float(published / released) == pytest.approx(31)


@pytest.mark.parametrize("form", ["released", "published"])
@pytest.mark.parametrize(
    ("loss", "loop"),
    [
        (in_batch_margin_mse, in_batch_margin_mse_loop),
        (kl_divergence, kl_loop),
        (listnet, listnet_loop),
        (lambdarank, lambdarank_loop),
    ],
)
@given(seed=seeds, b=sizes)
@settings(max_examples=10, deadline=None)
def test_in_batch_losses_and_their_gradients_are_those_of_the_loops(form, loss, loop, seed, b):
    student, teacher = draw(seed, 2, b, 2 * b)
    student.requires_grad_()
    less_own = teacher - teacher.diagonal()[:, None]
    value = loss(student, less_own, form)
    value.backward()
    scores, taught = student.tolist(), teacher.tolist()
    assert_close(value, loop(scores, taught, form))
    assert_close(student.grad, slope(lambda scores: loop(scores, taught, form), scores))


def test_published_divergence_vanishes_where_student_and_teacher_agree_and_the_released_does_not():
    scores = draw(1, 3, 6)
    assert float(kl_divergence(scores, scores + 5, "published")) == pytest.approx(0, abs=1e-12)
    agreeing, away = scores.clone().requires_grad_(), scores
    kl_divergence(agreeing, away, "released").backward()
    assert float(agreeing.grad.abs().max()) > 0.01


def test_published_listnet_has_the_gradient_of_the_divergence():
    gradients = []
    for loss in (kl_divergence, listnet):
        student = draw(2, 3, 6).requires_grad_()
        loss(student, draw(3, 3, 6), "published").backward()
        gradients.append(student.grad)
    torch.testing.assert_close(*gradients)


def test_lambdarank_weighs_a_swap_of_neighbours_by_hand():
    """Two passages, the worse one on top: w = (1/D(1) - 1/D(2)) |G_1 - G_2|, D(r) = log2(1 + r)."""
    better = 1 / (1 + math.exp(-2.0))
    labels = [1 - better, better]
    ideal = (2 ** labels[1] - 1) + (2 ** labels[0] - 1) / math.log2(3)
    weight = (1 - 1 / math.log2(3)) * (2 ** labels[1] - 2 ** labels[0]) / ideal
    student, teacher = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 2.0]])
    expected = weight * math.log2(1 + math.e)
    assert float(lambdarank(student, teacher, "published")) == pytest.approx(expected, rel=1e-5)


def test_released_lambdarank_gives_no_gradient_to_a_pair_that_is_far_out_of_order():
    for form, moved in (("released", False), ("published", True)):
        student = torch.tensor([[40.0, 0.0]], requires_grad=True)
        lambdarank(student, torch.tensor([[0.0, 2.0]]), form).backward()
        assert bool(student.grad.abs().max() > 1e-6) is moved
