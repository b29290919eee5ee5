import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.models.batches import length_groups, pad

lengths_of_texts = st.lists(st.integers(1, 60), min_size=1, max_size=60).map(np.array)


@given(lengths_of_texts, st.integers(1, 200), st.floats(0, 0.9))
@settings(max_examples=60, deadline=None)
def test_each_sequence_is_in_one_group_and_groups_rise_in_length(lengths, tokens, padding):
    order = np.concatenate(length_groups(lengths, tokens, padding))
    assert sorted(order.tolist()) == list(range(len(lengths)))
    assert (np.diff(lengths[order]) >= 0).all()


@given(lengths_of_texts, st.integers(1, 200), st.floats(0, 0.9))
@settings(max_examples=60, deadline=None)
def test_a_group_keeps_to_its_tokens_and_to_its_share_of_padding(lengths, tokens, padding):
    for group in length_groups(lengths, tokens, padding):
        padded = lengths[group].max() * len(group)
        assert padded <= tokens or len(group) == 1
        assert padded - lengths[group].sum() <= padding * padded + 1e-9


@given(lengths_of_texts, st.integers(1, 200), st.floats(0, 0.9))
@settings(max_examples=60, deadline=None)
def test_a_group_ends_only_where_the_next_sequence_does_not_fit(lengths, tokens, padding):
    groups = length_groups(lengths, tokens, padding)
    for group, following in zip(groups, groups[1:]):
        joined = lengths[[*group, following[0]]]
        padded = joined.max() * len(joined)
        assert padded > tokens or padded - joined.sum() > padding * padded - 1e-9


def test_groups_by_hand():
    lengths = np.array([10, 2, 10, 2, 9])
    found = [group.tolist() for group in length_groups(lengths, tokens=30, padding=0.1)]
    assert found == [[1, 3], [4, 0, 2]]


def test_no_sequences_make_no_group():
    assert length_groups(np.array([], dtype=np.int64), tokens=10) == []


def test_padding_follows_the_sequence_and_is_masked():
    ids, mask = pad([np.array([2, 7, 3]), np.array([2, 3])], pad_id=9)
    assert torch.equal(ids, torch.tensor([[2, 7, 3], [2, 3, 9]]))
    assert torch.equal(mask, torch.tensor([[1, 1, 1], [1, 1, 0]]))
    assert ids.dtype == mask.dtype == torch.int64


@pytest.mark.parametrize("tokens", [1, 1000])
def test_equal_lengths_need_no_padding(tokens):
    groups = length_groups(np.full(6, 5), tokens, padding=0)
    assert len(groups) == (6 if tokens == 1 else 1)
