"""Boxes and arrows, from left to right."""

from collections.abc import Mapping, Sequence

from mmlab.errors import InputError
from mmlab.view import paper

LINE, LETTER = 0.2, 0.088  # inches a line and a letter of 10 points takes
GAP_X, GAP_Y = 0.55, 0.25  # inches between boxes


def diagram(
    nodes: Mapping[str, str] | Sequence[str],
    edges: Sequence[tuple],
    alt: str,
    *,
    title: str = "",
    strong: Sequence[str] = (),
) -> None:
    """Show a graph of boxes and arrows that runs from left to right.

    nodes   {name: what its box says}, or names that say it themselves; \\n breaks a line
    edges   (from, to) or (from, to, what the arrow says); no circles
    alt     str: the same in words
    strong  names of boxes drawn with a thick border, such as those that are trained
    raises  InputError for an edge to an unknown node, and for a circle
    """
    said = dict(nodes) if isinstance(nodes, Mapping) else {name: name for name in nodes}
    places, sizes, extent = layout(said, edges)
    column = columns_of(said, edges)
    made, axes = paper.figure(max(extent[0], 2), extent[1] + 0.3 * bool(title))
    axes.set(xlim=(0, extent[0]), ylim=(extent[1], 0), aspect="equal", title=title)
    axes.set_axis_off()
    for name, text in said.items():
        _box(axes, places[name], sizes[name], text, name in strong)
    for source, target, *label in edges:
        start = (places[source][0] + sizes[source][0] / 2, places[source][1])
        end = (places[target][0] - sizes[target][0] / 2, places[target][1])
        bend = 0.0
        if column[target] > column[source] + 1:  # around the boxes of the columns between
            bend = 0.25 if start[1] > end[1] else -0.25
        style = {"arrowstyle": "-|>", "color": "black", "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", end, start, arrowprops=style | {"connectionstyle": f"arc3,rad={bend}"})
        if label:
            middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 - 0.06)
            axes.text(*middle, label[0], ha="center", va="bottom", fontsize=8)
    paper.show(made, alt)


def _box(axes, place, size, text, strong) -> None:
    from matplotlib.patches import FancyBboxPatch

    (x, y), (width, height) = place, size
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2), width, height,
            boxstyle="round,pad=0,rounding_size=0.08", facecolor="#eaf4fb" if strong else "white", edgecolor=paper.PALETTE["blue"],
            linewidth=2.2 if strong else 1,
        )
    )  # fmt: skip
    axes.text(x, y, text, ha="center", va="center", fontsize=10)


def layout(said: Mapping[str, str], edges: Sequence[tuple]):
    """Return each box's centre and size, and the whole's size, in inches; y runs down."""
    column = columns_of(said, edges)
    sizes = {
        name: (max(map(len, text.split("\n"))) * LETTER + 0.25, (text.count("\n") + 1) * LINE + 0.2)
        for name, text in said.items()
    }
    longest = max((len(edge[2]) for edge in edges if len(edge) > 2), default=0)
    gap = max(GAP_X, longest * 0.07 + 0.3)
    groups = [
        [name for name in said if column[name] == number]
        for number in range(max(column.values()) + 1)
    ]
    tall = max(len(group) * (max(sizes[name][1] for name in group) + GAP_Y) for group in groups)
    places, left = {}, 0.1
    for group in groups:
        wide = max(sizes[name][0] for name in group)
        for row, name in enumerate(group):  # even slots, so that rows of one height line up
            places[name] = (left + wide / 2, tall * (row + 0.5) / len(group))
        left += wide + gap
    return places, sizes, (left - gap + 0.1, tall)


def columns_of(said, edges) -> dict[str, int]:
    """Return each node's column: one more than the last of those that point at it.

    >>> columns_of("abc", [("a", "b"), ("b", "c"), ("a", "c")])
    {'a': 0, 'b': 1, 'c': 2}
    """
    for source, target, *_ in edges:
        for name in (source, target):
            if name not in said:
                raise InputError(
                    f"diagram: an edge names {name!r}", f"one of {list(said)}", "add it to nodes"
                )
    column = dict.fromkeys(said, 0)
    for _ in range(len(column) + 1):
        moved = False
        for source, target, *_ in edges:
            if column[target] <= column[source]:
                column[target], moved = column[source] + 1, True
        if not moved:
            return column
    raise InputError(
        "diagram: the edges run in a circle", "left to right only", "leave one edge out"
    )
