import threading

import pytest

from tasb.background import DEPTH, ahead, behind


def test_items_come_in_order_from_one_other_thread():
    made = list(ahead(range(20), lambda item: (item, threading.current_thread().name)))
    assert [item for item, _ in made] == list(range(20))
    assert {name for _, name in made} == {"ahead_0"}


def test_no_more_is_made_than_a_few_items():
    begun = []
    found = ahead(range(20), begun.append)
    next(found)
    next(found)
    found.close()
    assert len(begun) <= 2 + DEPTH


@pytest.mark.parametrize("fails", ["reads", "makes"])
def test_an_error_comes_where_its_item_would(fails):
    def items():
        yield from (1, 2)
        raise ValueError("read")

    def make(item):
        if item == 2 and fails == "makes":
            raise ValueError("made")
        return item

    found, seen = ahead(items(), make), []
    with pytest.raises(ValueError, match="made" if fails == "makes" else "read"):
        seen += found
    assert seen == ([1] if fails == "makes" else [1, 2])


def test_nothing_to_make_is_nothing():
    assert list(ahead([], str)) == []


def test_an_item_is_given_once_the_next_one_was_begun():
    begun = []

    def items():
        for item in range(3):
            begun.append(item)
            yield item

    seen = [(item, len(begun)) for item in behind(items())]
    assert seen == [(0, 2), (1, 3), (2, 3)]
