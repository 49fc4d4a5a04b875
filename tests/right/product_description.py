"""Right answers to product_description that are written in unusual ways."""

from mmlab.instructor.authoring.exercise import Answer


def sentences(shapes, background, limit):
    first = shapes[0]
    groups = {"near": [], "far": []}
    for shape in shapes[1:]:
        for name, axis, sign in (
            ("left of", "x", 1),
            ("right of", "x", -1),
            ("above", "y", 1),
            ("below", "y", -1),
        ):
            if sign * (shape[axis] - first[axis]) > 23.5:
                groups["near"].append((name + " ", shape))
                break
        else:
            groups["far"].append(("", shape))
    for level in range(3):
        pieces = []
        for prefix, shape in [("", first), *groups["near"], *groups["far"]]:
            words = [shape["size"], shape["colour"], shape["kind"]][level // 2 :]
            article = "an " if words[0][:1] in ("a", "e", "i", "o", "u") else "a "
            pieces.append(prefix + article + " ".join(words))
        glue = " " if groups["near"] else " and "
        text = glue.join(pieces[:2]) + "".join(" and " + piece for piece in pieces[2:])
        if level == 0:
            text = f"{text} on {'an' if background[0] in 'aeiou' else 'a'} {background} background"
        if text.count(" ") < limit:
            return text
    raise ValueError(limit)


def by_counting(shapes, background, limit):
    def where(shape):
        x, y = shape["x"] - shapes[0]["x"], shape["y"] - shapes[0]["y"]
        return (
            "left of"
            if x >= 24
            else "right of"
            if x <= -24
            else "above"
            if y >= 24
            else "below"
            if y <= -24
            else None
        )

    rest = sorted(shapes[1:], key=lambda shape: where(shape) is None)  # stable
    size = (
        4 * len(shapes)
        + sum(len((where(shape) or "").split()) for shape in rest)
        + max(0, len(rest) - any(map(where, rest)))
    )
    whole, sized = size + 4 <= limit, size <= limit
    if not sized and size - len(shapes) > limit:
        raise ValueError("too long")
    text = ""
    for shape in [shapes[0], *rest]:
        words = (shape["size"] + " ") * sized + f"{shape['colour']} {shape['kind']}"
        relation = where(shape) if shape is not shapes[0] else None
        if text:
            text += (
                " and "
                if relation is None or " " + "of " in text or "above" in text or "below" in text
                else " "
            )
        text += (relation + " " if relation else "") + ("an " if words[0] in "aeiou" else "a ") + words
    return text + f" on a{'n' * (background[0] in 'aeiou')} {background} background" * whole


ANSWERS = (
    Answer("sentences", sentences, "pieces that are joined at the end"),
    Answer("by_counting", by_counting, "counts the words before it writes"),
)
