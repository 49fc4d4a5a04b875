"""Diagrams of boxes and arrows, from left to right."""

from collections.abc import Mapping, Sequence

from mmlab.errors import InputError
from mmlab.view import figures

LINE, LETTER = 0.2, 0.088  # inches for a line and for a character at 10 points
GAP_X, GAP_Y = 0.55, 0.25  # inches between boxes


def diagram(
    nodes: Mapping[str, str] | Sequence[str],
    edges: Sequence[tuple],
    alt: str = "",
    *,
    title: str = "",
    strong: Sequence[str] = (),
) -> None:
    """Show a graph of boxes and arrows that runs from left to right.

    nodes   {name: label of its box}, or names that are their own labels; \\n starts a new line
    edges   (from, to) or (from, to, label of the arrow); no cycles
    alt     str: the same in words; "": made from the arrows
    strong  names of boxes with a thick border, such as trained parts
    raises  InputError for an edge to an unknown node, and for a cycle
    """
    labels = dict(nodes) if isinstance(nodes, Mapping) else {name: name for name in nodes}
    centres, sizes, extent = layout(labels, edges)
    column = columns_of(labels, edges)
    made, axes = figures.figure(max(extent[0], 2), extent[1] + 0.3 * bool(title))
    axes.set(xlim=(0, extent[0]), ylim=(extent[1], 0), aspect="equal", title=title)
    axes.set_axis_off()
    for name, text in labels.items():
        _box(axes, centres[name], sizes[name], text, name in strong)
    for source, target, *label in edges:
        start = (centres[source][0] + sizes[source][0] / 2, centres[source][1])
        end = (centres[target][0] - sizes[target][0] / 2, centres[target][1])
        bend = 0.0
        if column[target] > column[source] + 1:  # around the boxes of the columns between
            bend = 0.25 if start[1] > end[1] else -0.25
        style = {"arrowstyle": "-|>", "color": "black", "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", end, start, arrowprops=style | {"connectionstyle": f"arc3,rad={bend}"})
        if label:
            middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 - 0.06)
            axes.text(*middle, label[0], ha="center", va="bottom", fontsize=8)
    figures.show(made, alt or _in_words(labels, edges, title))


def _in_words(labels, edges, title) -> str:
    """Return a diagram in words: each box with the boxes that its arrows lead to."""
    plain = {name: text.replace("\n", " ") for name, text in labels.items()}
    leads: dict[str, list[str]] = {}
    for source, target, *label in edges:
        leads.setdefault(source, []).append(plain[target] + (f" ({label[0]})" if label else ""))
    arrows = "; ".join(f"{plain[source]} → {', '.join(targets)}" for source, targets in leads.items())
    return f"{figures.sentence(title or 'Diagram')} {arrows or ', '.join(plain.values())}."


def _box(axes, centre, size, text, strong) -> None:
    from matplotlib.patches import FancyBboxPatch

    (x, y), (width, height) = centre, size
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor="#eaf4fb" if strong else "white",
            edgecolor=figures.PALETTE["blue"],
            linewidth=2.2 if strong else 1,
        )
    )
    axes.text(x, y, text, ha="center", va="center", fontsize=10)


def layout(labels: Mapping[str, str], edges: Sequence[tuple]):
    """Return each box's centre and size, and the size of the diagram, in inches; y points down."""
    column = columns_of(labels, edges)
    sizes = {
        name: (max(map(len, text.split("\n"))) * LETTER + 0.25, (text.count("\n") + 1) * LINE + 0.2)
        for name, text in labels.items()
    }
    longest = max((len(edge[2]) for edge in edges if len(edge) > 2), default=0)
    gap = max(GAP_X, longest * 0.07 + 0.3)
    groups = [
        [name for name in labels if column[name] == number] for number in range(max(column.values()) + 1)
    ]
    tall = max(len(group) * (max(sizes[name][1] for name in group) + GAP_Y) for group in groups)
    centres, left = {}, 0.1
    for group in groups:
        wide = max(sizes[name][0] for name in group)
        for row, name in enumerate(group):  # equal slots, so that rows line up
            centres[name] = (left + wide / 2, tall * (row + 0.5) / len(group))
        left += wide + gap
    return centres, sizes, (left - gap + 0.1, tall)


def columns_of(labels, edges) -> dict[str, int]:
    """Return each node's column: one more than the largest column of its predecessors.

    >>> columns_of("abc", [("a", "b"), ("b", "c"), ("a", "c")])
    {'a': 0, 'b': 1, 'c': 2}
    """
    for source, target, *_ in edges:
        for name in (source, target):
            if name not in labels:
                raise InputError(
                    f"diagram: an edge names {name!r}", f"one of {list(labels)}", "add it to nodes"
                )
    column = dict.fromkeys(labels, 0)
    for _ in range(len(column) + 1):
        moved = False
        for source, target, *_ in edges:
            if column[target] <= column[source]:
                column[target], moved = column[source] + 1, True
        if not moved:
            return column
    raise InputError("diagram: the edges form a cycle", "edges from left to right only", "leave one edge out")
