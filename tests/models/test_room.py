import pytest
import torch

from tasb.errors import TasbError
from tasb.models.room import refuse_no_room

CPU = torch.device("cpu")


def card_of(limit, tried):
    """A pass that a card with room for so many tokens runs."""

    def run(tokens):
        tried.append(tokens)
        if tokens is None or tokens > limit:
            raise torch.OutOfMemoryError("CUDA out of memory")

    return run


def test_what_fits_is_tried_once():
    tried = []
    refuse_no_room(card_of(8192, tried), 8192, CPU, "vectors.batch_tokens")
    assert tried == [8192]


def test_the_first_half_that_fits_is_named():
    tried = []
    with pytest.raises(TasbError) as error:
        refuse_no_room(card_of(3000, tried), 16_384, CPU, "vectors.batch_tokens")
    assert tried == [16_384, 8192, 4096, 2048]
    assert str(error.value).startswith(
        "vectors.batch_tokens: there is no room for 16384 tokens in the memory of cpu"
    )
    assert "2048 fits: set it to that" in str(error.value)


def test_all_at_once_begins_with_the_most():
    tried = []
    with pytest.raises(
        TasbError, match=r"x\.gradient_cache: .* for null, all at once, .*4096 fits"
    ):
        refuse_no_room(card_of(5000, tried), None, CPU, "runs.x.gradient_cache", 8192)
    assert tried == [None, 8192, 4096]


def test_a_card_without_any_room_is_said():
    with pytest.raises(TasbError, match="nor is there for less"):
        refuse_no_room(card_of(0, []), 2048, CPU, "vectors.batch_tokens")


def test_other_errors_are_not_taken_for_it():
    def run(tokens):
        raise RuntimeError("device-side assert")

    with pytest.raises(RuntimeError, match="device-side"):
        refuse_no_room(run, 2048, CPU, "key")
