"""Figures that everybody can read: words for each, colours that survive colour-blindness.

Every figure of the course goes through `show`, or through a function here that does.
"""

from mmlab.view.boxes import diagram
from mmlab.view.charts import bars, gallery, heatmap, heatmap_figure, images, lines, scatter
from mmlab.view.live import Live, LiveCurve
from mmlab.view.paper import PALETTE, Picture, figure, picture, show

__all__ = [
    "PALETTE", "Live", "LiveCurve", "Picture", "bars", "diagram", "figure", "gallery",
    "heatmap", "heatmap_figure", "images", "lines", "picture", "scatter", "show",
]  # fmt: skip
