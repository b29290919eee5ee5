"""The three printed forms, cell by cell, and their special characters."""

import re
from html.parser import HTMLParser

import pytest
from tasb.tables.layout import Cell, Grid, Line

from tasb.tables.render import html, latex, markdown


@pytest.fixture
def small():
    """Two rows, two query sets, two metrics, a heading, a missing and a published value."""
    rows = [
        Line(None, "a", ["None", "Random"], "", [Cell(".602"), Cell(".781"), Cell("–"), Cell("–")]),
        Line("Ours", "b", ["Both", "TAS"], "1,000",
             [Cell(".712", "a", ".713"), Cell(".892", "a"), Cell(".3"), Cell(".4", "", ".5")]),
    ]  # fmt: skip
    sets = [("dev", 1200), ("test", 43)]
    return Grid("T", ["Teacher", "Sampling"], sets, ["nDCG@10", "R@50"], rows, ["note"])


def special(text):
    line = Line(text, "a", [text], "", [Cell(".1")])
    return Grid(text, [text], [(text, 1)], ["MAP"], [line], [text])


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
        ["", "dev (1200 queries)", "test (43 queries)"],
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
    assert page.count("&lt;b&gt;&amp;&quot;R@K&quot;") == 7
    assert '<b>&"R@K"' in Cells(page).rows[-1]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("BERT_CAT & 50 %", r"BERT\_CAT \& 50 \%"),
        ("#1 $x^2$ {a}", r"\#1 \$x\textasciicircum{}2\$ \{a\}"),
        ("~\\", r"\textasciitilde{}\textbackslash{}"),
    ],
)
def test_latex_escapes_special_characters_everywhere(text, escaped):
    page = latex(special(text))
    assert rf"\caption{{{escaped}}}" in page
    assert rf"\multicolumn{{1}}{{c}}{{{escaped}}}" in page
    assert rf" & {escaped} & Steps & MAP \\" in page
    assert rf"{{\textit{{{escaped}}}}}" in page
    assert rf"a & {escaped} &  & .1 \\" in page
    assert rf"\par\footnotesize {escaped}" in page


def test_a_bar_in_a_label_does_not_open_a_cell_in_markdown():
    lines = markdown(special("k1 | b")).splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}
    assert rows[-1] == r"| a | k1 \| b |  | .1 |"
