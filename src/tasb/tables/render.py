"""A table as Markdown, LaTeX and HTML."""

from html import escape

from tasb.tables.layout import Cell, Grid

STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em; color: #111; }
table { border-collapse: collapse; border-top: 2px solid; border-bottom: 2px solid; }
th, td { padding: .2em .6em; text-align: right; white-space: nowrap; }
td.label, th.label { text-align: left; }
thead tr:last-child th { border-bottom: 1px solid; }
tr.group td { text-align: left; font-style: italic; border-top: 1px solid #999; }
td .paper { color: #555; font-size: 85%; }
"""


def markdown(grid: Grid) -> str:
    """Return the table in Markdown; every column names its query set and metric."""
    columns = [f"{name} {metric}" for name, _ in grid.query_sets for metric in grid.metrics]
    head = ["", *grid.label_columns, "Steps", *columns]
    rule = ["---"] * (len(grid.label_columns) + 1) + ["---:"] * (len(columns) + 1)
    rows = [head, rule]
    for line in grid.lines:
        if line.group:
            rows.append(["", f"*{line.group}*"] + [""] * (len(head) - 2))
        rows.append([line.letter, *line.labels, line.steps, *map(_markdown_cell, line.cells)])
    body = "\n".join("| " + " | ".join(map(_markdown_text, row)) + " |" for row in rows)
    notes = "\n".join(f"- {note}" for note in grid.notes)
    return f"**{grid.title}**\n\n{body}\n\n{notes}\n"


def _markdown_text(text: str) -> str:
    return text.replace("|", r"\|")


def _markdown_cell(cell: Cell) -> str:
    letters = f"<sup>{cell.better_than}</sup>" if cell.better_than else ""
    paper = f" ({cell.paper})" if cell.paper else ""
    return cell.value + letters + paper


def latex(grid: Grid) -> str:
    """Return the table in LaTeX, for the package booktabs."""
    labels, width = len(grid.label_columns), len(grid.metrics)
    spans = [rf"\multicolumn{{{width}}}{{c}}{{{_tex(name)}}}" for name, _ in grid.query_sets]
    columns = [*grid.label_columns, "Steps", *grid.metrics * len(grid.query_sets)]
    lines = [
        r"\begin{table}",
        rf"\caption{{{_tex(grid.title)}}}",
        rf"\begin{{tabular}}{{l{'l' * labels}r{'r' * width * len(grid.query_sets)}}}",
        r"\toprule",
        " & ".join([""] * (labels + 1) + ["", *spans]) + r" \\",
        " & ".join(["", *map(_tex, columns)]) + r" \\",
        r"\midrule",
    ]
    for line in grid.lines:
        if line.group:
            total = labels + 2 + width * len(grid.query_sets)
            lines.append(rf"\multicolumn{{{total}}}{{l}}{{\textit{{{_tex(line.group)}}}}} \\")
        cells = [line.letter, *map(_tex, line.labels), line.steps, *map(_latex_cell, line.cells)]
        lines.append(" & ".join(cells) + r" \\")
    notes = [rf"\par\footnotesize {_tex(note)}" for note in grid.notes]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", *notes, r"\end{table}", ""])


def _latex_cell(cell: Cell) -> str:
    letters = rf"$^{{{cell.better_than}}}$" if cell.better_than else ""
    paper = f" ({cell.paper})" if cell.paper else ""
    return cell.value.replace("–", "--") + letters + paper


def _tex(text: str) -> str:
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    special |= {character: "\\" + character for character in "&%$#_{}"}
    return "".join(special.get(character, character) for character in text)


def html(grid: Grid) -> str:
    """Return the table as a page of its own, without anything from elsewhere."""
    labels, width = len(grid.label_columns), len(grid.metrics)
    spans = "".join(
        f'<th colspan="{width}">{escape(name)} ({queries} queries)</th>'
        for name, queries in grid.query_sets
    )
    names = "".join(f'<th class="label">{escape(name)}</th>' for name in grid.label_columns)
    metrics = "".join(f"<th>{escape(metric)}</th>" for metric in grid.metrics)
    total = labels + 2 + width * len(grid.query_sets)
    rows = []
    for line in grid.lines:
        if line.group:
            rows.append(f'<tr class="group"><td colspan="{total}">{escape(line.group)}</td></tr>')
        texts = "".join(f'<td class="label">{escape(label)}</td>' for label in line.labels)
        cells = "".join(f"<td>{_html_cell(cell)}</td>" for cell in line.cells)
        rows.append(f"<tr><td>{line.letter}</td>{texts}<td>{line.steps}</td>{cells}</tr>")
    notes = "".join(f"<li>{escape(note)}</li>" for note in grid.notes)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(grid.title)}</title><style>{STYLE}</style></head>\n"
        f"<body><h1>{escape(grid.title)}</h1>\n<table><thead>\n"
        f'<tr><th colspan="{labels + 2}"></th>{spans}</tr>\n'
        f"<tr><th></th>{names}<th>Steps</th>{metrics * len(grid.query_sets)}</tr>\n"
        f"</thead><tbody>\n"
        + "\n".join(rows)
        + f"\n</tbody></table>\n<ul>{notes}</ul></body></html>\n"
    )


def _html_cell(cell: Cell) -> str:
    letters = f"<sup>{cell.better_than}</sup>" if cell.better_than else ""
    paper = f' <span class="paper">({cell.paper})</span>' if cell.paper else ""
    return cell.value + letters + paper
