"""Made-up people, firms, places, goods and dates, by the throw of dice."""

from datetime import date, timedelta

from mmlab.world.noise import Dice, whole

_GIVEN = ("Ada", "Bruno", "Carla", "Dario", "Edda", "Felix", "Greta", "Hugo", "Ines", "Jonas",
          "Kira", "Leo", "Mira", "Nils", "Olga", "Pablo", "Rosa", "Sven", "Tilda", "Vera")  # fmt: skip
_FAMILY = ("Squarewell", "Ringstad", "Starling", "Crossfield", "Circleton", "Bluemark", "Redfern",
           "Greenhalm", "Violetti", "Orangino", "Pinkerby", "Cyanova", "Triangulo", "Pixelmann")  # fmt: skip
_FIRST = ("Paper", "Blue", "Silver", "Little", "North", "Copper", "Velvet", "Moon", "River", "Amber")
_SECOND = ("Star", "Ring", "Lantern", "Square", "Kite", "Harbour", "Garden", "Circle", "Pixel", "Bridge")
_TRADES = ("Supplies Ltd", "Trading Co", "Works GmbH", "Studio", "Partners", "Goods AG")
_STREETS = ("Triangle Lane", "Ring Road", "Square Street", "Star Avenue", "Cross Way", "Circle Court")
_TOWNS = ("Northring", "Starhaven", "Squareham", "Lower Circle", "Triangle Bay", "Crossmouth")
COLOURS = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")
_THINGS = ("lantern", "kite", "mug", "notebook", "lamp", "scarf", "teapot", "cushion", "clock", "basket",
           "umbrella", "candle", "wallet", "puzzle", "backpack", "mirror", "vase", "blanket")  # fmt: skip
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip
CURRENCIES = {"EUR": "€", "GBP": "£", "USD": "$"}


def dice_for(kind: str, seed) -> Dice:
    """Return the dice that make one document: a kind and a seed always throw the same."""
    return Dice(int.from_bytes(kind.encode(), "big"), whole(seed))


def person(dice: Dice) -> str:
    """Return a full name."""
    return f"{dice.pick(_GIVEN)} {dice.pick(_FAMILY)}"


def firm(dice: Dice) -> str:
    """Return the name of a firm."""
    return f"{dice.pick(_FIRST)} {dice.pick(_SECOND)} {dice.pick(_TRADES)}"


def house(dice: Dice) -> str:
    """Return the short name of a shop or restaurant."""
    return f"The {dice.pick(_FIRST)} {dice.pick(_SECOND)}"


def address(dice: Dice) -> list[str]:
    """Return the two lines of an address."""
    return [f"{1 + dice.roll(98)} {dice.pick(_STREETS)}", f"{10000 + dice.roll(89999)} {dice.pick(_TOWNS)}"]


def town(dice: Dice) -> str:
    """Return the name of a town."""
    return dice.pick(_TOWNS)


def goods(dice: Dice, count: int) -> list[str]:
    """Return the names of different goods."""
    pairs = dice.shuffle((colour, thing) for thing in _THINGS for colour in COLOURS)
    return [f"{colour.capitalize()} {thing}" for colour, thing in pairs[:count]]


def day(dice: Dice) -> date:
    """Return a day of 2025 or 2026."""
    return date(2025, 1, 1) + timedelta(days=dice.roll(700))


def written(moment: date, style: int) -> str:
    """Return a date as people write it, in one of three unambiguous ways."""
    month = MONTHS[moment.month - 1]
    return (f"{moment.day} {month} {moment.year}", f"{month} {moment.day}, {moment.year}",
            moment.isoformat())[style % 3]  # fmt: skip


def money(cents: int, symbol: str = "") -> str:
    """Return an amount of cents as it is printed.

    >>> money(124050, "€"), money(-5)
    ('€1,240.50', '-0.05')
    """
    sign = "-" if cents < 0 else ""
    return f"{sign}{symbol}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"
