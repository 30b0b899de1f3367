"""The picture of an encounter as PNG, for a letter or a slide: the SVG, drawn by vl-convert (extra ``notebook``)."""

from __future__ import annotations

from importlib import import_module

from reports.timeline_svg import timeline_svg
from timeline.model import CodedEncounter

EXTRA = "A PNG needs vl-convert. Run: pip install 'infusion-timeline[notebook]' (or use --format svg)."


class PngExtraMissingError(ImportError):
    """The extra that draws the picture is not installed; the text gives the pip line."""


def timeline_png(coded: CodedEncounter, scale: float = 2) -> bytes:
    """The picture as PNG; ``scale`` 1 is 72 dots an inch.  Raises :class:`PngExtraMissingError`."""
    try:
        drawing = import_module("vl_convert")
    except ImportError:
        raise PngExtraMissingError(EXTRA) from None
    return bytes(drawing.svg_to_png(timeline_svg(coded), scale=scale))
