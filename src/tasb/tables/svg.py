"""What both figures share: colours that colour-blind readers tell apart, and the SVG file."""

import io
import re
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from tasb.files import write_text

COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#000000", "#B3A600",
)  # fmt: skip
"""Okabe and Ito's palette, its yellow darkened for white paper."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
"""One shape for each colour, so that colour alone tells nothing."""
GREY = "#666666"
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Signs that an XML 1.0 document may not hold."""


mpl.rcParams["text.parse_math"] = False  # a dollar sign of a title or query is one


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure as SVG with its texts as texts; equal figures give equal files.

    Signs that XML does not allow, such as control characters of a query, become "�".
    """
    drawn = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "tasb", "svg.fonttype": "none"}):
        figure.savefig(drawn, format="svg", metadata={"Date": None}, bbox_inches="tight")
    write_text(path, NOT_XML.sub("\N{REPLACEMENT CHARACTER}", drawn.getvalue()))
