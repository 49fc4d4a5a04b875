"""Bar, line and pie charts of exact data, with axes, unit, legend and trend."""

from mmlab.errors import InputError
from mmlab.world.documents import names
from mmlab.world.documents.page import INK, RULE, SOFT, WHITE, Document, Sheet
from mmlab.world.documents.strokes import disc, slice_of, stroke
from mmlab.world.noise import Rng

CHARTS = ("bar", "line", "pie")
INKS = ((0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (213, 94, 0))
STEPS = 100  # data are integer hundredths of the axis
_SUBJECTS = (
    ("Visitors", "people", ("Museum", "Zoo")),
    ("Power used", "kWh", ("Office", "Workshop")),
    ("Bread sold", "loaves", ("Rye", "Wheat")),
    ("Tickets", "tickets", ("Day", "Evening")),
    ("Rainfall", "mm", ("North", "South")),
    ("Books lent", "books", ("Novels", "Comics")),
)
_AXES = (
    ("month", tuple(month[:3] for month in names.MONTHS)),
    ("weekday", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")),
    ("quarter", ("Q1", "Q2", "Q3", "Q4")),
    ("year", tuple(str(year) for year in range(2018, 2026))),
)
_PARTS = ("Bus", "Bicycle", "Train", "Car", "On foot", "Ferry")
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _ZERO = 720, 460, 84, 680, 96, 396


def chart(seed: int = 0, kind: str | None = None, *, scale: int = 1) -> Document:
    """Return a chart.

    seed     int             another seed gives other data
    kind     one of CHARTS   None lets the seed choose
    scale    int             pixels per unit, 1 to 4
    returns  Document        fields: kind, title, unit, axis, categories, series (name → values),
                             largest and smallest (category of the first series), trend; in a pie
                             chart the values are percentages, and axis and trend are None

    >>> chart(2, "pie").fields["unit"]
    '%'
    """
    if kind not in (None, *CHARTS):
        raise InputError(f"chart: kind={kind!r}", f"one of {', '.join(CHARTS)}", "pass kind='bar'")
    rng = names.rng_for("chart", seed)
    kind = kind or rng.pick(CHARTS)
    fields = _shares(rng) if kind == "pie" else _measures(rng, kind)
    values = dict(zip(fields["categories"], next(iter(fields["series"].values()))))
    fields |= {"largest": max(values, key=values.get), "smallest": min(values, key=values.get)}
    return {"bar": _bars, "line": _lines, "pie": _pie}[kind](fields, scale)


def trend_of(values) -> str:
    """Return the trend of values: "rising", "falling", "peak" (up, then down), "dip" or "mixed".

    >>> trend_of([1, 4, 3]), trend_of([5, 2]), trend_of([1, 3, 2, 4])
    ('peak', 'falling', 'mixed')
    """
    ways = [after > before for before, after in zip(values, values[1:])]
    turns = [way for way, last in zip(ways, [None, *ways]) if way != last]
    return {(True,): "rising", (False,): "falling", (True, False): "peak", (False, True): "dip"}.get(
        tuple(turns), "mixed"
    )


def _measures(rng: Rng, kind: str) -> dict:
    """Return the data of a bar or line chart."""
    subject, unit, series = rng.pick(_SUBJECTS)
    axis, labels = rng.pick(_AXES)
    count = min(len(labels), 4 + rng.integers(4))
    first = rng.integers(len(labels) - count + 1) if axis != "quarter" else 0
    step = rng.pick((1, 2, 5, 10))
    chosen = series if rng.integers(2) else (subject,)
    levels = [_levels(rng, count) for _ in chosen]
    if len(levels) == 2:
        # Points of two series in one category stay apart, so that both are visible.
        levels[1] = [
            low - 12 if abs(low - high) < 8 and low > 20 else low + 12 if abs(low - high) < 8 else low
            for high, low in zip(*levels)
        ]
    return {
        "kind": kind,
        "title": f"{subject} by {axis}",
        "unit": unit,
        "axis": axis,
        "categories": list(labels[first : first + count]),
        "series": {name: [step * level for level in values] for name, values in zip(chosen, levels)},
        "trend": trend_of(levels[0]),
        "step": step,
    }


def _levels(rng: Rng, count: int) -> list[int]:
    """Return distinct numbers from 6 to 94 that rise, fall, peak, dip or are mixed."""
    levels = sorted({8 + (84 * index + rng.integers(60)) // (count + 1) for index in range(count)})
    while len(levels) < count:
        levels = sorted({*levels, 8 + rng.integers(84)})
    way = rng.pick(("rising", "falling", "peak", "dip", "mixed"))
    if way == "falling":
        levels.reverse()
    elif way in ("peak", "dip"):
        levels = levels[::2] + levels[1::2][::-1]
        levels = levels if way == "peak" else [100 - level for level in levels]
    elif way == "mixed":
        levels = rng.shuffle(levels)
    return levels


def _shares(rng: Rng) -> dict:
    """Return the data of a pie chart: distinct integer percentages."""
    count = 3 + rng.integers(3)
    parts = rng.shuffle(_PARTS)[:count]
    while True:
        cuts = sorted({5 + rng.integers(90) for _ in range(count - 1)})
        shares = [after - before for before, after in zip([0, *cuts], [*cuts, 100])]
        if len(shares) == count == len(set(shares)) and min(shares) >= 5:
            break
    return {
        "kind": "pie",
        "title": "Ways to work",
        "unit": "%",
        "axis": None,
        "categories": parts,
        "series": {"share": shares},
        "trend": None,
    }


def _plot(fields: dict, scale: int) -> tuple[Sheet, int]:
    """Return a sheet with title, axes and legend, and the distance of two categories in units."""
    sheet = Sheet(_WIDTH, _HEIGHT, scale)
    sheet.text(_LEFT - 40, 40, fields["title"], 20, face="bold", role="title")
    sheet.text(_LEFT - 40, 66, fields["unit"], 12, ink=SOFT, role="unit")
    for part in range(6):
        y = _ZERO - 60 * part
        if part:
            sheet.rule(_LEFT, _RIGHT, y, RULE)
        sheet.text(
            _LEFT - 12, y + 5, str(fields["step"] * 20 * part), 12, ink=SOFT, align="right", role="tick"
        )
    sheet.rule(_LEFT, _RIGHT, _ZERO, INK)
    step = (_RIGHT - _LEFT) // len(fields["categories"])
    for index, category in enumerate(fields["categories"]):
        sheet.text(
            _LEFT + step * index + step // 2, _ZERO + 24, category, 13, align="middle", role="category"
        )
    sheet.text(
        (_LEFT + _RIGHT) // 2,
        _HEIGHT - 16,
        fields["axis"].capitalize(),
        12,
        ink=SOFT,
        align="middle",
        role="axis",
    )
    if len(fields["series"]) > 1:
        for index, name in enumerate(fields["series"]):
            left = _RIGHT - 200 + 110 * index
            sheet.box(left, 30, left + 14, 44, INKS[index])
            sheet.text(left + 22, 42, name, 13, role="legend")
    return sheet, step


def _bars(fields: dict, scale: int) -> Document:
    """Return a bar chart."""
    sheet, step = _plot(fields, scale)
    count = len(fields["series"])
    wide = step * 6 // 10 // count
    for number, (name, values) in enumerate(fields["series"].items()):
        for index, value in enumerate(values):
            left = _LEFT + step * index + (step - wide * count) // 2 + wide * number
            box = (left, _ZERO - 3 * value // fields["step"], left + wide - 2 * (count - 1), _ZERO)
            sheet.box(*box, INKS[number])
            sheet.element(f"{name}: {fields['categories'][index]}", box, "bar", str(value))
    return _finished(sheet, fields)


def _lines(fields: dict, scale: int) -> Document:
    """Return a line chart with a ring at each value."""
    sheet, step = _plot(fields, scale)
    points = {
        name: [
            (_LEFT + step * index + step // 2, _ZERO - 3 * value // fields["step"])
            for index, value in enumerate(values)
        ]
        for name, values in fields["series"].items()
    }
    for ink, line in zip(INKS, points.values()):
        for start, end in zip(line, line[1:]):
            stroke(
                sheet.image,
                *([scale * coordinate for coordinate in point] for point in (start, end)),
                ink,
                3 * scale,
            )
    for ink, (name, line) in zip(INKS, points.items()):
        for index, (x, y) in enumerate(line):
            disc(sheet.image, (x * scale, y * scale), 6 * scale, ink)
            disc(sheet.image, (x * scale, y * scale), 3 * scale, WHITE)
            value = str(fields["series"][name][index])
            sheet.element(
                f"{name}: {fields['categories'][index]}", (x - 6, y - 6, x + 7, y + 7), "point", value
            )
    return _finished(sheet, fields)


def _pie(fields: dict, scale: int) -> Document:
    """Return a pie chart with a legend."""
    sheet = Sheet(_WIDTH, _HEIGHT, scale)
    sheet.text(44, 40, fields["title"], 20, face="bold", role="title")
    sheet.text(44, 66, "share of people in %", 12, ink=SOFT, role="unit")
    done = 0
    for index, (category, share) in enumerate(zip(fields["categories"], fields["series"]["share"])):
        slice_of(sheet.image, (260 * scale, 256 * scale), 160 * scale, INKS[index], (done, done + share, 100))
        done += share
        top = 160 + 36 * index
        sheet.box(500, top, 516, top + 16, INKS[index])
        sheet.text(528, top + 13, category, 14, role="legend")
        sheet.element(category, (100, 96, 420, 416), "slice", str(share))
    return _finished(sheet, fields)


def _finished(sheet: Sheet, fields: dict) -> Document:
    """Return the document, without the fields that only the drawing needs."""
    return sheet.finish("chart", {name: value for name, value in fields.items() if name != "step"})
