import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.config.load import load, load_config
from tasb.plans.samplers import Random, Tas
from tasb.settings import merged
from tasb.students.run import TrainingRun


def test_a_run_extends_the_students_and_wins_over_them(raw):
    raw["students"] |= {"lr": 3e-5, "query_length": 20}
    raw["runs"]["pairwise-tas"]["query_length"] = 25
    runs = load_config(raw).runs
    assert (runs["pairwise-tas"].lr, runs["pairwise-tas"].query_length) == (3e-5, 25)
    assert (runs["dual-random"].lr, runs["dual-random"].query_length) == (3e-5, 20)


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


def test_a_run_that_is_like_none_takes_nothing_over(raw):
    raw["students"]["passage_length"] = 77
    config = load_config(raw)
    assert config.runs["baseline"].passage_length == 77
    assert config.runs["colbert"].passage_length == 64
    raw["runs"]["plain"] = {"like": None}
    assert load_config(raw).runs["plain"] == TrainingRun()


def test_a_run_takes_over_the_settings_of_the_run_that_it_is_like(raw):
    raw["runs"]["dual-tas-balanced"]["lr"] = 0.5
    config = load_config(raw)
    other = config.runs["dual-tas-balanced-c"]
    assert other.seed == 2
    assert other.model_copy(update={"seed": 0}) == config.runs["dual-tas-balanced"]
    assert other.lr == 0.5


def test_likeness_may_have_several_links_in_any_order(raw):
    raw["runs"] = {"last": {"like": "kl", "lr": 1}, **raw["runs"]}
    runs = load_config(raw).runs
    assert next(iter(runs)) == "last"
    assert runs["last"] == runs["kl"].model_copy(update={"lr": 1.0})
    assert runs["kl"].losses.in_batch.kind == "kl"
    assert runs["kl"].losses.in_batch.form == "published"
    assert runs["kl"].sampler.kind == "tas-balanced"


def test_a_kind_replaces_another_kind_with_its_keys(raw):
    raw["runs"]["dual-tas"]["sampler"] = {"kind": "tas", "clusters": "wide"}
    raw["runs"]["other"] = {"like": "dual-tas", "sampler": "random"}
    raw["runs"]["same"] = {"like": "dual-tas", "sampler": {"clusters_per_batch": 2}}
    runs = load_config(raw).runs
    assert runs["other"].sampler == Random()
    assert runs["same"].sampler == Tas(kind="tas", clusters="wide", clusters_per_batch=2)


@pytest.mark.parametrize(
    ("like", "message"),
    [
        ("dual-tsa", "runs.kl.like: unknown run 'dual-tsa'; did you mean 'dual-tas'?"),
        (5, "runs.kl.like: unknown run '5'; known: "),
        (["a"], "runs.kl.like: unknown run '['a']'; known: "),
        ("lambdarank", "runs.kl.like: runs are like each other in a cycle: kl -> lambdarank -> kl"),
        ("kl", "runs.kl.like: runs are like each other in a cycle: kl -> kl"),
    ],
)
def test_the_run_that_another_is_like_must_exist_and_lead_to_no_cycle(raw, refusal, like, message):
    raw["runs"]["lambdarank"]["like"] = "kl"
    assert refusal("runs.kl.like", like).startswith(f"config: {message}")


@pytest.mark.parametrize(
    ("base", "over", "expected"),
    [
        ({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": {"x": 1}}, {"a": None}, {"a": None}),
        ({"a": None}, {"a": {"x": 1}}, {"a": {"x": 1}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": "x"}, {"a": {"y": 1}}, {"a": {"kind": "x", "y": 1}}),
        ({"a": {"kind": "x", "y": 1}}, {"a": "z"}, {"a": "z"}),
        ({"a": {"kind": "x", "y": 1}}, {"a": {"kind": "z"}}, {"a": {"kind": "z"}}),
        ({"a": {"kind": "x", "y": 1}}, {"a": {"kind": "x"}}, {"a": {"kind": "x", "y": 1}}),
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
    graph = load(raw)
    assert graph.system("dual-tas").run == "dual-tas"
    assert graph.system("bm25").kind == "lexical"
