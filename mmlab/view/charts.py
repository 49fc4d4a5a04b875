"""The course's figures: galleries of scenes, heat maps, line charts, bar charts and scatter plots.

Each writes its alternative text from the data that it draws; `alt` replaces that text.
"""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np

from mmlab import world
from mmlab.errors import InputError, ShapeError
from mmlab.view import figures

DESCRIBED = 12  # max images of a gallery that the alternative text describes


def gallery(
    scenes: Sequence, captions: Sequence[str] | None = None, columns: int = 6, *, title: str = ""
) -> None:
    """Show scenes side by side; the alternative text describes their true content.

    scenes    list of world.Scene
    captions  a line below each image; None: no lines
    columns   images per row
    """
    picture = gallery_picture(scenes, captions, columns, title=title)
    figures.show(picture, picture.alt)


def gallery_picture(
    scenes: Sequence, captions: Sequence[str] | None = None, columns: int = 6, *, title: str = ""
) -> figures.Picture:
    """Return what `gallery` shows, as a Picture."""
    if not len(scenes):
        raise InputError("gallery: no scenes", "at least one scene", "pass world.sample(6)")
    truths = [world.caption(scene) for scene in scenes[:DESCRIBED]]
    return labelled_picture(world.render(scenes, size=96), truths, captions, columns, title=title)


def labelled_picture(
    pixels: Sequence[np.ndarray],
    truths: Sequence[str],
    labels: Sequence[str] | None = None,
    columns: int = 6,
    *,
    title: str = "",
) -> figures.Picture:
    """Return images side by side, with an alternative text that says what they show and how they are labelled.

    pixels  images of any sizes, uint8
    truths  what the first ones show, in order
    labels  a line below each image; None: no lines
    """
    lines = [f"{number}: {truth}" for number, truth in enumerate(truths[:DESCRIBED], start=1)]
    if labels is not None and len(labels) == len(pixels):
        lines = [
            line if label == truth else f"{line}, labelled “{label}”"
            for line, truth, label in zip(lines, truths, labels, strict=False)
        ]
    more = f"; and {len(pixels) - DESCRIBED} more" if len(pixels) > DESCRIBED else ""
    alt = f"{figures.sentence(title) + ' ' if title else ''}{_image_count(len(pixels))}. {'; '.join(lines)}{more}."
    return _grid(pixels, alt, labels, columns, title)


def images(
    pixels: Sequence[np.ndarray],
    alt: str = "",
    captions: Sequence[str] | None = None,
    columns: int = 6,
    *,
    title: str = "",
) -> None:
    """Show any images side by side.

    pixels    (n, Y, X, 3) uint8, or (n, Y, X) for grey; or a list of n such images of any sizes
    alt       what they show; "": made from the captions, which must then be given
    captions  a line below each image; None: no lines
    raises    ShapeError for another shape, InputError if there is neither alt nor captions
    """
    given = np.shape(pixels) if isinstance(pixels, np.ndarray) else [np.shape(image) for image in pixels]
    pixels = [np.asarray(image) for image in pixels]
    if not pixels or any(image.ndim not in (2, 3) for image in pixels):
        raise ShapeError(
            f"images: an array of shape {given}",
            "(n, Y, X, 3) uint8, or (n, Y, X) for grey, n at least 1",
            "for a single image call images(image[None], alt)",
        )
    described = "; ".join(f"{number}: {text}" for number, text in enumerate(captions or (), start=1))
    if described and not alt:
        alt = f"{figures.sentence(title) + ' ' if title else ''}{_image_count(len(pixels))}. {described}."
    figures.show(_grid(pixels, alt, captions, columns, title), alt)


