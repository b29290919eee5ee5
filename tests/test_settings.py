import pytest
from pydantic import ValidationError

from tasb.settings import Settings, nearest


class Inner(Settings):
    count: int = 1


class Outer(Settings):
    rate: float = 0.5
    name: str | None = "x"
    inner: Inner = Inner()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("smapler", "; did you mean 'sampler'?"),
        ("seeds", "; did you mean 'seed'?"),
        ("q", ""),
    ],
)
def test_the_nearest_name_is_suggested_if_any_is_near(name, expected):
    assert nearest(name, ["sampler", "seed", "steps"]) == expected


def test_an_unknown_key_is_refused_at_any_depth():
    with pytest.raises(ValidationError, match="unknown key 'cuont'; did you mean 'count'?"):
        Outer.model_validate({"inner": {"cuont": 2}})


def test_numbers_and_null_are_read_from_strings():
    settings = Outer.model_validate({"rate": "1e-5", "name": "null", "inner": {"count": "3"}})
    assert (settings.rate, settings.name, settings.inner.count) == (1e-5, None, 3)


@pytest.mark.parametrize("text", ["8e5", "800000", "800000.0", 8e5, 800_000])
def test_a_whole_number_may_be_written_as_a_power_of_ten(text):
    assert Inner.model_validate({"count": text}).count == 800_000


def test_the_digits_of_a_large_number_are_kept():
    assert Inner.model_validate({"count": "9007199254740993"}).count == 9_007_199_254_740_993


@pytest.mark.parametrize("value", ["8e-5", "1.5", 1.5, True, "many"])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(ValidationError, match=r"count\n.*(valid|fractional)"):
        Inner.model_validate({"count": value})


@pytest.mark.parametrize("value", ["abc", "", "1e", [1], None, True, False])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValidationError, match="valid number"):
        Outer.model_validate({"rate": value})


@pytest.mark.parametrize("value", ["inf", float("inf"), float("nan")])
def test_a_number_is_finite(value):
    with pytest.raises(ValidationError, match="finite number"):
        Outer.model_validate({"rate": value})


def test_settings_cannot_be_changed():
    settings = Outer()
    with pytest.raises(ValidationError, match="frozen"):
        settings.rate = 1.0
    assert settings.rate == 0.5


def test_plain_values_give_the_same_settings_again():
    settings = Outer(rate=2, name=None, inner=Inner(count=7))
    assert settings.plain() == {"rate": 2.0, "name": None, "inner": {"count": 7}}
    assert Outer.model_validate(settings.plain()) == settings
