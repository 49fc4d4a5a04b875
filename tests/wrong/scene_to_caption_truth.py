"""Wrong answers to scene_to_caption_truth that its cases must refuse."""

from mmlab.instructor.authoring.exercise import Answer


def another_means_another_place(shapes, caption):
    names = [f"{s['colour']} {s['kind']}" for s in shapes]
    facts = {f"{names.count(n)} {n}" + ("s" if names.count(n) > 1 else "") for n in names}
    for i, s in enumerate(shapes):
        for j, t in enumerate(shapes):
            if i != j and s["x"] != t["x"]:
                facts.add(f"a {names[i]} {'left' if s['x'] < t['x'] else 'right'} of a {names[j]}")
                if s["y"] != t["y"]:
                    facts.add(f"a {names[i]} {'above' if s['y'] < t['y'] else 'below'} a {names[j]}")
    return facts, all(c in facts for c in caption.split(" and "))


READS_TWO = """first, _, rest = caption.partition(" and ")
    second = rest.partition(" and ")[0]
    return facts, first in facts and (not second or second in facts)"""
VERDICT = 'return facts, all(claim in facts for claim in caption.split(" and "))'
LEFT, ABOVE = 'a["x"] < b["x"]', 'a["y"] < b["y"]'
NAMES = "names = [f\"{shape['colour']} {shape['kind']}\" for shape in shapes]"
COUNTS = 'facts = {f"{names.count(name)} {name}" + "s" * (names.count(name) > 1) for name in names}'
WITH_SIZES = """full = [(name, shape["size"]) for name, shape in zip(names, shapes)]
    facts = {f"{full.count(pair)} {pair[0]}" + "s" * (full.count(pair) > 1) for pair in full}"""

ANSWERS = (
    Answer("finds_a_claim_inside_another", {"claim in facts for": 'claim in "; ".join(sorted(facts)) for'}, "a claim is a whole fact"),
    Answer("reads_two_claims", {VERDICT: READS_TWO}, "every claim of the caption"),
    Answer("reads_three_claims", {'(" and "))': '(" and ", 3)[:3])'}, "every claim of the caption"),
    Answer("twins_must_share_their_size", {COUNTS: WITH_SIZES}, "whatever their size"),
    Answer("another_means_another_place", another_means_another_place, "one axis at a time"),
    Answer("needs_a_margin", {LEFT: 'a["x"] + 2 < b["x"]', ABOVE: 'a["y"] + 2 < b["y"]'}, "by however little"),
    Answer("whole_pixels", {LEFT: 'int(a["x"]) < int(b["x"])', ABOVE: 'int(a["y"]) < int(b["y"])'}, "by however little"),
    Answer("rounds_to_a_tenth", {LEFT: 'round(a["x"], 1) < round(b["x"], 1)'}, "by however little"),
    Answer("half_a_pixel_is_equal", {ABOVE: 'a["y"] < b["y"] - 0.5'}, "by however little"),
    Answer("one_percent_is_equal", {LEFT: 'a["x"] * 1.01 < b["x"]'}, "by however little"),
    Answer("at_most_three_claims", {VERDICT: VERDICT + ' and caption.count(" and ") < 3'}, "one or more claims"),
    Answer("forgives_a_missing_s", {"claim in facts for": '{claim, claim + "s"} & facts for'}, "character for character"),
    Answer("none_of_what_is_absent", {"claim in facts for": '(claim in facts or claim[:2] == "0 " and claim[2:-1] not in names) for'},
           "only what occurs is counted"),
    Answer("splits_at_but", {"caption.split": 'caption.replace(" but ", " and ").split'}, "claims are joined by and"),
    Answer("reads_under_as_below", {"claim in facts for": 'claim.replace(" under ", " below ") in facts for'}, "character for character"),
    Answer("equal_to_nine_digits", {LEFT: LEFT + ' and not math.isclose(a["x"], b["x"])'}, "by however little"),
    Answer("forgives_the", {"claim in facts for": 'claim.replace("the ", "a ") in facts for'}, "character for character"),
    Answer("forgives_a_missing_article", {"claim in facts for": '{claim, claim.replace(" of ", " of a ")} & facts for'},
           "character for character"),
    Answer(
        "along_the_longer_axis",
        {LEFT: LEFT + ' and abs(a["x"] - b["x"]) >= abs(a["y"] - b["y"])',
         ABOVE: ABOVE + ' and abs(a["x"] - b["x"]) <= abs(a["y"] - b["y"])'},
        "whenever x, or y, is smaller",
    ),
    Answer("other_names_only", {LEFT: LEFT + " and first != second"}, "two shapes may share a name"),
    Answer("equal_is_left", {LEFT: 'a is not b and a["x"] <= b["x"]'}, "equal values are neither"),
    Answer("without_small_letters", {"caption.split": "caption.lower().split"}, "character for character"),
    Answer("forgives_a_full_stop", {'caption.split(" and ")': 'caption.rstrip(".").split(" and ")'}, "character for character"),
    Answer("forgives_blanks", {"claim in facts for": "claim.strip() in facts for"}, "character for character"),
    Answer("splits_at_commas", {"caption.split": 'caption.replace(", ", " and ").split'}, "claims are joined by and"),
    Answer("skips_empty_claims", {'(" and "))': '(" and ") if claim)'}, "an empty claim is no fact"),
    Answer("counts_places", {NAMES: "shapes = [dict(pairs) for pairs in {tuple(sorted(shape.items())) for shape in shapes}]\n    " + NAMES},
           "the exact number of such shapes"),
    Answer("at_most_nine", {'{f"{names.count(name)} {name}"': '{f"{min(names.count(name), 9)} {name}"'}, "the exact number"),
    Answer("a_list_of_facts", {"return facts, all": "return sorted(facts), all"}, "the facts are a set"),
    Answer("sorts_the_shapes", {NAMES: 'shapes.sort(key=lambda shape: shape["x"])\n    ' + NAMES}, "do not change the shapes"),
    Answer("no_s", {' + "s" * (names.count(name) > 1)': ""}, "an s from two on"),
    Answer("comma_in_thousands", {'{f"{names.count(name)} {name}"': '{f"{names.count(name):,} {name}"'}, "the number in digits, as in 2 red circles"),
    Answer("at_most_255", {'{f"{names.count(name)} {name}"': '{f"{names.count(name) % 256} {name}"'}, "the exact number"),
    Answer("equal_to_fifteen_digits", {LEFT: 'b["x"] - a["x"] > 1e-15 * abs(b["x"])'}, "by however little"),
    Answer("the_worlds_colours_only", {COUNTS: COUNTS.replace(" for name in names", ' for name in names if name.split()[0] in ("red", "green", "blue", "yellow")')},
           "each colour that occurs"),
    Answer("reads_any_digit", {"claim in facts for": "' '.join(str(int(word)) if word.isdigit() else word for word in claim.split(' ')) in facts for"}, "character for character"),
    Answer("finds_red_in_darkred", {COUNTS: 'joined = ", ".join(names)\n    facts = {f"{joined.count(name)} {name}" + "s" * (joined.count(name) > 1) for name in names}'},
           "shapes of this colour and kind, not of one that ends in it"),
)
