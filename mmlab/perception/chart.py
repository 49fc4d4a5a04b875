"""Recover the data of a chart from its image: read the labels, measure lengths and areas."""

import numpy as np
from scipy import ndimage

from mmlab.perception.budget import budgeted, spend
from mmlab.perception.page import Line, read_page
from mmlab.perception.scene import checked
from mmlab.world.documents.chart import trend_of

_NEAR = 48  # maximum distance of a pixel from the colour of its series
_VIVID = 50  # minimum difference between the strongest and the weakest channel of a series' colour
_DARK = 120  # the axis is darker than this


@budgeted(0.4)
def read_chart(image: np.ndarray, lines: list[Line] | None = None) -> dict | None:
    """Return the data of a chart, as the fields that `chart` returns, or None if the image is not a chart.

    image   (h, w, 3) uint8   a bar, line or pie chart of `mmlab.world`, at any scale
    lines   list of Line      its text, if it has been read already
    raises  ShapeError        when the array is not one image

    >>> from mmlab.world.documents import chart
    >>> page = chart(1)
    >>> read_chart(page.image) == page.fields
    True
    """
    image = checked(image)
    lines = read_page(image) if lines is None else lines
    titles = [line for line in lines if line.face == "bold"]
    if not titles:
        return None
    title = max(titles, key=lambda line: line.size)
    below = [
        line for line in lines if line.box[1] >= title.box[3] and line.box[0] - title.box[0] < title.size
    ]
    unit = min(below, key=lambda line: line.box[1]).text if below else ""
    legend = _legend(image, lines)
    ticks = _ticks(lines)
    data = _measured(image, lines, title, legend, ticks) if ticks else _shares(image, legend)
    if data is None:
        return None
    first = next(iter(data["series"].values()))
    values = dict(zip(data["categories"], first))
    return data | {
        "title": title.text,
        "unit": unit.split()[-1],
        "trend": trend_of(first) if ticks else None,
        "largest": max(values, key=values.get),
        "smallest": min(values, key=values.get),
    }


def _legend(image, lines: list[Line]) -> dict[str, np.ndarray]:
    """Return name → colour of each text with a coloured square to its left."""
    legend = {}
    for line in lines:
        left, top, _, bottom = line.box
        before = image[
            (top + bottom) // 2, max(left - 2 * line.size, 0) : max(left - line.size // 3, 0)
        ].astype(int)
        vivid = before[np.ptp(before, axis=1) > _VIVID] if len(before) else before
        if len(vivid) >= 0.6 * line.size and line.face != "bold":
            legend[line.text] = np.median(vivid, axis=0)
    return legend


def _ticks(lines: list[Line]) -> list[tuple[int, Line]]:
    """Return (value, line) of the numbers in one column at the left, from bottom to top."""
    numbers = [(int(line.text), line) for line in lines if line.text.isdecimal() and len(line.text) < 7]
    for _, end in numbers:
        spend(len(numbers))
        column = [tick for tick in numbers if abs(tick[1].box[2] - end.box[2]) <= 2]
        column.sort(key=lambda tick: -tick[1].box[3])
        values = [value for value, _ in column]
        if len(values) >= 3 and values == sorted(set(values)) and values[0] == 0:
            return column
    return []


