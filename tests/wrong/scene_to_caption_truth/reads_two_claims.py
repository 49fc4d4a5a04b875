def scene_to_caption_truth(shapes, caption):
    """Looks at the first two claims of a caption and no further."""
    names = [f"{shape['colour']} {shape['kind']}" for shape in shapes]
    facts = {f"{names.count(n)} {n}" + "s" * (names.count(n) > 1) for n in names}
    for i, a in enumerate(shapes):
        for j, b in enumerate(shapes):
            if i != j and a["x"] < b["x"]:
                facts |= {f"a {names[i]} left of a {names[j]}", f"a {names[j]} right of a {names[i]}"}
            if i != j and a["y"] < b["y"]:
                facts |= {f"a {names[i]} above a {names[j]}", f"a {names[j]} below a {names[i]}"}
    first, _, rest = caption.partition(" and ")
    second = rest.partition(" and ")[0]
    return facts, first in facts and (not second or second in facts)
