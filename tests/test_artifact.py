from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.artifact import Artifact, Part, canonical
from tasb.settings import Settings

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), values, max_size=4), st.randoms())
@settings(max_examples=60)
def test_equal_values_have_one_canonical_form(value, random):
    keys = list(value)
    random.shuffle(keys)
    shuffled = {key: value[key] for key in keys}
    assert repr(canonical(shuffled)) == repr(canonical(value))
    assert canonical(value) == value


@pytest.mark.parametrize("value", [Path("a"), {1, 2}, b"a", {"a": [object()]}])
def test_what_snakemake_cannot_track_is_no_recipe(value):
    with pytest.raises(TypeError, match="would not be tracked"):
        canonical(value)


def test_settings_stand_in_a_recipe_as_plain_values():
    class Own(Settings):
        size: int = 3

    assert canonical({"own": Own(), "list": (1, 2)}) == {"list": [1, 2], "own": {"size": 3}}


def shard(number, **settings):
    return Artifact(
        "a:make", f"stage/{number}", {"vectors": [f"results/{number}.arrow"]},
        settings, part={"shard": number},
    )  # fmt: skip


def joined(*sources, **settings):
    return Artifact(
        "b:make",
        "stage/joined",
        {"one": ["results/one"], "two": ["results/two", "results/three"]},
        settings,
        {"vectors": [source["vectors"] for source in sources]},
        brought={"theirs": ["theirs.tsv"]},
    )


def test_a_recipe_holds_settings_and_the_digests_of_sources():
    source = shard(0, b=(1, 2), a=0.5)
    assert (
        repr(source.recipe) == "{'a': 0.5, 'b': [1, 2], 'from': {}, 'make': 'a:make', 'shard': 0}"
    )
    found = joined(source, c=True)
    assert found.recipe == {"c": True, "from": {"vectors": [source.digest]}, "make": "b:make"}
    assert len(found.digest) == 16
    assert source.digest != shard(0, b=(1, 2), a=0.25).digest
    assert found.digest != joined(shard(0, b=(1, 2), a=0.25), c=True).digest


def test_shards_differ_in_recipe_and_not_in_digest():
    shards = [shard(0, a=1), shard(1, a=1)]
    assert shards[0].recipe != shards[1].recipe
    assert shards[0].digest == shards[1].digest
    assert joined(*shards).digest == joined(shards[0]).digest


def test_inputs_are_the_files_of_sources_and_those_that_are_brought():
    found = joined(shard(0), shard(1))
    expected = {
        "vectors": ["results/0.arrow", "results/1.arrow"],
        "sidecars": ["results/stage/0.made.json", "results/stage/1.made.json"],
        "theirs": ["theirs.tsv"],
    }
    assert found.inputs == expected


def test_some_or_all_files_of_an_artifact_are_named():
    found = joined(shard(0))
    assert found["two"] == Part(found, ("results/two", "results/three"))
    assert found.of("two", "one").paths == ("results/two", "results/three", "results/one")
    assert found.sidecar == "results/stage/joined.made.json"
    assert found.paths == ["results/one", "results/two", "results/three", found.sidecar]


def test_a_closure_holds_each_artifact_once():
    first = shard(0)
    middle = joined(first, shard(1))
    last = Artifact("c:make", "stage/last", {"file": ["results/last"]},
                    sources={"one": middle["one"], "again": first["vectors"]})  # fmt: skip
    names = [artifact.name for artifact in last.closure()]
    assert sorted(names) == ["stage/0", "stage/1", "stage/joined", "stage/last"]
