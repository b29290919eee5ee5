"""docs/config.md is what the typed models say, and every key has a meaning."""

import re

import pytest

from tasb.config.reference import reference

ROW = re.compile(r"^\| `([^`]+)` \| (.+) \| (.+) \| (.*) \|$", re.M)


@pytest.fixture(scope="module")
def page():
    return reference()


def test_the_page_is_current(root, page):
    assert (root / "docs" / "config.md").read_text(encoding="utf-8") == page + "\n"


def test_every_key_has_a_type_a_default_and_a_meaning(page):
    rows = ROW.findall(page)
    assert len(rows) > 100
    assert [row[0] for row in rows if not row[3].strip()] == []
    sections = re.findall(r"^## (.*)\n\n(.*)\n", page, re.M)
    assert [name for name, meaning in sections if not meaning] == []


@pytest.mark.parametrize(
    "row",
    [
        "| `lr` | number > 0 | `7e-06` |",
        "| `frozen_layers` | whole number ≥ 0 | `0` |",
        "| `pairwise` | `margin-mse` or `ranknet` or `cross-entropy` or null | `margin-mse` |",
        "| `early_stopping` | mapping or null | as below |",
        "| `query_sets` | by name: mapping | required |",
        "| `allow_unknown_ids` | true or false | `false` |",
        "| `systems` | list of text | required |",
    ],
)
def test_types_and_defaults_are_those_of_the_models(page, row):
    assert f"\n{row} " in page


def test_each_kind_has_a_table_of_its_keys(page):
    for kind in ("tas-balanced", "rerank", "fuse", "checkpoint", "colbert", "batches"):
        assert f", kind `{kind}`" in page
