"""The data of a chart from its picture: labels are read, lengths and areas are measured."""

import numpy as np
from scipy import ndimage

from mmlab.world.documents.chart import trend_of
from mmlab.world.readers.page import Line, read_page
from mmlab.world.readers.scene import checked

_NEAR = 48  # how far a pixel may be from a series' colour
_VIVID = 50  # between the strongest and the weakest channel of a series' colour
_DARK = 120  # the axis is darker than this


def read_chart(image: np.ndarray, lines: list[Line] | None = None) -> dict | None:
    """Return what a chart shows, as the fields that `chart` gives, or None when it is no chart.

    image   (h, w, 3) uint8   a bar, line or pie chart of `mmlab.world`, in any scale
    lines   list of Line      its texts, where they have been read already
    raises  ShapeError        when it is not one picture

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
    below = [line for line in lines if line.box[1] >= title.box[3] and line.box[0] - title.box[0] < title.size]
    unit = min(below, key=lambda line: line.box[1]).text if below else ""
    legend = _legend(image, lines)
    ticks = _ticks(lines)
    data = _measured(image, lines, title, legend, ticks) if ticks else _shares(image, legend)
    if data is None:
        return None
    first = next(iter(data["series"].values()))
    values = dict(zip(data["categories"], first))
    return data | {
        "title": title.text, "unit": unit.split()[-1], "trend": trend_of(first) if ticks else None,
        "largest": max(values, key=values.get), "smallest": min(values, key=values.get),
    }  # fmt: skip


def _legend(image, lines: list[Line]) -> dict[str, np.ndarray]:
    """Return name → colour of the texts that have a coloured square before them."""
    legend = {}
    for line in lines:
        left, top, _, bottom = line.box
        before = image[(top + bottom) // 2, max(left - 2 * line.size, 0) : max(left - line.size // 3, 0)].astype(int)
        vivid = before[np.ptp(before, axis=1) > _VIVID] if len(before) else before
        if len(vivid) >= 0.6 * line.size and line.face != "bold":
            legend[line.text] = np.median(vivid, axis=0)
    return legend


def _ticks(lines: list[Line]) -> list[tuple[int, Line]]:
    """Return (value, line) of the numbers that stand in one column at the left, from the lowest up."""
    numbers = [(int(line.text), line) for line in lines if line.text.isdecimal() and len(line.text) < 7]
    for _, end in numbers:
        column = [one for one in numbers if abs(one[1].box[2] - end.box[2]) <= 2]
        column.sort(key=lambda one: -one[1].box[3])
        values = [value for value, _ in column]
        if len(values) >= 3 and values == sorted(set(values)) and values[0] == 0:
            return column
    return []


def _measured(image, lines, title: Line, legend: dict, ticks) -> dict | None:
    """Return the data of a bar or line chart, or None when its parts cannot be told."""
    (_, first), (high, last) = ticks[0], ticks[-1]
    edge = first.box[2] + first.size // 2
    zero = _axis(image, first, edge)
    under = [line for line in lines if zero and line.box[1] > zero and line.box[2] > first.box[2] + 4]
    if not under:
        return None
    categories = [line for line in under if line.box[1] < min(one.box[1] for one in under) + first.size]
    axis = [line.text for line in under if line not in categories]
    level = (first.box[1] - last.box[1]) / 100  # pixels to a hundredth of the axis
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
        "kind": kind, "axis": axis[-1].lower() if axis else None, "categories": [one.text for one in categories],
        "series": {
            name: [high // 100 * round((zero - row) / level) for row in line] for name, line in zip(series, rows)
        },
    }  # fmt: skip


def _axis(image, tick: Line, left: int) -> int | None:
    """Return the row of the dark level line beside the lowest tick, or None."""
    top = max(tick.box[1] - tick.size // 2, 0)
    rows = image[top : tick.box[3] + tick.size // 2, left:].max(axis=2) < _DARK
    dark = np.flatnonzero(rows.mean(axis=1) > 0.6)
    return top + int(dark[0]) if len(dark) else None


def _main_colour(plot: np.ndarray) -> np.ndarray:
    """Return the vivid colour that most of a plot is drawn in."""
    vivid = plot[np.ptp(plot, axis=2) > _VIVID]
    if not len(vivid):
        return np.zeros(3)
    codes, counts = np.unique(vivid // 32 @ np.array([1, 8, 64]), return_counts=True)
    return np.median(vivid[vivid // 32 @ np.array([1, 8, 64]) == codes[counts.argmax()]], axis=0)


def _middle(line: Line) -> float:
    """Return the middle of a text, from left to right."""
    return (line.box[0] + line.box[2]) / 2


def _bar_tops(mask, zero: int, categories, size: int) -> list[float | None]:
    """Return the row at which each category's bar begins."""
    labels, _ = ndimage.label(mask)
    tops: list[float | None] = [None] * len(categories)
    for rows, columns in ndimage.find_objects(labels):
        if rows.stop >= zero - 2 and columns.stop - columns.start >= size // 2:
            middle = (columns.start + columns.stop) / 2
            place = min(range(len(categories)), key=lambda index: abs(_middle(categories[index]) - middle))
            tops[place] = rows.start if tops[place] is None else min(rows.start, tops[place])
    return tops


def _points(mask, zero: int, categories, size: int) -> list[float | None]:
    """Return the row of each category's ring: ink all around a hole."""
    reach = size // 2
    distance = np.hypot(*np.ogrid[-reach : reach + 1, -reach : reach + 1])
    ring = (distance > 0.31 * size) & (distance < 0.46 * size)
    hole = distance < 0.18 * size
    kernel = ring / ring.sum() - hole / hole.sum()
    rows = []
    for one in categories:
        middle = round(_middle(one))
        strip = mask[:zero, middle - reach - 2 : middle + reach + 3].astype(float)
        score = ndimage.correlate(strip, kernel, mode="constant")[:, reach : reach + 5]
        best = score.max(axis=1)
        rows.append(float(np.flatnonzero(best > best.max() - 1e-6).mean()) if best.max() > 0.5 else None)
    return rows


def _shares(image, legend: dict) -> dict | None:
    """Return the data of a pie chart, or None when it is none."""
    if len(legend) < 2:
        return None
    vivid = np.ptp(image.astype(int), axis=2) > _VIVID
    labels, count = ndimage.label(vivid)
    if not count:
        return None
    sizes = np.bincount(labels.reshape(-1))
    pie = (sizes * 100 > vivid.sum())[labels] & vivid  # the legend's squares are smaller
    far = np.stack([np.abs(image[pie] - colour).max(axis=1) for colour in legend.values()])
    # Where two slices meet, the mixture may be like a third.
    whole = far.min(axis=0) < _NEAR // 2
    shares = np.bincount(far.argmin(axis=0)[whole], minlength=len(legend)) * 100 / whole.sum()
    return {"kind": "pie", "axis": None, "categories": list(legend),
            "series": {"share": [round(share) for share in shares.tolist()]}}  # fmt: skip
