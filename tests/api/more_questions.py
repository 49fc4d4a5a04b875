"""60 more plain questions, worded after the answers were written; as in `plain_questions`, the truth is the world's."""

from mmlab.world import COLOURS, KINDS
from mmlab.world import documents as docs
from mmlab.world.grammar import PLURALS
from plain_questions import (
    BACK_WORDS,
    COLOUR_WORDS,
    KIND_WORDS,
    NO,
    YES,
    Scenes,
    all_single,
    close_values,
    dates,
    firm,
    money,
    n_of,
    num,
    other_colours,
    other_kinds,
    page_png,
    png,
    word,
    wrong_counts,
)


def more_questions() -> list[dict]:
    """Return the 60 questions, always the same."""
    entries: list[dict] = []

    def add(type_, image, question, accept, reject=(), **more):
        accept = [text.lower() for text in accept]
        reject = [text.lower() for text in reject if text.lower() not in accept]
        entries.append(
            {"type": type_, "image": image, "question": question, "accept": accept, "reject": reject, **more}
        )

    _scenes(add)
    _documents(add)
    _drawn(add)
    assert len(entries) == 60, len(entries)
    return entries


def _truth(truth: bool) -> tuple[list[str], list[str]]:
    return (YES, ["no", "nope"]) if truth else (NO, ["yes", "yep"])