def _grid(pixels, alt, captions, columns, title) -> figures.Picture:
    """Return images in rows of `columns`, each above its caption."""
    if captions is not None and len(captions) != len(pixels):
        raise ShapeError(
            f"{len(captions)} captions for {len(pixels)} images",
            "one caption for each image",
            "pass captions=[world.caption(scene) for scene in scenes]",
        )
    columns = min(columns, len(pixels))
    rows = -(-len(pixels) // columns)
    wrapped = ["\n".join(textwrap.wrap(text, 20)) for text in captions or [""] * len(pixels)]
    lines = max(text.count("\n") + bool(text) for text in wrapped)
    height = (1.45 + 0.16 * lines) * rows + 0.3 * bool(title)
    made, axes = figures.figure(1.45 * columns, height, rows, columns)
    cells = np.atleast_1d(axes).ravel()
    for cell, image, text in zip(cells, pixels, wrapped, strict=False):
        cell.imshow(image, interpolation="nearest", cmap="gray")
        cell.set(xticks=[], yticks=[])
        cell.set_xlabel(text, fontsize=8)
        cell.spines[:].set(visible=True, color="#bbbbbb")  # so that a white background has an edge
    for cell in cells[len(pixels) :]:
        cell.set_axis_off()
    if title:
        made.suptitle(title)
    return figures.picture(made, alt, tight=True)


def _image_count(count: int) -> str:
    return "One image" if count == 1 else f"{count} images"


def heatmap(
    matrix,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    *,
    alt: str = "",
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    numbers: bool | None = None,
    limits: tuple[float, float] | None = None,
) -> None:
    """Show a matrix as colours, with light colours for high values and a colour bar.

    matrix         (R, C) float
    rows, columns  names along the sides, few enough to read
    numbers        write each value into its cell; None: if there are at most 80
    limits         values of the darkest and the lightest colour; None: min and max of the matrix
    """
    made = heatmap_figure(
        matrix, rows, columns, title=title, xlabel=xlabel, ylabel=ylabel, numbers=numbers, limits=limits
    )
    figures.show(made, alt or _heatmap_text(_array(matrix), rows, columns, title, xlabel, ylabel))


def _heatmap_text(matrix, rows, columns, title, xlabel, ylabel) -> str:
    """Return a heat map in words: its size, its range, and where each of the first rows is largest."""
    tall, wide = matrix.shape
    text = f"Heat map of {tall} rows{_of(ylabel)} and {wide} columns{_of(xlabel)}"
    text += f", values from {np.nanmin(matrix):.2f} to {np.nanmax(matrix):.2f}"
    if tall == wide and tall > 1:
        rest = matrix[~np.eye(tall, dtype=bool)]
        text += f"; mean {np.nanmean(np.diag(matrix)):.2f} on the diagonal, {np.nanmean(rest):.2f} off it"
    if not np.isnan(matrix).any():
        peaks = [
            f"{rows[row] if rows else row + 1}: {columns[at] if columns else at + 1} ({matrix[row, at]:.2f})"
            for row, at in enumerate(matrix.argmax(1)[:DESCRIBED])
        ]
        text += f". Largest in each row: {', '.join(peaks)}"
    return f"{figures.sentence(title) + ' ' if title else ''}{text}."


def _of(label: str) -> str:
    return f" ({label})" if label else ""


def _array(matrix) -> np.ndarray:
    """Return a matrix, perhaps a torch tensor, as a float array."""
    return np.asarray(matrix.detach().cpu() if hasattr(matrix, "detach") else matrix, dtype=float)


def heatmap_figure(
    matrix,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    *,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    numbers: bool | None = None,
    limits: tuple[float, float] | None = None,
):
    """Return what `heatmap` shows, as a matplotlib figure; `Live.show` can update one."""
    matrix = _array(matrix)
    if matrix.ndim != 2 or not matrix.size:
        raise ShapeError(f"heatmap: a matrix of shape {matrix.shape}", "(R, C)", "pass a 2-d array")
    tall, wide = matrix.shape
    side = min(0.55, 5 / max(tall, wide)) if rows or columns or numbers else 4 / max(tall, wide)
    made, axes = figures.figure(max(3.6, side * wide + 1.8), max(2.4, side * tall + 1.2))
    low, high = limits or (np.nanmin(matrix), np.nanmax(matrix))
    drawn = axes.imshow(matrix, cmap="cividis", vmin=low, vmax=high, interpolation="nearest")
    made.colorbar(drawn, ax=axes, shrink=0.8)
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    _names(axes, rows, columns)
    if numbers or (numbers is None and matrix.size <= 80):
        middle = (low + high) / 2
        for (row, column), value in np.ndenumerate(matrix):
            ink = "black" if value > middle else "white"
            text = f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}"
            axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=8)
    return made


def _names(axes, rows, columns) -> None:
    """Write names along the sides; those below are slanted if they would overlap."""
    if rows is not None:
        axes.set_yticks(range(len(rows)), rows)
    if columns is not None:
        slanted = {"rotation": 40, "ha": "right"} if max(map(len, columns), default=0) > 4 else {}
        axes.set_xticks(range(len(columns)), columns, **slanted)


