"""Ids become positions; unknown ones and those of equal hashes are told apart."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tasb.collection.positions import UNKNOWN, Positions


@given(ids=st.lists(st.text(max_size=5), unique=True, max_size=30), more=st.lists(st.text()))
def test_each_id_has_its_position(ids, more):
    known = Positions(pl.Series(ids, dtype=pl.String))
    asked = [*ids[::-1], *more]
    expected = [ids.index(name) if name in ids else UNKNOWN for name in asked]
    assert known.of(pl.Series(asked, dtype=pl.String)).tolist() == expected
    assert len(known) == len(ids)


def test_another_seed_is_taken_where_two_ids_have_one_hash(monkeypatch):
    def hashes(self, ids):
        """Give all ids one hash with the first seed."""
        return ids.hash(self._seed).to_numpy() * np.uint64(self._seed > 0)

    monkeypatch.setattr(Positions, "_hashes", hashes)
    known = Positions(pl.Series(["a", "b", "c"]))
    assert known.of(pl.Series(["c", "x", "a"])).tolist() == [2, UNKNOWN, 0]


def test_an_unknown_id_of_a_known_hash_is_unknown(monkeypatch):
    known = Positions(pl.Series(["a", "b"]))
    own = known._hashes
    monkeypatch.setattr(known, "_hashes", lambda ids: own(ids.replace("x", "b")))
    assert known.of(pl.Series(["x", "b"])).tolist() == [UNKNOWN, 1]
