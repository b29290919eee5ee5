"""A grid as Markdown, LaTeX and HTML, each by a template; every text is escaped."""

import re
from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from tasb.tables.grid import Grid
from tasb.tables.templates import template

MARKDOWN = re.compile(r"[\\`*\[\]<>|~]|(?<!\w)_|_(?!\w)")
"""Signs that mean something in Markdown; an underscore inside a word does not."""
TEX = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "–": "--", "<": r"\textless{}", ">": r"\textgreater{}",
    **{sign: "\\" + sign for sign in "&%$#_{}"},
}  # fmt: skip


def markdown(grid: Grid) -> str:
    """Return a grid in Markdown; every column names its group, such as a query set."""
    return _render("markdown.md.j2", grid, escape=escape_markdown)


def latex(grid: Grid) -> str:
    """Return a grid in LaTeX, for the package booktabs."""
    signs = {"variable_start_string": "<<", "variable_end_string": ">>"}
    signs |= {"block_start_string": "<%", "block_end_string": "%>"}
    signs |= {"comment_start_string": "<#", "comment_end_string": "#>"}
    return _render("latex.tex.j2", grid, escape=_tex, **signs)


def html(grid: Grid) -> str:
    """Return a grid as a whole page that needs nothing else."""
    return _render("html.html.j2", grid, autoescape=True)


def _render(
    name: str, grid: Grid, escape: Callable[[str], str] | None = None, **options: Any
) -> str:
    def escaped(value: Any) -> Any:
        """Escape each text that a template prints, but what it marks as its own."""
        if escape is None or isinstance(value, Markup) or not isinstance(value, str):
            return value
        return escape(value)

    return template(name, finalize=escaped, **options).render(grid=grid, raw=Markup)


def escape_markdown(text: str) -> str:
    """Return a text in which no sign means anything in Markdown, in one line."""
    flat = " ".join(text.split()).replace("&", "&amp;")
    return MARKDOWN.sub(r"\\\g<0>", flat)


def _tex(text: str) -> str:
    return "".join(TEX.get(sign, sign) for sign in text)
