"""The course's figures: galleries of scenes, heat maps, lines, bars, clouds of points."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np

from mmlab import world
from mmlab.errors import InputError, ShapeError
from mmlab.view import paper

SPOKEN = 12  # pictures of a gallery whose alternative text is spelled out


def gallery(
    scenes: Sequence, captions: Sequence[str] | None = None, columns: int = 6, *, title: str = ""
) -> None:
    """Show scenes side by side; the alternative text tells what they truly hold.

    scenes    list of world.Scene
    captions  a line under each; None: no lines
    columns   pictures a row
    """
    shown = gallery_picture(scenes, captions, columns, title=title)
    paper.show(shown, shown.alt)


def gallery_picture(
    scenes: Sequence, captions: Sequence[str] | None = None, columns: int = 6, *, title: str = ""
) -> paper.Picture:
    """Return what `gallery` shows, as a Picture."""
    if not len(scenes):
        raise InputError("gallery: no scenes", "at least one", "scenes = world.sample(6)")
    truths = [world.caption(scene) for scene in scenes[:SPOKEN]]
    told = [f"{number}: {truth}" for number, truth in enumerate(truths, start=1)]
    if captions is not None and len(captions) == len(scenes):
        told = [
            line if said == truth else f"{line}, labelled “{said}”"
            for line, truth, said in zip(told, truths, captions, strict=False)
        ]
    more = f"; and {len(scenes) - SPOKEN} more" if len(scenes) > SPOKEN else ""
    alt = f"{title + '. ' if title else ''}{_pictures(len(scenes))}. {'; '.join(told)}{more}."
    return _grid(world.render(scenes, size=96), alt, captions, columns, title)


def images(
    pixels: np.ndarray,
    alt: str,
    captions: Sequence[str] | None = None,
    columns: int = 6,
    *,
    title: str = "",
) -> None:
    """Show any images (n, Y, X, 3) uint8, or (n, Y, X) grey, side by side."""
    pixels = np.asarray(pixels)
    if pixels.ndim not in (3, 4) or not len(pixels):
        raise ShapeError(
            f"images: an array of shape {pixels.shape}",
            "(n, Y, X, 3) uint8, or (n, Y, X) for grey, n at least 1",
            "one image alone: images(image[None], alt)",
        )
    paper.show(_grid(pixels, alt, captions, columns, title), alt)


def _grid(pixels, alt, captions, columns, title) -> paper.Picture:
    """Return images in rows of `columns`, each over its caption."""
    if captions is not None and len(captions) != len(pixels):
        raise ShapeError(
            f"{len(captions)} captions for {len(pixels)} pictures",
            "one caption for each picture",
            "pass captions=[world.caption(scene) for scene in scenes]",
        )
    columns = min(columns, len(pixels))
    rows = -(-len(pixels) // columns)
    wrapped = ["\n".join(textwrap.wrap(text, 20)) for text in captions or [""] * len(pixels)]
    lines = max(text.count("\n") + bool(text) for text in wrapped)
    height = (1.45 + 0.16 * lines) * rows + 0.3 * bool(title)
    made, axes = paper.figure(1.45 * columns, height, rows, columns)
    cells = np.atleast_1d(axes).ravel()
    for cell, image, text in zip(cells, pixels, wrapped, strict=False):
        cell.imshow(image, interpolation="nearest", cmap="gray")
        cell.set(xticks=[], yticks=[])
        cell.set_xlabel(text, fontsize=8)
        cell.spines[:].set(visible=True, color="#bbbbbb")  # or a white background has no edge
    for cell in cells[len(pixels) :]:
        cell.set_axis_off()
    if title:
        made.suptitle(title)
    return paper.picture(made, alt, tight=True)


def _pictures(count: int) -> str:
    return "One picture" if count == 1 else f"{count} pictures"


def heatmap(
    matrix,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    *,
    alt: str,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    numbers: bool | None = None,
    limits: tuple[float, float] | None = None,
) -> None:
    """Show a matrix as colours, light for high, with a scale beside it.

    matrix         (R, C) float
    rows, columns  names along the sides, few enough to read
    numbers        write each value into its cell; None: when there are at most 80
    limits         values of the darkest and the lightest colour; None: the matrix's own
    """
    made = heatmap_figure(
        matrix, rows, columns,
        title=title, xlabel=xlabel, ylabel=ylabel, numbers=numbers, limits=limits,
    )  # fmt: skip
    paper.show(made, alt)


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
    if hasattr(matrix, "detach"):  # a torch tensor
        matrix = matrix.detach().cpu()
    matrix = np.asarray(matrix, dtype=float)
    if matrix.ndim != 2 or not matrix.size:
        raise ShapeError(f"heatmap: a matrix of shape {matrix.shape}", "(R, C)", "pass a 2-d array")
    tall, wide = matrix.shape
    side = min(0.55, 5 / max(tall, wide)) if rows or columns or numbers else 4 / max(tall, wide)
    made, axes = paper.figure(max(3.6, side * wide + 1.8), max(2.4, side * tall + 1.2))
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
    """Write names along the sides; slanted below when they would run into each other."""
    if rows is not None:
        axes.set_yticks(range(len(rows)), rows)
    if columns is not None:
        slanted = {"rotation": 40, "ha": "right"} if max(map(len, columns), default=0) > 4 else {}
        axes.set_xticks(range(len(columns)), columns, **slanted)


def lines(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    alt: str,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
) -> None:
    """Show named curves: {name: (x, y)}; each has a colour and a line style of its own."""
    made, axes = paper.figure()
    for name, (x, y) in series.items():
        axes.plot(x, y, label=name)
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    if len(series) > 1:
        axes.legend(frameon=False)
    paper.show(made, alt)


def bars(
    heights: Mapping[str, float],
    *,
    alt: str,
    title: str = "",
    xlabel: str = "",
    intervals: Mapping[str, tuple[float, float]] | None = None,
    baseline: tuple[str, float] | None = None,
) -> None:
    """Show named bars with their values, lying down so that names can be read.

    heights    {name: value}
    intervals  {name: (low, high)} confidence intervals, drawn as whiskers
    baseline   (name, value) of a line to beat
    """
    made, axes = paper.figure(6, 0.9 + 0.38 * len(heights))
    names, values = list(heights), list(heights.values())
    axes.barh(names, values, color=paper.PALETTE["sky"], edgecolor=paper.PALETTE["blue"])
    axes.invert_yaxis()
    for place, (name, value) in enumerate(heights.items()):
        low, high = (intervals or {}).get(name, (value, value))
        axes.plot([low, high], [place, place], color="black", linestyle="-", linewidth=1.5)
        axes.text(max(high, value), place, f"  {value:.2f}", va="center", fontsize=9)
    if baseline:
        axes.axvline(
            baseline[1], color=paper.PALETTE["vermillion"], linestyle=":", label=baseline[0]
        )
        made.legend(frameon=False, loc="outside lower right", fontsize=9)
    axes.set(title=title, xlabel=xlabel)
    axes.set_xlim(right=max([*values, *(high for _, high in (intervals or {}).values())]) * 1.15)
    paper.show(made, alt)


def scatter(
    clouds: Mapping[str, np.ndarray],
    *,
    alt: str,
    title: str = "",
    pairs: tuple[str, str] | None = None,
) -> None:
    """Show named clouds of points {name: (N, 2)}, each with a colour and a mark of its own.

    pairs  two names whose points are joined one by one: each image to its text
    """
    made, axes = paper.figure(4.6, 4)
    if pairs is not None:
        for one, other in zip(clouds[pairs[0]], clouds[pairs[1]], strict=True):
            axes.plot(
                *zip(one, other, strict=True),
                color="#bbbbbb",
                linewidth=0.5,
                linestyle="-",
                zorder=0,
            )
    marks = "o^sDvP*"
    for number, ((name, points), colour) in enumerate(
        zip(clouds.items(), paper.PALETTE.values(), strict=False)
    ):
        points = np.asarray(points)
        axes.scatter(*points.T, s=18, marker=marks[number % len(marks)], color=colour, label=name)
    axes.set(title=title, xticks=[], yticks=[], aspect="equal")
    made.legend(frameon=False, loc="outside lower center", ncols=len(clouds))
    paper.show(made, alt)
