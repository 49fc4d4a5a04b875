"""Replies of models for parse_json_reply, drawn anew from a seed: with an object in them, and with none or a part of one."""

import json

import numpy as np

VENDORS = (
    "Harbour Paper",
    "Nordlicht Café",
    "Blue Door Tools",
    "Atlas & Sons",
    'The "Old" Mill',
    "Miro Prints",
)
GOODS = ("pencils", "lamp", "ink {black}", "desk", "folders", "chair [oak]", "glue")


def extracted(rng: np.random.Generator) -> dict:
    """Return one reply's object: an invoice with its lines, nested and of every JSON type."""
    names = rng.permutation(GOODS)[: int(rng.integers(2, 4))].tolist()
    items = [
        {"name": name, "quantity": int(rng.integers(1, 9)), "price": int(rng.integers(100, 9000)) / 100}
        for name in names
    ]
    total = round(sum(item["quantity"] * item["price"] for item in items), 2)
    vendor, number, paid = (
        VENDORS[int(rng.integers(len(VENDORS)))],
        int(rng.integers(1000, 9999)),
        bool(rng.integers(2)),
    )
    return {"vendor": vendor, "number": number, "items": items, "paid": paid, "due": None, "total": total}


def good_replies(rng: np.random.Generator) -> list[str]:
    """Return ten replies that hold an object."""
    objects = [extracted(rng) for _ in range(11)]
    plain = [json.dumps(value) for value in objects]
    wide = [json.dumps(value, indent=2, ensure_ascii=False) for value in objects]
    noted = json.dumps(objects[7] | {"note": 'write ``` or } to stop, \\ and " to quote'})
    return [
        plain[0],
        f"\n  {wide[1]}\n\n",
        f"```json\n{wide[2]}\n```",
        f"```\n{plain[3]}\n```\n",
        f"Here is what I read on the page:\n\n```JSON\n{wide[4]}\n```\n\nThe due date is not printed.",
        f"The invoice says: {plain[5]} Let me know if you need more.",
        f"Sure!\r\n{wide[6]}\r\nI left the field {{notes}} out, as the page has none.",
        f"```json\n{noted}\n```",
        f"{plain[8]}\n\nIn the other format it would be {plain[9]}",
        f"~~~json\n{wide[10]}\n~~~\nAll values [in euros] are as printed.",
    ]


def bad_replies(rng: np.random.Generator) -> list[str]:
    """Return ten replies that hold no object, or only part of one."""
    objects = [extracted(rng) for _ in range(8)]
    plain = [json.dumps(value) for value in objects]
    wide = json.dumps(objects[7], indent=2)
    quantity = f'"quantity": {objects[4]["items"][0]["quantity"]},'
    return [
        plain[0][: plain[0].index('"paid"')],  # the first items are whole objects
        plain[1][: plain[1].index(":", 40) + 1],
        f"```json\n{wide[:-1]}```",
        f"```json\n{wide[: wide.index('vendor') + 13]}",
        '{"total": 12.5, ' + plain[2][1:],
        plain[4].replace(quantity, quantity + ' "quantity": 99,', 1),
        f"```json\n[{plain[5]}, {plain[6]}]\n```",
        plain[3].replace("null", "NaN"),
        str(objects[6] | {"vendor": "Miro Prints"}),
        plain[7].replace("}]", "},]"),
    ]
