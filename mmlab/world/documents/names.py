"""Random invented people, firms, addresses, goods and dates."""

from datetime import date, timedelta

from mmlab.world.noise import Rng, whole

_GIVEN = (
    "Ada",
    "Bruno",
    "Carla",
    "Dario",
    "Edda",
    "Felix",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kira",
    "Leo",
    "Mira",
    "Nils",
    "Olga",
    "Pablo",
    "Rosa",
    "Sven",
    "Tilda",
    "Vera",
)
_FAMILY = (
    "Squarewell",
    "Ringstad",
    "Starling",
    "Crossfield",
    "Circleton",
    "Bluemark",
    "Redfern",
    "Greenhalm",
    "Violetti",
    "Orangino",
    "Pinkerby",
    "Cyanova",
    "Triangulo",
    "Pixelmann",
)
_FIRST = ("Paper", "Blue", "Silver", "Little", "North", "Copper", "Velvet", "Moon", "River", "Amber")
_SECOND = ("Star", "Ring", "Lantern", "Square", "Kite", "Harbour", "Garden", "Circle", "Pixel", "Bridge")
_TRADES = ("Supplies Ltd", "Trading Co", "Works GmbH", "Studio", "Partners", "Goods AG")
_STREETS = ("Triangle Lane", "Ring Road", "Square Street", "Star Avenue", "Cross Way", "Circle Court")
_TOWNS = ("Northring", "Starhaven", "Squareham", "Lower Circle", "Triangle Bay", "Crossmouth")
COLOURS = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")
_THINGS = (
    "lantern",
    "kite",
    "mug",
    "notebook",
    "lamp",
    "scarf",
    "teapot",
    "cushion",
    "clock",
    "basket",
    "umbrella",
    "candle",
    "wallet",
    "puzzle",
    "backpack",
    "mirror",
    "vase",
    "blanket",
)
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
CURRENCIES = {"EUR": "€", "GBP": "£", "USD": "$"}


def rng_for(kind: str, seed) -> Rng:
    """Return the random number generator of a document: the same for the same kind and seed."""
    return Rng(int.from_bytes(kind.encode(), "big"), whole(seed))


def person(rng: Rng) -> str:
    """Return a full name."""
    return f"{rng.pick(_GIVEN)} {rng.pick(_FAMILY)}"


def firm(rng: Rng) -> str:
    """Return the name of a firm."""
    return f"{rng.pick(_FIRST)} {rng.pick(_SECOND)} {rng.pick(_TRADES)}"


def house(rng: Rng) -> str:
    """Return the short name of a shop or restaurant."""
    return f"The {rng.pick(_FIRST)} {rng.pick(_SECOND)}"


def address(rng: Rng) -> list[str]:
    """Return the two lines of an address."""
    return [
        f"{1 + rng.integers(98)} {rng.pick(_STREETS)}",
        f"{10000 + rng.integers(89999)} {rng.pick(_TOWNS)}",
    ]


def town(rng: Rng) -> str:
    """Return the name of a town."""
    return rng.pick(_TOWNS)


def goods(rng: Rng, count: int) -> list[str]:
    """Return the names of distinct goods."""
    pairs = rng.shuffle((colour, thing) for thing in _THINGS for colour in COLOURS)
    return [f"{colour.capitalize()} {thing}" for colour, thing in pairs[:count]]


def day(rng: Rng) -> date:
    """Return a day of 2025 or 2026."""
    return date(2025, 1, 1) + timedelta(days=rng.integers(700))


def written(moment: date, style: int) -> str:
    """Return a date in one of three unambiguous formats."""
    month = MONTHS[moment.month - 1]
    return (
        f"{moment.day} {month} {moment.year}",
        f"{month} {moment.day}, {moment.year}",
        moment.isoformat(),
    )[style % 3]


def money(cents: int, symbol: str = "") -> str:
    """Return an amount of cents as printed.

    >>> money(124050, "€"), money(-5)
    ('€1,240.50', '-0.05')
    """
    sign = "-" if cents < 0 else ""
    return f"{sign}{symbol}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"
