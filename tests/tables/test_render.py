"""The three printed forms, cell by cell, and texts that mean something in each of them."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasb.tables.grid import Cell, Column, Grid, Line
from tasb.tables.render import html, latex, markdown

NUMBERS = [Column(metric, name, True) for name in ("dev", "test") for metric in ("nDCG@10", "R@50")]
COLUMNS = [Column(""), Column("Teacher"), Column("Sampling"), Column("Steps", "", True), *NUMBERS]


def texts(*given):
    return [Cell(text) for text in given]


@pytest.fixture
def small():
    """Two rows, two groups of columns, a heading, a missing and a published value."""
    values = [Cell(".712", "a", ".713"), Cell(".892", "a"), Cell(".3"), Cell(".4", "", ".5")]
    lines = [
        Line(texts("a", "None", "Random", "", ".602", ".781", "–", "–")),
        Line([*texts("b", "Both", "TAS", "1,000"), *values], "Ours"),
    ]
    return Grid("T", COLUMNS, lines, ["note"])


def special(text):
    """A grid that prints a text in every place."""
    line = Line([Cell("a"), Cell(text, text, text)], text)
    return Grid(text, [Column(text, text), Column(text, "x")], [line], [text])


class Cells(HTMLParser):
    """Collects the rows of an HTML table as texts, and widths with spans counted."""

    def __init__(self, page):
        super().__init__()
        self.rows, self.widths, self.inside = [], [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
            self.widths.append(0)
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.widths[-1] += int(dict(attrs).get("colspan", 1))
            self.inside = True

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1] += data


def test_markdown_is_the_whole_table(small):
    assert markdown(small) == (
        "**T**\n\n"
        "|  | Teacher | Sampling | Steps | dev nDCG@10 | dev R@50 | test nDCG@10 | test R@50 |\n"
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |\n"
        "| a | None | Random |  | .602 | .781 | – | – |\n"
        "|  | *Ours* |  |  |  |  |  |  |\n"
        "| b | Both | TAS | 1,000 | .712<sup>a</sup> (.713) | .892<sup>a</sup> | .3 | .4 (.5) |\n"
        "\n- note\n"
    )


def test_latex_rows_have_the_cells_and_all_the_same_width(small):
    lines = latex(small).splitlines()
    assert r"\begin{tabular}{lllrrrrr}" in lines
    assert r"b & Both & TAS & 1,000 & .712$^{a}$ (.713) & .892$^{a}$ & .3 & .4 (.5) \\" in lines
    assert r"a & None & Random &  & .602 & .781 & -- & -- \\" in lines
    assert r"\multicolumn{8}{l}{\textit{Ours}} \\" in lines
    assert r"\par\footnotesize note" in lines
    widths = set()
    for line in lines:
        if line.endswith(r"\\"):
            spans = re.findall(r"\\multicolumn\{(\d+)\}", line)
            widths.add(line.count(" & ") + 1 + sum(map(int, spans))
                       - len(spans))  # fmt: skip
    assert widths == {8}


def test_html_rows_have_the_cells_and_all_the_same_width(small):
    table = Cells(html(small))
    assert table.rows == [
        ["", "dev", "test"],
        ["", "Teacher", "Sampling", "Steps", "nDCG@10", "R@50", "nDCG@10", "R@50"],
        ["a", "None", "Random", "", ".602", ".781", "–", "–"],
        ["Ours"],
        ["b", "Both", "TAS", "1,000", ".712a (.713)", ".892a", ".3", ".4 (.5)"],
    ]
    assert set(table.widths) == {8}
    assert "<sup>a</sup>" in html(small)
    assert "<li>note</li>" in html(small)


def test_html_reads_nothing_from_elsewhere(small):
    assert not re.search(r"src=|href=|url\(|@import|<script", html(small))


def test_html_escapes_special_characters_everywhere():
    page = html(special('<b>&"R@K"'))
    assert "<b>" not in page
    assert page.count("&lt;b&gt;&amp;&#34;R@K&#34;") == 10
    assert '<b>&"R@K"<b>&"R@K" (<b>&"R@K")' in Cells(page).rows[-1]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("BERT_CAT & 50 %", r"BERT\_CAT \& 50 \%"),
        ("#1 $x^2$ {a}", r"\#1 \$x\textasciicircum{}2\$ \{a\}"),
        ("~\\", r"\textasciitilde{}\textbackslash{}"),
        ("a < b", r"a \textless{} b"),
    ],
)
def test_latex_escapes_special_characters_everywhere(text, escaped):
    page = latex(special(text))
    assert rf"\caption{{{escaped}}}" in page
    assert rf"\multicolumn{{1}}{{c}}{{{escaped}}} & \multicolumn{{1}}{{c}}{{x}}" in page
    assert rf"{escaped} & {escaped} \\" in page
    assert rf"{{\textit{{{escaped}}}}}" in page
    assert rf"a & {escaped}$^{{{escaped}}}$ ({escaped}) \\" in page
    assert rf"\par\footnotesize {escaped}" in page


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("k1 | b", r"k1 \| b"),
        ("BERT_CAT _x_", r"BERT_CAT \_x\_"),
        ("*a* `b` [c](d) <e>", r"\*a\* \`b\` \[c\](d) \<e\>"),
        ("a\nb & c", "a b &amp; c"),
    ],
)
def test_markdown_escapes_special_characters_everywhere(text, escaped):
    lines = markdown(special(text)).splitlines()
    assert lines[0] == f"**{escaped}**"
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == 4
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {3}
    assert f"{escaped}<sup>{escaped}</sup> ({escaped})" in rows[-1]
    assert lines[-1] == f"- {escaped}"


hostile = st.text(st.sampled_from("ab \\|{}<%>&#_^~$\n\"'*[]`"), min_size=1, max_size=12)


@given(hostile)
def test_no_text_opens_a_cell_or_a_tag(text):
    assert Cells(html(special(text))).widths == [2, 2, 2, 2]
    page = latex(special(text))
    assert page.count(r"\begin{") == page.count(r"\end{") == 2
    assert len(re.findall(r"(?<!\\)&", page)) == 3
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 3
               for row in markdown(special(text)).splitlines() if row.startswith("|"))  # fmt: skip
