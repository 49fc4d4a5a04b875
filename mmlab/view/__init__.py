"""Accessible figures: alternative text for each, and colours that colour-blind readers can tell apart.

Every figure of the course is displayed by `show`, or by a function here that calls it.
"""

from mmlab.view.boxes import diagram
from mmlab.view.charts import bars, gallery, heatmap, heatmap_figure, images, lines, scatter
from mmlab.view.figures import PALETTE, Picture, figure, picture, show
from mmlab.view.live import Live, LiveCurve

__all__ = [
    "PALETTE",
    "Live",
    "LiveCurve",
    "Picture",
    "bars",
    "diagram",
    "figure",
    "gallery",
    "heatmap",
    "heatmap_figure",
    "images",
    "lines",
    "picture",
    "scatter",
    "show",
]