def _scenes(add) -> None:
    pool = Scenes()
    for _ in range(400):  # none of the scenes of the 300 questions
        pool.take(lambda scene: True)

    def take(fits):
        return pool.take(fits)

    scene, side = take(lambda s: len(s.shapes) == 3)
    add("count", png(scene, side), "What's the total of shapes shown?", num(3), wrong_counts(3, "shapes"))
    scene, side = take(lambda s: n_of(s, size="small") == 2 and len(s.shapes) == 3)
    add("count", png(scene, side), "How many of these objects are little?", num(2), ["one", "three"])
    scene, side = take(lambda s: n_of(s, kind="circle") == 1 and len(s.shapes) == 4)
    add("count", png(scene, side), "How many objects except circles can be seen?", num(3), ["four", "two"])
    scene, side = take(lambda s: n_of(s, "red") == 1 and n_of(s, "blue") == 1 and len(s.shapes) == 3)
    add("count", png(scene, side), "How many shapes are either red or blue?", num(2), ["one", "three"])
    scene, side = take(
        lambda s: n_of(s, kind="star") == 2 and len({x.colour for x in s.shapes if x.kind == "star"}) == 2
    )
    add("count", png(scene, side), "How many colours do the stars come in?", num(2), ["one", "three"])

    scene, side = take(lambda s: n_of(s, kind="ring") == 1 and len(s.shapes) == 3)
    add("exists", png(scene, side), "Can a doughnut be found in here?", *_truth(True))
    scene, side = take(lambda s: n_of(s, "green") == 0 and len(s.shapes) == 3)
    add("exists", png(scene, side), "Is any of these shapes green?", *_truth(False))
    scene, side = take(lambda s: n_of(s, kind="square") == 0 and len(s.shapes) == 2)
    add("exists", png(scene, side), "Are squares missing from this picture?", YES, ["there is a square"])
    scene, side = take(lambda s: n_of(s, kind="cross") == 2)
    add("exists", png(scene, side), "Is there more than one cross?", *_truth(True))
    scene, side = take(lambda s: n_of(s, "pink") == 0 and len(s.shapes) == 2)
    add("exists", png(scene, side), "There is something pink here, isn't there?", *_truth(False))

    scene, side = take(lambda s: len(s.shapes) == 3 and len({x.kind for x in s.shapes}) == 1)
    kind = scene.shapes[0].kind
    add("all", png(scene, side), f"Do you see nothing but {PLURALS[kind]}?", *_truth(True))
    scene, side = take(lambda s: len(s.shapes) == 2 and len({x.colour for x in s.shapes}) == 1)
    add("all", png(scene, side), "Do both objects have one and the same colour?", *_truth(True))
    scene, side = take(lambda s: len(s.shapes) == 3 and n_of(s, size="large") == 2)
    add("all", png(scene, side), "Is each of the shapes large?", *_truth(False))

    scene, side = take(lambda s: len(s.shapes) == 3 and all_single(s) and n_of(s, kind="triangle") == 1)
    own = next(x for x in scene.shapes if x.kind == "triangle")
    add(
        "colour",
        png(scene, side),
        "What's the triangle's colour?",
        COLOUR_WORDS[own.colour],
        other_colours(own.colour),
    )
    scene, side = take(lambda s: len(s.shapes) == 3 and all_single(s) and n_of(s, kind="circle") == 1)
    own = next(x for x in scene.shapes if x.kind == "circle")
    add(
        "colour",
        png(scene, side),
        "Which color is the disk painted in?",
        COLOUR_WORDS[own.colour],
        other_colours(own.colour),
    )
    scene, side = take(lambda s: len(s.shapes) == 2 and all_single(s) and n_of(s, "purple") == 1)
    own = next(x for x in scene.shapes if x.colour == "purple")
    add("kind", png(scene, side), "The violet object is a what?", KIND_WORDS[own.kind], other_kinds(own.kind))
    scene, side = take(lambda s: len(s.shapes) == 2 and all_single(s) and n_of(s, "green") == 1)
    own = next(x for x in scene.shapes if x.colour == "green")
    other = next(x for x in scene.shapes if x.colour != "green")
    add(
        "kind",
        png(scene, side),
        f"Is the green thing a {own.kind} or a {other.kind}?",
        KIND_WORDS[own.kind],
        other_kinds(own.kind),
    )

    scene, side = take(lambda s: len(s.shapes) == 2 and all_single(s) and s.shapes[0].x + 30 < s.shapes[1].x)
    left, right = scene.shapes
    add("place", png(scene, side), "What's on the left?", KIND_WORDS[left.kind], other_kinds(left.kind))
    add(
        "place",
        png(scene, side),
        f"Does the {right.kind} lie to the right of the {left.kind}?",
        *_truth(True),
    )
    add(
        "place",
        png(scene, side),
        f"Is the {left.colour} shape on the left or on the right of the {right.colour} one?",
        ["left"],
        ["is right", "right of"],
    )
    scene, side = take(
        lambda s: len(s.shapes) == 2 and all_single(s) and abs(s.shapes[0].y - s.shapes[1].y) > 30
    )
    top = min(scene.shapes, key=lambda x: x.y)
    add("place", png(scene, side), "Which object is higher up?", KIND_WORDS[top.kind], other_kinds(top.kind))

    scene, side = take(lambda s: len(s.shapes) == 2 and all_single(s) and n_of(s, size="large") == 1)
    large = next(x for x in scene.shapes if x.size == "large")
    small = next(x for x in scene.shapes if x.size == "small")
    add(
        "size",
        png(scene, side),
        "Which of the two is bigger?",
        KIND_WORDS[large.kind],
        other_kinds(large.kind),
    )
    add("size", png(scene, side), f"Is the {small.kind} the smaller one?", *_truth(True))
    add("size", png(scene, side), f"Do the {large.kind} and the {small.kind} differ in size?", *_truth(True))

    for back, text in (
        ("black", "What is the colour of the backdrop?"),
        ("white", "Are the shapes drawn on a black or on a white background?"),
    ):
        scene, side = take(lambda s: s.background == back and n_of(s, "cyan") == 0)
        add(
            "background",
            png(scene, side),
            text,
            BACK_WORDS[back],
            [w for b in BACK_WORDS if b != back for w in BACK_WORDS[b]],
        )

    scene, side = take(
        lambda s: n_of(s, kind="ring") == 2 and n_of(s, kind="star") == 1 and len(s.shapes) == 3
    )
    add("compare", png(scene, side), "Does the image have fewer stars than rings?", *_truth(True))
    add(
        "compare",
        png(scene, side),
        "Which are more numerous, rings or stars?",
        ["ring", "rings"],
        ["more stars"],
    )
    add("two", png(scene, side), "Count the rings, and is there a square?", [], ["yes"], every=[num(2), NO])

    for text, kinds, n, accept in (
        ("Wie viele Sterne siehst du?", "star", 2, ["zwei"]),
        ("Combien d'anneaux vois-tu dans cette image ?", "ring", 1, ["un"]),
        ("¿Cuántas cruces ves?", "cross", 2, ["dos"]),
    ):
        scene, side = take(lambda s: n_of(s, kind=kinds) == n and len(s.shapes) >= 3)
        add("language", png(scene, side), text, [*num(n), *accept], [str(m) for m in range(5) if m != n])
    scene, side = take(
        lambda s: (
            n_of(s, "blue") == 1
            and all_single(s)
            and next(x for x in s.shapes if x.colour == "blue").kind == "square"
        )
    )
    add("language", png(scene, side), "Welche Form ist blau?", ["quadrat", "square"], ["kreis", "stern"])
    add("language", png(scene, side), "¿Qué forma es azul?", ["cuadrado", "square"], ["círculo"])


