"""What both figures share: colours that colour-blind readers tell apart, and the SVG file."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from tasb.files import whole

COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#000000", "#B3A600",
)  # fmt: skip
"""Okabe and Ito's palette, its yellow darkened for white paper."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
"""One shape for each colour, so that colour alone tells nothing."""
GREY = "#666666"


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure as SVG with its texts as texts; equal figures give equal files."""
    texts = mpl.rc_context({"svg.hashsalt": "tasb", "svg.fonttype": "none"})
    with whole(path) as part, texts:
        figure.savefig(part, format="svg", metadata={"Date": None}, bbox_inches="tight")
