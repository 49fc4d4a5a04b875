def scene_to_caption_truth(shapes, caption):
    """Counts shapes of one colour, kind and size, though the size does not matter."""
    names = [f"{shape['colour']} {shape['kind']}" for shape in shapes]
    full = [(name, shape["size"]) for name, shape in zip(names, shapes)]
    facts = {f"{full.count(one)} {one[0]}" + "s" * (full.count(one) > 1) for one in full}
    for i, a in enumerate(shapes):
        for j, b in enumerate(shapes):
            if i != j and a["x"] < b["x"]:
                facts |= {f"a {names[i]} left of a {names[j]}", f"a {names[j]} right of a {names[i]}"}
            if i != j and a["y"] < b["y"]:
                facts |= {f"a {names[i]} above a {names[j]}", f"a {names[j]} below a {names[i]}"}
    return facts, all(claim in facts for claim in caption.split(" and "))