def _documents(add) -> None:
    f = (page := docs.invoice(4101)).fields
    add(
        "invoice",
        page_png(page),
        "What does the whole bill come to?",
        money(f["total"]),
        money(f["subtotal"]),
    )
    add("invoice", page_png(page), "Till when do I have to pay?", dates(f["due"]), dates(f["date"]))
    add(
        "invoice",
        page_png(page),
        "Which company is billing?",
        firm(f["seller"]["name"]),
        [f["buyer"]["name"]],
    )
    add("invoice", page_png(page), "Who ordered the goods?", [f["buyer"]["name"]], firm(f["seller"]["name"]))
    add("invoice", page_png(page), "How many entries does the item table have?", num(len(f["items"])))
    row = f["items"][1]
    add(
        "invoice",
        page_png(page),
        f"What quantity of the {row['item'].lower()} was sold?",
        num(row["quantity"]),
    )

    f = (page := docs.contract(4102)).fields
    add(
        "contract",
        page_png(page),
        "How many days before leaving do I have to give notice?",
        [str(f["notice_days"]), word(f["notice_days"])],
    )
    add("contract", page_png(page), "What does the client pay per month?", money(f["fee"]))
    add(
        "contract",
        page_png(page),
        "Whose client is named here? Give the client's name.",
        [f["client"]],
        firm(f["provider"]),
    )
    add(
        "contract",
        page_png(page),
        "What length does the agreement have?",
        [str(f["months"]), word(f["months"])],
    )

    f = (page := docs.form(4103)).fields
    label, on = next(iter(f["choices"].items()))
    add("form", page_png(page), f"Did the applicant choose “{label}”?", *_truth(on))
    add("form", page_png(page), "What's the applicant's family name?", [f["answers"]["Last name"]])
    add(
        "form",
        page_png(page),
        "Which date of birth was filled in?",
        dates(f["answers"]["Date of birth"]),
        dates(f["signed"]),
    )
    ticks = sum(f["choices"].values())
    add("form", page_png(page), "What number of boxes has been ticked?", num(ticks))

    f = (page := docs.receipt(4104)).fields
    add("receipt", page_png(page), "How high is the total?", money(f["total"]))
    add("receipt", page_png(page), "Where was this bought?", [f["shop"], f["shop"][4:], f["address"][0]])
    f = (page := docs.menu(4105)).fields
    dish = f["sections"][0]["dishes"][0]
    add("menu", page_png(page), f"What do they charge for {dish['name'].lower()}?", money(dish["price"]))
    add("menu", page_png(page), "Which dish costs the least?", [f["cheapest"]], [f["dearest"]])


def _drawn(add) -> None:
    page = next(p for seed in range(4200, 4300) if len((p := docs.chart(seed, "bar")).fields["series"]) == 1)
    f = page.fields
    values = next(iter(f["series"].values()))
    others = [c for c in f["categories"] if c != f["largest"]]
    add("chart", page_png(page), "Where is the bar at its tallest?", [f["largest"]], others)
    add("chart", page_png(page), f"Read off the value for {f['categories'][1]}.", close_values(f, values[1]))
    add("chart", page_png(page), "How is the chart titled?", [f["title"]])
    add("chart", page_png(page), "What type of diagram is it?", ["bar"], ["line", "pie"])
    page = docs.screenshot(4201, "settings")
    toggle = next(e for e in page.fields["elements"] if e["role"] == "toggle")
    on = toggle["state"] == "on"
    add("screen", page_png(page), f"Has {toggle['label']} been turned on?", *_truth(on))
    add("screen", page_png(page), "On which tab are we?", [page.fields["tab"]])
    switches = [e for e in page.fields["elements"] if e["role"] == "toggle" and e["state"] == "on"]
    add("screen", page_png(page), "What number of switches is on?", num(len(switches)))
    page = docs.screenshot(4202, "files")
    rows = [e["label"] for e in page.fields["elements"] if e["role"] == "row"]
    add("screen", page_png(page), "What is the count of files in this folder?", num(len(rows)))


__all__ = ["COLOURS", "KINDS", "more_questions"]
