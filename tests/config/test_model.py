import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.config.load import load_config
from tasb.config.model import merged


def test_a_run_extends_the_students_and_wins_over_them(raw):
    raw["students"] |= {"lr": 3e-5, "alpha": 0.5}
    raw["runs"]["dual-tas"]["alpha"] = 0.25
    runs = load_config(raw).runs
    assert (runs["dual-tas"].lr, runs["dual-tas"].alpha) == (3e-5, 0.25)
    assert (runs["dual-random"].lr, runs["dual-random"].alpha) == (3e-5, 0.5)


def test_a_run_extends_nested_settings_key_by_key(raw):
    raw["students"]["early_stopping"] = {"interval": 7, "patience": 5, "minimum": 70}
    raw["runs"]["dual-tas"]["early_stopping"] = {"patience": 9}
    stopping = load_config(raw).runs["dual-tas"].early_stopping
    assert (stopping.interval, stopping.patience, stopping.minimum) == (7, 9, 70)


def test_null_in_a_run_switches_off_what_the_students_do(raw):
    runs = load_config(raw).runs
    assert runs["baseline"].early_stopping is None
    assert runs["pairwise-random"].early_stopping is not None


@pytest.mark.parametrize("null", [None, "null"])
def test_null_takes_a_declaration_away(raw, null):
    raw["systems"]["all-minilm"] = null
    raw["tables"]["table4"]["rows"] = [{"system": "bm25", "labels": ["BM25", "x"]}]
    assert "all-minilm" not in load_config(raw).systems


def test_teachers_do_not_extend_the_students(raw):
    raw["students"]["passage_length"] = 77
    config = load_config(raw)
    assert config.runs["baseline"].passage_length == 77
    assert config.teachers["colbert"].passage_length == 64


@pytest.mark.parametrize(
    ("base", "over", "expected"),
    [
        ({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": {"x": 1}}, {"a": None}, {"a": None}),
        ({"a": None}, {"a": {"x": 1}}, {"a": {"x": 1}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
    ],
)
def test_merging_replaces_values_and_goes_into_mappings(base, over, expected):
    assert merged(base, over) == expected


nested = st.recursive(
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


@given(nested, nested)
@settings(max_examples=60)
def test_merging_keeps_every_key_and_changes_neither_side(base, over):
    before = repr(base), repr(over)
    result = merged(base, over)
    assert set(result) == set(base) | set(over)
    assert merged(result, over) == result
    assert (repr(base), repr(over)) == before


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("lr", "1e-5", 0.00001),
        ("lr", "7.0e-6", 7e-6),
        ("steps", "250", 250),
        ("query_passes", "2", 2),
        ("clip_norm", "1", 1.0),
        ("clip_norm", "null", None),
        ("early_stopping", "null", None),
    ],
)
def test_strings_of_the_command_line_are_the_values_that_they_mean(raw, key, value, expected):
    raw["students"][key] = value
    found = getattr(load_config(raw).runs["dual-tas"], key)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("text", "expected"), [("true", True), ("False", False)])
def test_booleans_arrive_as_strings_too(changed, text, expected):
    config = load_config(changed("collections.mini.allow_unknown_ids", text))
    assert config.data.allow_unknown_ids is expected


def test_a_run_is_a_system_of_its_own_name(raw):
    config = load_config(raw)
    assert config.system("dual-tas").run == "dual-tas"
    assert config.system("bm25").kind == "lexical"
