"""A collection has one source, and names its splits."""

import pytest
from pydantic import ValidationError

from tasb.collection.config import Collection, Validation

SETS = {"test": {}, "graded": {"split": "g", "level": 2}}


@pytest.mark.parametrize("given", [{}, {"folder": "a", "ir_datasets": "b"}])
def test_exactly_one_source_is_given(given):
    with pytest.raises(ValidationError, match="give either 'folder' or 'ir_datasets'"):
        Collection(query_sets=SETS, **given)


@pytest.mark.parametrize("given", [{}, {"split": "dev", "fraction": 0.1}])
def test_validation_is_a_split_or_a_fraction(given):
    with pytest.raises(ValidationError, match="give either 'split' or 'fraction'"):
        Validation(**given)


@pytest.mark.parametrize("fraction", [0, 1])
def test_a_fraction_leaves_something_on_both_sides(fraction):
    with pytest.raises(ValidationError, match="fraction"):
        Validation(fraction=fraction)


@pytest.mark.parametrize("name", ["train", "training", "validation", "passages"])
def test_names_of_the_workflow_are_reserved(name):
    with pytest.raises(ValidationError, match=f"query set name '{name}' is reserved"):
        Collection(folder="a", query_sets={name: {}})


@pytest.mark.parametrize("split", ["test", "g"])
def test_reported_queries_choose_nothing(split):
    with pytest.raises(ValidationError, match=f"validation.split '{split}' is a reported"):
        Collection(folder="a", query_sets=SETS, validation=Validation(split=split))
    with pytest.raises(ValidationError, match=f"train '{split}' is a reported"):
        Collection(folder="a", query_sets=SETS, train=split)


def test_a_query_set_is_read_from_its_split_or_its_own_name():
    collection = Collection(
        folder="a", train="t", query_sets=SETS, validation=Validation(split="d")
    )
    names = ("test", "graded", "train", "validation")
    assert [collection.split_of(name) for name in names] == ["test", "g", "t", "d"]


def test_only_ms_marco_has_texts_as_released():
    sets = {"dev": {"split": "some/dev"}}
    assert Collection(ir_datasets="msmarco-passage", text="released", query_sets=sets)
    with pytest.raises(
        ValidationError, match="text: 'released' is for ir_datasets: msmarco-passage"
    ):
        Collection(ir_datasets="beir/nq", text="released", query_sets=sets)
