import numpy as np

from tasb.tokens.special import SpecialTokens
from tasb.tokens.texts import Texts, places

SPECIAL = SpecialTokens(cls=101, sep=102, pad=0)


def listed(texts):
    return [part.tolist() for part in np.split(texts.ids, np.cumsum(texts.lengths)[:-1])]


def test_places_of_runs():
    assert places(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]


def test_texts_of_one_array_are_cut_each_by_itself():
    made = SPECIAL.around(np.arange(1, 9), np.array([0, 3, 3]), np.array([3, 3, 8]), 4)
    assert listed(made) == [[101, 1, 2, 102], [101, 102], [101, 4, 5, 102]]


def test_texts_are_selected_in_any_order_and_again():
    texts = Texts.of([np.array([1, 2]), np.array([3]), np.array([4, 5, 6])])
    assert listed(texts.select(np.array([2, 0, 2]))) == [[4, 5, 6], [1, 2], [4, 5, 6]]
    assert listed(texts.followed_by(texts.select(np.array([1])))) == [[1, 2], [3], [4, 5, 6], [3]]
    assert len(texts.select(np.array([], int))) == 0


def test_a_pair_has_one_cls():
    first = Texts.of([np.array([101, 1, 2, 102]), np.array([101, 102])])
    second = Texts.of([np.array([101, 4, 5, 6, 102]), np.array([101, 7, 102])])
    assert listed(first.joined(second)) == [[101, 1, 2, 102, 4, 5, 6, 102], [101, 102, 7, 102]]