def _measured(image, lines, title: Line, legend: dict, ticks) -> dict | None:
    """Return the data of a bar or line chart, or None when its parts cannot be recognised."""
    (_, first), (high, last) = ticks[0], ticks[-1]
    edge = first.box[2] + first.size // 2
    zero = _axis(image, first, edge)
    under = [line for line in lines if zero and line.box[1] > zero and line.box[2] > first.box[2] + 4]
    if not under:
        return None
    categories = [line for line in under if line.box[1] < min(label.box[1] for label in under) + first.size]
    axis = [line.text for line in under if line not in categories]
    level = (first.box[1] - last.box[1]) / 100  # pixels per hundredth of the axis
    spend((1 + len(legend)) * image.shape[0] * image.shape[1] / 40)
    plot = image[: zero + 1].astype(int)
    plot[: last.box[1] - first.size // 3] = plot[:, :edge] = 255
    series = legend or {title.text.split(" by ")[0]: _main_colour(plot)}
    masks = [np.abs(plot - colour).max(axis=2) < _NEAR for colour in series.values()]
    kind = "bar" if any(mask[zero - 3 : zero].all(axis=0).any() for mask in masks) else "line"
    find = _bar_tops if kind == "bar" else _points
    rows = [find(mask, zero, categories, first.size) for mask in masks]
    if any(row is None for line in rows for row in line):
        return None
    return {
        "kind": kind,
        "axis": axis[-1].lower() if axis else None,
        "categories": [label.text for label in categories],
        "series": {
            name: [high // 100 * round((zero - row) / level) for row in line]
            for name, line in zip(series, rows)
        },
    }


def _axis(image, tick: Line, left: int) -> int | None:
    """Return the row of the dark horizontal line beside the lowest tick, or None."""
    top = max(tick.box[1] - tick.size // 2, 0)
    rows = image[top : tick.box[3] + tick.size // 2, left:].max(axis=2) < _DARK
    dark = np.flatnonzero(rows.mean(axis=1) > 0.6)
    return top + int(dark[0]) if len(dark) else None


def _main_colour(plot: np.ndarray) -> np.ndarray:
    """Return the most frequent vivid colour of a plot."""
    vivid = plot[np.ptp(plot, axis=2) > _VIVID]
    if not len(vivid):
        return np.zeros(3)
    codes, counts = np.unique(vivid // 32 @ np.array([1, 8, 64]), return_counts=True)
    return np.median(vivid[vivid // 32 @ np.array([1, 8, 64]) == codes[counts.argmax()]], axis=0)


def _middle(line: Line) -> float:
    """Return the x coordinate of the centre of a text."""
    return (line.box[0] + line.box[2]) / 2


def _bar_tops(mask, zero: int, categories, size: int) -> list[float | None]:
    """Return the top row of each category's bar."""
    labels, _ = ndimage.label(mask)
    tops: list[float | None] = [None] * len(categories)
    for rows, columns in ndimage.find_objects(labels):
        spend(3 + len(categories) / 4)
        if rows.stop >= zero - 2 and columns.stop - columns.start >= size // 2:
            middle = (columns.start + columns.stop) / 2
            nearest = min(range(len(categories)), key=lambda index: abs(_middle(categories[index]) - middle))
            tops[nearest] = rows.start if tops[nearest] is None else min(rows.start, tops[nearest])
    return tops


def _points(mask, zero: int, categories, size: int) -> list[float | None]:
    """Return the row of each category's ring marker: ink around a hole."""
    reach = size // 2
    distance = np.hypot(*np.ogrid[-reach : reach + 1, -reach : reach + 1])
    ring = (distance > 0.31 * size) & (distance < 0.46 * size)
    hole = distance < 0.18 * size
    kernel = ring / ring.sum() - hole / hole.sum()
    rows = []
    for label in categories:
        spend(500 + zero * size**3 / 500)
        middle = round(_middle(label))
        strip = mask[:zero, middle - reach - 2 : middle + reach + 3].astype(float)
        score = ndimage.correlate(strip, kernel, mode="constant")[:, reach : reach + 5]
        best = score.max(axis=1)
        rows.append(float(np.flatnonzero(best > best.max() - 1e-6).mean()) if best.max() > 0.5 else None)
    return rows


def _shares(image, legend: dict) -> dict | None:
    """Return the data of a pie chart, or None if the image is not one."""
    if len(legend) < 2:
        return None
    spend((1 + len(legend)) * image.shape[0] * image.shape[1] / 40)
    vivid = np.ptp(image.astype(int), axis=2) > _VIVID
    labels, count = ndimage.label(vivid)
    if not count:
        return None
    sizes = np.bincount(labels.reshape(-1))
    pie = (sizes * 100 > vivid.sum())[labels] & vivid  # the legend's squares are smaller
    far = np.stack([np.abs(image[pie] - colour).max(axis=1) for colour in legend.values()])
    # At the border of two slices the mixed colour may be close to that of a third slice.
    whole = far.min(axis=0) < _NEAR // 2
    shares = np.bincount(far.argmin(axis=0)[whole], minlength=len(legend)) * 100 / whole.sum()
    return {
        "kind": "pie",
        "axis": None,
        "categories": list(legend),
        "series": {"share": [round(share) for share in shares.tolist()]},
    }
