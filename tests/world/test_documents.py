"""Documents: the same bytes for ever, and their texts, fields and boxes tell one truth."""

import hashlib
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmlab.errors import InputError
from mmlab.world.documents import (
    CHARTS,
    FAULTS,
    chart,
    code_page,
    contract,
    degraded,
    faces,
    form,
    in_lines,
    invoice,
    menu,
    receipt,
    screenshot,
    trend_of,
)
from mmlab.world.documents.names import CURRENCIES, money, written

MAKERS = {
    "invoice": invoice,
    "receipt": receipt,
    "menu": menu,
    "form": form,
    "contract": contract,
    "chart": chart,
    "code": code_page,
    "screen": screenshot,
    "faces": faces,
}
PRINTED = ("invoice", "receipt", "menu", "form", "contract")  # these come in small print too
PINNED = {
    "invoice": "4bbbf16754721358",
    "receipt": "68214d0025da51b8",
    "menu": "7b15d5c220cd8ef0",
    "form": "d234c831bb6a5b03",
    "contract": "0e617f25f0697326",
    "chart": "839820fecdfb7cfe",
    "code": "09c2875d7c5bdcd6",
    "screen": "3c870c3015a50c41",
    "faces": "41356ea405ec6ad0",
}
SEEDS = st.integers(-(2**40), 2**40)
every = pytest.mark.parametrize("kind", MAKERS)


def digest(page) -> str:
    """Return sixteen digits that name everything a document holds."""
    truth = repr((page.kind, page.image.shape, page.text, page.fields, page.layout))
    return hashlib.sha256(page.image.tobytes() + truth.encode()).hexdigest()[:16]


def whole(page) -> str:
    """Return all that is printed, in one line."""
    return "  ".join(page.text)


@every
def test_documents_are_the_pinned_ones(kind):
    assert digest(MAKERS[kind](7)) == PINNED[kind]


@every
@settings(max_examples=6, deadline=None)
@given(seed=SEEDS, scale=st.integers(1, 2))
def test_a_seed_is_one_document(kind, seed, scale):
    page, again = MAKERS[kind](seed, scale=scale), MAKERS[kind](seed, scale=scale)
    assert digest(page) == digest(again) and page.kind == kind
    assert page.image.dtype == np.uint8 and page.image.ndim == 3 and page.image.shape[2] == 3


@every
def test_seeds_differ(kind):
    assert len({digest(MAKERS[kind](seed)) for seed in range(12)}) == 12


@every
@settings(max_examples=5, deadline=None)
@given(seed=SEEDS)
def test_scale_changes_the_size_alone(kind, seed):
    small, large = MAKERS[kind](seed), MAKERS[kind](seed, scale=2)
    assert large.image.shape[:2] == tuple(2 * side for side in small.image.shape[:2])
    assert large.text == small.text
    assert [(one.text, one.role, one.state) for one in large.layout] == [
        (one.text, one.role, one.state) for one in small.layout
    ]


@every
@settings(max_examples=6, deadline=None)
@given(seed=SEEDS, scale=st.integers(1, 3))
def test_boxes_lie_inside_the_page(kind, seed, scale):
    page = MAKERS[kind](seed, scale=scale)
    height, width = page.image.shape[:2]
    assert page.layout
    for one in page.layout:
        left, top, right, bottom = one.box
        assert 0 <= left < right <= width and 0 <= top < bottom <= height, one


@every
@settings(max_examples=6, deadline=None)
@given(seed=SEEDS)
def test_every_printed_text_fills_its_box(kind, seed):
    page = MAKERS[kind](seed)
    roles = {"field", "checkbox", "toggle", "row", "button", "tab", "bar", "point", "slice", "face"}
    texts = [one for one in page.layout if one.role not in roles]
    assert in_lines(texts) == page.text
    for one in texts:
        left, top, right, bottom = one.box
        inside = page.image[top:bottom, left:right].astype(int)
        paper = page.image[max(top - 1, 0), left - 1].astype(int) if one.role != "mark" else inside[0, 0]
        marked = np.abs(inside - paper).max(axis=2) > 2
        for edge in (marked[0], marked[-1], marked[:, 0], marked[:, -1]):
            assert edge.any(), (one, "has an edge without ink")


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_an_invoice_adds_up_and_says_so(seed):
    page = invoice(seed)
    fields, said = page.fields, whole(page)
    assert all(row["amount"] == row["quantity"] * row["price"] for row in fields["items"])
    assert fields["subtotal"] == sum(row["amount"] for row in fields["items"])
    assert abs(100 * fields["tax"] - fields["tax_rate"] * fields["subtotal"]) <= 50
    assert fields["total"] == fields["subtotal"] + fields["tax"] and fields["fault"] is None
    assert date.fromisoformat(fields["due"]) > date.fromisoformat(fields["date"])
    symbol = CURRENCIES[fields["currency"]]
    names = [fields["number"], f"Tax {fields['tax_rate']}%", money(fields["total"], symbol)]
    names += [money(fields["subtotal"]), money(fields["tax"])]
    for party in ("seller", "buyer"):
        names += [fields[party]["name"], *fields[party]["address"]]
    assert not [name for name in names if name not in said]
    assert any(
        all(written(date.fromisoformat(fields[name]), style) in said for name in ("date", "due"))
        for style in range(3)
    )
    for row in fields["items"]:
        line = "  ".join([row["item"], str(row["quantity"]), money(row["price"]), money(row["amount"])])
        assert line in page.text


