"""Figures are sound XML, and print texts as they are."""

from xml.etree import ElementTree

from matplotlib.figure import Figure

from tasb.tables.svg import save

TEXT = "costs $5 or $x^2$ <b>&amp;</b>"


def test_any_text_gives_sound_xml_and_is_printed_as_it_is(tmp_path):
    figure = Figure(figsize=(8, 2))
    axes = figure.subplots()
    axes.set_title(TEXT)
    axes.text(0, 0, "bell\x07, null\x00, escape\x1b, tab\tend")
    save(figure, tmp_path / "a.svg")
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    texts = ["".join(node.itertext()) for node in root.iter() if node.tag.endswith("text")]
    assert TEXT in texts
    (bell,) = [text for text in texts if text.startswith("bell")]
    words = ["bell\ufffd,", "null\ufffd,", "escape\ufffd,", "tab", "end"]
    assert bell.split() == words
