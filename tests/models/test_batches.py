import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.models.batches import length_groups, pack, packed_groups, pad
from tasb.tokens.special import SpecialTokens
from tasb.tokens.texts import Texts

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


TWO = Texts.of([np.array([1, 7, 2, 8, 2]), np.array([1, 2, 9, 2])])
"""[CLS] 7 [SEP] 8 [SEP] and [CLS] [SEP] 9 [SEP]."""
SPECIAL, CPU = SpecialTokens(cls=1, sep=2, pad=0), torch.device("cpu")


def test_padding_follows_the_text_and_is_masked():
    group = pad(np.array([0, 1]), TWO, SPECIAL, CPU, segments=True)
    assert group.ids.tolist() == [[1, 7, 2, 8, 2], [1, 2, 9, 2, 0]]
    assert group.mask.tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]]
    assert group.segments.tolist() == [[0, 0, 0, 1, 1], [0, 0, 1, 1, 0]]


def test_packed_texts_stand_one_after_the_other():
    group = pack(np.array([1, 0]), TWO, SPECIAL, CPU, segments=True, fill=False)
    assert group.ids.tolist() == [[1, 2, 9, 2, 1, 7, 2, 8, 2]]
    assert group.packed.positions.tolist() == [[0, 1, 2, 3, 0, 1, 2, 3, 4]]
    assert group.segments.tolist() == [[0, 0, 1, 1, 0, 0, 0, 1, 1]]
    assert group.packed.layout.offsets.tolist() == [0, 4, 9]
    assert group.packed.layout.longest == 5
    assert group.packed.padded.tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert group.mask.tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]


def test_what_fills_a_pass_up_is_a_text_of_its_own():
    sizes = set()
    for count in range(150, 200):
        texts = Texts.of([np.arange(3, 3 + count), np.array([1, 2])])
        group = pack(np.array([0, 1]), texts, SPECIAL, CPU, segments=False, fill=True)
        sizes.add(group.ids.shape[1])
        *begins, end = group.packed.layout.offsets.tolist()
        assert begins == [0, count, count + 2]
        assert end == group.ids.shape[1] > count + 2
        assert not group.ids[0, count + 2 :].any()
        assert len(group.packed.padded) == count + 2
        assert group.mask.shape == (2, count)
    assert sizes <= {152, 160, 168, 176, 184, 192, 200, 208}


@pytest.mark.parametrize(
    ("tokens", "groups"),
    [(None, [[0, 1, 2, 3]]), (7, [[0, 1], [2], [3]]), (1, [[0], [1], [2], [3]])],
)
def test_packed_groups_hold_so_many_tokens(tokens, groups):
    found = packed_groups(np.array([3, 4, 9, 2]), tokens)
    assert [group.tolist() for group in found] == groups


@pytest.mark.parametrize("tokens", [1, 1000])
def test_equal_lengths_need_no_padding(tokens):
    groups = length_groups(np.full(6, 5), tokens, padding=0)
    assert len(groups) == (6 if tokens == 1 else 1)
