def scene_to_caption_truth(shapes, caption):
    """Searches each claim in one long text of facts, so that part of a fact is enough."""
    names = [f"{shape['colour']} {shape['kind']}" for shape in shapes]
    facts = {f"{names.count(n)} {n}" + "s" * (names.count(n) > 1) for n in names}
    for i, a in enumerate(shapes):
        for j, b in enumerate(shapes):
            if i != j and a["x"] < b["x"]:
                facts |= {f"a {names[i]} left of a {names[j]}", f"a {names[j]} right of a {names[i]}"}
            if i != j and a["y"] < b["y"]:
                facts |= {f"a {names[i]} above a {names[j]}", f"a {names[j]} below a {names[i]}"}
    text = "; ".join(sorted(facts))
    return facts, all(claim in text for claim in caption.split(" and "))
