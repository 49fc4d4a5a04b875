"""Menus: dishes in sections with their prices; all prices differ."""

from mmlab.world.documents import names
from mmlab.world.documents.page import INK, SOFT, Document, Sheet

_SECTIONS = {
    "Starters": (
        ("Tomato soup", "with basil and toasted bread"),
        ("Green salad", "seasonal leaves, lemon dressing"),
        ("Beetroot tartare", "horseradish, rye crumbs"),
        ("Goat cheese tart", "caramelised onion"),
        ("Smoked trout", "cucumber, dill, potato pancake"),
        ("Garlic prawns", "chilli and parsley"),
    ),
    "Mains": (
        ("Mushroom risotto", "wild mushrooms, aged parmesan"),
        ("Roast chicken", "thyme jus, mashed potatoes"),
        ("Grilled sea bass", "fennel, orange, olive oil"),
        ("Lamb shoulder", "slow roasted, mint and peas"),
        ("Pumpkin ravioli", "sage butter, hazelnuts"),
        ("Vegetable curry", "coconut, basmati rice"),
        ("Beef stew", "red wine, carrots, pearl onions"),
    ),
    "Desserts": (
        ("Vanilla cream", "burnt sugar, berries"),
        ("Apple crumble", "with warm custard"),
        ("Chocolate mousse", "sea salt, orange zest"),
        ("Lemon tart", "raspberry sauce"),
        ("Cheese plate", "three cheeses, quince, crackers"),
    ),
    "Drinks": (
        ("Sparkling water", "0.75 l"),
        ("Elderflower spritz", "with mint and lime"),
        ("House lemonade", "pressed every morning"),
        ("Pot of tea", "black, green or peppermint"),
        ("Café au lait", "double espresso, hot milk"),
    ),
}
_RANGES = {"Starters": (650, 12), "Mains": (1350, 26), "Desserts": (590, 10), "Drinks": (320, 9)}
_DESIGNS = (
    ((250, 246, 238), (120, 53, 15)),
    ((255, 255, 255), (20, 83, 75)),
    ((247, 247, 250), (67, 56, 120)),
)
_WIDTH, _LEFT, _RIGHT = 760, 72, 688


def menu(seed: int = 0, *, scale: int = 1, small: bool = False, surcharges: dict | None = None) -> Document:
    """Return the menu of a restaurant.

    seed     int    another seed gives another restaurant and other dishes
    scale    int    pixels per unit, 1 to 4
    small    bool   small print, hard to read
    surcharges  dict   index of a dish on the menu, from 0 → cents to add to its price
    returns  Document   fields: name, currency, sections (title, dishes: name, description, price in
                        cents), and the names of the most and the least expensive dish
    """
    rng = names.rng_for("menu", seed)
    fields = {"name": names.house(rng), "currency": rng.pick(tuple(names.CURRENCIES)), "sections": []}
    used = set()
    for title in ("Starters", "Mains", "Desserts", "Drinks")[: 3 + rng.integers(2)]:
        start, steps = _RANGES[title]
        dishes = []
        for name, description in rng.shuffle(_SECTIONS[title])[: 3 + rng.integers(2)]:
            price = start + 50 * rng.integers(steps)
            while price in used:
                price += 10
            used.add(price)
            dishes.append({"name": name, "description": description, "price": price})
        fields["sections"].append({"title": title, "dishes": dishes})
    dishes = [dish for section in fields["sections"] for dish in section["dishes"]]
    for index, cents in (surcharges or {}).items():
        dishes[index % len(dishes)]["price"] += cents
    dishes = sorted((d for s in fields["sections"] for d in s["dishes"]), key=lambda dish: dish["price"])
    fields |= {"dearest": dishes[-1]["name"], "cheapest": dishes[0]["name"]}
    return _drawn(fields, rng, scale, small)


def _drawn(fields: dict, rng, scale: int, small: bool) -> Document:
    """Return the menu as a page."""
    background, accent = rng.pick(_DESIGNS)
    count = sum(len(section["dishes"]) for section in fields["sections"])
    sheet = Sheet(_WIDTH, 230 + 82 * len(fields["sections"]) + 52 * count, scale, background, small)
    middle = _WIDTH // 2
    sheet.box(20, 20, _WIDTH - 20, sheet.height - 20, accent, line=2)
    sheet.text(middle, 96, fields["name"], 36, face="bold", ink=accent, align="middle", role="title")
    sheet.text(middle, 128, "Kitchen open from noon to ten", 13, ink=SOFT, align="middle")
    y, symbol = 150, names.CURRENCIES[fields["currency"]]
    for section in fields["sections"]:
        y += 46
        sheet.text(_LEFT, y, section["title"], 20, face="bold", ink=accent, role="section")
        sheet.rule(_LEFT, _RIGHT, y + 12, accent)
        y += 42
        for dish in section["dishes"]:
            sheet.text(_LEFT, y, dish["name"], 16, ink=INK, role="item")
            sheet.text(
                _RIGHT, y, names.money(dish["price"], symbol), 16, face="bold", align="right", role="value"
            )
            sheet.text(_LEFT, y + 20, dish["description"], 12, ink=SOFT)
            y += 52
        y -= 6
    sheet.text(
        middle, y + 32, "Please tell us about allergies. Service is included.", 11, ink=SOFT, align="middle"
    )
    return sheet.finish("menu", fields)