def faults_of(fields: dict) -> list[tuple]:
    """Return every place where an invoice does not follow from what is printed before it."""
    found = [
        ("amount", row["item"], row["amount"], row["quantity"] * row["price"]) for row in fields["items"]
    ]
    found.append(("subtotal", None, fields["subtotal"], sum(row["amount"] for row in fields["items"])))
    found.append(("tax", None, fields["tax"], (fields["subtotal"] * fields["tax_rate"] + 50) // 100))
    found.append(("total", None, fields["total"], fields["subtotal"] + fields["tax"]))
    return [fault for fault in found if fault[2] != fault[3]]


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.sampled_from((*FAULTS, "any")))
def test_one_fault_is_planted_and_printed(seed, corrupt):
    page, sound = invoice(seed, corrupt=corrupt), invoice(seed)
    fault = page.fields["fault"]
    assert faults_of(page.fields) == [(fault["field"], fault["item"], fault["printed"], fault["right"])]
    assert corrupt in (fault["field"], "any") and fault["printed"] > 0
    assert money(fault["printed"]) in whole(page) and not faults_of(sound.fields)
    assert all(
        page.fields[name] == sound.fields[name]
        for name in ("number", "date", "due", "seller", "buyer", "tax_rate")
    )


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_a_receipt_adds_up_and_says_so(seed):
    page = receipt(seed)
    fields, said = page.fields, whole(page)
    assert all(row["amount"] == row["quantity"] * row["price"] for row in fields["items"])
    assert fields["total"] == sum(row["amount"] for row in fields["items"])
    assert fields["change"] == fields["paid"] - fields["total"] >= 0
    assert fields["method"] == "cash" or not fields["change"]
    net = fields["total"] - fields["tax"]
    assert abs(100 * fields["tax"] - fields["tax_rate"] * net) <= 100
    names = [
        fields["shop"],
        *fields["address"],
        fields["date"],
        fields["time"],
        fields["number"],
        fields["method"].capitalize(),
        money(fields["total"], CURRENCIES[fields["currency"]]),
        money(fields["paid"]),
        money(fields["tax"]),
    ]
    assert not [name for name in names if name not in said]
    for row in fields["items"]:
        assert f"{row['item']}  {money(row['amount'])}" in page.text
        assert row["quantity"] == 1 or f"{row['quantity']} x {money(row['price'])}" in page.text


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_a_menu_has_one_dearest_dish(seed):
    page = menu(seed)
    dishes = [dish for section in page.fields["sections"] for dish in section["dishes"]]
    prices = {dish["name"]: dish["price"] for dish in dishes}
    assert len(set(prices.values())) == len(prices) == len(dishes)
    assert page.fields["dearest"] == max(prices, key=prices.get) and page.fields["cheapest"] == min(
        prices, key=prices.get
    )
    symbol = CURRENCIES[page.fields["currency"]]
    for dish in dishes:
        assert (
            f"{dish['name']}  {money(dish['price'], symbol)}" in page.text
            and dish["description"] in page.text
        )
    assert (
        all(section["title"] in page.text for section in page.fields["sections"])
        and page.fields["name"] in page.text
    )


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_a_form_shows_its_answers_and_ticks(seed):
    page = form(seed)
    fields, said = page.fields, whole(page)
    names = [
        fields["title"],
        fields["office"],
        fields["reference"],
        fields["signed"],
        *fields["answers"],
        *fields["answers"].values(),
    ]
    assert not [name for name in names if name not in said]
    boxes = {one.text: one for one in page.layout if one.role == "checkbox"}
    assert {label: one.state == "on" for label, one in boxes.items()} == fields["choices"]
    assert sum(one.role == "mark" for one in page.layout) == sum(fields["choices"].values())
    for label, one in boxes.items():
        left, top, right, bottom = one.box
        inside = page.image[top + 3 : bottom - 3, left + 3 : right - 3]
        assert (np.ptp(inside.astype(int), axis=(0, 1)).max() > 60) == fields["choices"][label]


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_a_contract_states_its_terms(seed):
    page = contract(seed)
    fields, clauses = page.fields, {clause["heading"]: clause["text"] for clause in page.fields["clauses"]}
    said = " ".join(page.text)
    assert [clause["number"] for clause in fields["clauses"]] == list(range(1, 8)) and fields["clauses"][0][
        "heading"
    ] == "Subject"
    assert all(text in said for text in clauses.values()) and fields["title"] in page.text
    assert (
        fields["provider"] in said
        and fields["client"] in said
        and written(date.fromisoformat(fields["date"]), 0) in said
    )
    assert fields["service"] in clauses["Subject"] and fields["law"] in clauses["Law"]
    assert f"pays {money(fields['fee'], CURRENCIES[fields['currency']])} for each month" in clauses["Fee"]
    assert (
        f"within {fields['payment_days']} days" in clauses["Payment"]
        and f"add {fields['penalty_percent']}%" in clauses["Payment"]
    )
    assert (
        f"{fields['months']} months" in clauses["Term"]
        and f"{fields['notice_days']} days" in clauses["Notice"]
    )


@pytest.mark.parametrize("kind", CHARTS)
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_a_charts_fields_agree_with_its_data(kind, seed):
    page = chart(seed, kind)
    fields = page.fields
    values = next(iter(fields["series"].values()))
    assert fields["kind"] == kind and len(set(values)) == len(values)
    assert all(len(line) == len(fields["categories"]) for line in fields["series"].values())
    assert fields["largest"] == fields["categories"][values.index(max(values))]
    assert fields["smallest"] == fields["categories"][values.index(min(values))]
    assert fields["trend"] == (None if kind == "pie" else trend_of(values))
    assert kind != "pie" or sum(values) == 100
    said = whole(page)
    assert fields["title"] in said and fields["unit"] in said
    assert all(category in said for category in fields["categories"])
    assert len(fields["series"]) == 1 or all(name in said for name in fields["series"])
    states = [int(one.state) for one in page.layout if one.role in ("bar", "point", "slice")]
    assert states == [value for line in fields["series"].values() for value in line]


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_a_code_page_shows_a_program_that_compiles(seed):
    page = code_page(seed)
    compile(page.fields["code"], page.fields["file"], "exec")
    lines = page.fields["code"].splitlines()
    assert page.fields["lines"] == len(lines) and page.fields["file"] in page.text
    printed = [f"{number}  {line.strip()}".strip() for number, line in enumerate(lines, 1)]
    assert list(page.text[1:]) == printed


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_faces_and_things_lie_apart(seed):
    page = faces(seed)
    boxes = page.fields["faces"] + page.fields["others"]
    assert 1 <= len(page.fields["faces"]) <= 4 and len(page.fields["others"]) == 2
    height, width = page.image.shape[:2]
    for place, one in enumerate(boxes):
        assert 0 <= one[0] < one[2] <= width and 0 <= one[1] < one[3] <= height
        for other in boxes[place + 1 :]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize("kind", PRINTED)
@settings(max_examples=4, deadline=None)
@given(seed=SEEDS)
def test_small_print_says_the_same(kind, seed):
    page, small = MAKERS[kind](seed), MAKERS[kind](seed, small=True)
    assert small.fields == page.fields and small.image.shape == page.image.shape
    assert {one.text for one in small.layout} == {one.text for one in page.layout}
    heights = [sum(one.box[3] - one.box[1] for one in layout) for layout in (page.layout, small.layout)]
    assert heights[1] < heights[0]


@every
@settings(max_examples=4, deadline=None)
@given(seed=SEEDS, slant=st.integers(-48, 48), noise=st.integers(0, 64))
def test_a_worn_page_keeps_its_truth(kind, seed, slant, noise):
    page = MAKERS[kind](seed)
    shabby, again = (degraded(page, slant=slant, noise=noise, seed=seed) for _ in range(2))
    assert digest(shabby) == digest(again) and (shabby.text, shabby.fields) == (page.text, page.fields)
    height, width = shabby.image.shape[:2]
    assert all(
        0 <= one.box[0] < one.box[2] <= width and 0 <= one.box[1] < one.box[3] <= height
        for one in shabby.layout
    )
    if not slant:
        assert np.abs(shabby.image.astype(int) - page.image).max() <= noise and shabby.layout == page.layout


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: invoice(corrupt="sum"), "corrupt='sum'"),
        (lambda: chart(kind="area"), "kind='area'"),
        (lambda: menu(scale=0), "scale=0"),
        (lambda: form(scale=5), "scale=5"),
        (lambda: receipt(1.5), "seed=1.5"),
        (lambda: screenshot(0, "game"), "application='game'"),
        (lambda: degraded(receipt(), noise=65), "noise=65"),
        (lambda: degraded(receipt(), noise=-1), "noise=-1"),
        (lambda: degraded(receipt(), slant=49), "slant=49"),
    ],
)
def test_what_cannot_be_drawn_is_named(make, names):
    with pytest.raises(InputError, match=names):
        make()


def test_a_trend_is_named():
    named = {
        "rising": [1, 2, 3],
        "falling": [3, 2],
        "peak": [1, 3, 2],
        "dip": [3, 1, 2],
        "mixed": [1, 3, 2, 4],
    }
    assert {name: trend_of(values) for name, values in named.items()} == {name: name for name in named}