def lines(
    series: Mapping[str, tuple[Sequence[float], Sequence]],
    *,
    alt: str = "",
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
) -> None:
    """Show named curves: {name: (x, y)}; each has its own colour and line style.

    series  y is (n,), or (runs, n): then the line is the mean of the runs, and a band goes from
            the lowest to the highest run
    alt     "": both ends of each curve in words
    """
    made, axes = figures.figure()
    described = []
    for name, (x, y) in series.items():
        runs = np.atleast_2d(np.asarray(y, dtype=float))
        mean = runs.mean(0)
        (line,) = axes.plot(x, mean, label=name)
        if len(runs) > 1:
            axes.fill_between(x, runs.min(0), runs.max(0), color=line.get_color(), alpha=0.2, linewidth=0)
        last = f"{mean[-1]:.2f}" + (
            f" ({runs[:, -1].min():.2f} to {runs[:, -1].max():.2f})" * (len(runs) > 1)
        )
        described.append(f"{name}: {mean[0]:.2f} at {x[0]:g}, {last} at {x[-1]:g}")
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    if len(series) > 1:
        _legend(made, axes)
    figures.show(
        made,
        alt
        or f"{figures.sentence(title or 'Line chart')} {ylabel or 'y'} by {xlabel or 'x'}. {'; '.join(described)}.",
    )


def _legend(made, axes) -> None:
    """Put the legend inside the axes, or below them where it would cover a curve."""
    legend = axes.legend(frameon=False)
    made.canvas.draw()
    box = legend.get_window_extent()
    if any(
        curve.get_path().transformed(curve.get_transform()).intersects_bbox(box, False)
        for curve in axes.lines
    ):
        legend.remove()
        made.legend(frameon=False, loc="outside lower center", ncols=2, fontsize=9)


def bars(
    heights: Mapping[str, float],
    *,
    alt: str = "",
    title: str = "",
    xlabel: str = "",
    intervals: Mapping[str, tuple[float, float]] | None = None,
    baseline: tuple[str, float] | None = None,
) -> None:
    """Show a horizontal bar chart with names and values.

    heights    {name: value}
    intervals  {name: (low, high)} confidence intervals, drawn as whiskers
    baseline   (name, value) of a line for comparison
    alt        "": all values in words
    """
    made, axes = figures.figure(6, 0.9 + 0.38 * len(heights))
    names, values = list(heights), list(heights.values())
    digits = 0 if max(values) > 1 and all(float(value).is_integer() for value in values) else 2
    axes.barh(names, values, color=figures.PALETTE["sky"], edgecolor=figures.PALETTE["blue"])
    axes.invert_yaxis()
    for row, (name, value) in enumerate(heights.items()):
        low, high = (intervals or {}).get(name, (value, value))
        axes.plot([low, high], [row, row], color="black", linestyle="-", linewidth=1.5)
        axes.text(max(high, value), row, f"  {value:.{digits}f}", va="center", fontsize=9)
    described = [
        f"{name} {value:.{digits}f}" for name, value in [*heights.items(), *([baseline] if baseline else [])]
    ]
    if baseline:
        axes.axvline(baseline[1], color=figures.PALETTE["vermillion"], linestyle=":", label=baseline[0])
        made.legend(frameon=False, loc="outside lower right", fontsize=9)
    axes.set(title=title, xlabel=xlabel)
    axes.set_xlim(right=max([*values, *(high for _, high in (intervals or {}).values())]) * 1.15)
    figures.show(made, alt or f"{title or 'Bar chart'}{_of(xlabel)}: {', '.join(described)}.")


def scatter(
    clouds: Mapping[str, np.ndarray], *, alt: str, title: str = "", pairs: tuple[str, str] | None = None
) -> None:
    """Show named clouds of points {name: (N, 2)}, each with its own colour and marker.

    pairs  two names whose points are joined in order: each image to its text
    """
    made, axes = figures.figure(4.6, 4)
    if pairs is not None:
        for start, end in zip(clouds[pairs[0]], clouds[pairs[1]], strict=True):
            axes.plot(*zip(start, end, strict=True), color="#bbbbbb", linewidth=0.5, linestyle="-", zorder=0)
    marks = "o^sDvP*"
    for number, ((name, points), colour) in enumerate(
        zip(clouds.items(), figures.PALETTE.values(), strict=False)
    ):
        points = np.asarray(points)
        axes.scatter(*points.T, s=18, marker=marks[number % len(marks)], color=colour, label=name)
    axes.set(title=title, xticks=[], yticks=[], aspect="equal")
    made.legend(frameon=False, loc="outside lower center", ncols=len(clouds))
    figures.show(made, alt)
