"""Published values next to ours, with the difference and a mark."""

import polars as pl

from tasb.tables.known import SCHEMA, compared, grid_of

ROW = {"system": "a", "label": "A", "source": "its card", "band": 0.002,
       "values": {"one": {"ndcg@10": 0.645, "mrr@10": 0.5}, "two": {"ndcg@10": 0.3}}}  # fmt: skip


def means(**values):
    return pl.DataFrame({"metric": list(values), "value": list(values.values())},
                        schema={"metric": pl.String, "value": pl.Float64})  # fmt: skip


def test_a_value_is_within_its_band_or_not():
    found = compared(ROW, {"one": means(**{"ndcg@10": 0.6465, "mrr@10": 0.497}),
                           "two": means(**{"ndcg@10": None})})  # fmt: skip
    assert [line["within"] for line in found] == [True, False, False]
    assert found[0]["difference"] == 0.6465 - 0.645 and found[2]["difference"] is None
    table = pl.DataFrame([{"table": "known", **line} for line in found], schema=SCHEMA)
    grid = grid_of("Known", [ROW], table, "mini")
    texts = [[cell.text for cell in line.cells] for line in grid.lines]
    assert texts[0] == [
        "A",
        "one",
        "nDCG@10",
        ".6465",
        ".6450",
        "+0.0015",
        ".002",
        "yes",
        "its card",
    ]
    assert texts[1][5:8] == ["-0.0030", ".002", "no"] and texts[2][3] == "–"
    assert grid.notes == ["Collection 'mini': 1 of 3 values are within their bands."]
