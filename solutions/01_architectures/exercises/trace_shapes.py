"""trace_shapes: the shape of every tensor on the way from pixels to logits, for a model with merged patches."""

from _draw import call

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake

SIZES = {
    "batch": 2,
    "images": 3,
    "image": (24, 32),
    "patch": 4,
    "merge": 2,
    "vision_width": 10,
    "width": 14,
    "heads": 7,
    "text": 5,
    "vocabulary": 99,
}


def case(**changes):
    """Return one case: fixed unequal sizes with a few changes."""
    return call(**SIZES | changes)


def cases(rng):
    """Sizes that all differ, so that a swapped axis shows."""
    found = []
    for number in range(12):
        patch, merge = (int(rng.integers(2, 9)), int(rng.integers(1, 4)))
        rows, columns = rng.choice(range(1, 9), 2, replace=False)
        batch, images, heads, text, vision, vocabulary = rng.permutation(range(2, 14))[:6]
        found.append(
            call(
                batch=int(batch),
                images=int(images) if number % 3 else 1,
                image=(int(rows) * patch * merge, int(columns) * patch * merge),
                patch=patch,
                merge=merge,
                vision_width=int(vision) * 8,
                width=int(heads) * 11,
                heads=int(heads),
                text=int(text),
                vocabulary=int(vocabulary) * 31,
            )
        )
    return found


CLAUSES = {
    "sides that merged patches do not tile are refused": [
        case(image=(25, 32)),
        case(image=(24, 33)),
        case(image=(28, 32)),  # patches tile the height, groups of patches do not
        case(image=(24, 36)),
        case(image=(24, 4)),  # one column of patches
        case(image=(20, 40), images=0),
    ],
    "no image": [case(images=0), case(images=0, batch=1)],
    "one image of a square size": [case(images=1, image=(32, 32))],
    "images taller than wide": [case(image=(32, 8))],
    "patches that are not merged": [case(merge=1), case(merge=1, image=(12, 4))],
    "one token for each image": [case(image=(8, 8)), case(image=(16, 16), merge=4)],
    "no text": [case(text=0)],
    "one sample": [case(batch=1)],
    "one head": [case(heads=1)],
    "the sizes of LLaVA-1.5 7B": [
        case(
            batch=1, images=1, image=(336, 336), patch=14, merge=1, vision_width=1024, width=4096, heads=32,
            text=60, vocabulary=32064,
        )
    ],
}  # fmt: skip


def step_by_step(
    *, batch, images, image, patch, merge, vision_width, width, heads, text, vocabulary
):  # fmt: skip
    for side in image:
        if side % (patch * merge) != 0:
            raise ValueError(f"{side} pixels")
    count, per_image = batch * images, (image[0] // patch) * (image[1] // patch)
    shapes = {"pixels": (count, 3, *image), "patches": (count, per_image, 3 * patch**2)}
    shapes["encoded"] = (count, per_image + 1, vision_width)
    shapes["merged"] = (count, per_image // merge**2, vision_width * merge**2)
    shapes["projected"] = (count, per_image // merge**2, width)
    length = text + images * shapes["projected"][1]
    shapes["sequence"] = (batch, length, width)
    return shapes | {"attention": (batch, heads, length, length), "logits": (batch, length, vocabulary)}


def from_the_groups(**sizes):
    side = sizes["patch"] * sizes["merge"]
    (rows, height), (columns, width) = (divmod(pixels, side) for pixels in sizes["image"])
    if height or width:
        raise ValueError("the groups of patches do not tile the image")
    groups, area, all_images = rows * columns, sizes["merge"] ** 2, sizes["batch"] * sizes["images"]
    total = sizes["images"] * groups + sizes["text"]
    return dict(
        pixels=(all_images, 3) + tuple(sizes["image"]),
        patches=(all_images, groups * area, 3 * sizes["patch"] * sizes["patch"]),
        encoded=(all_images, 1 + groups * area, sizes["vision_width"]),
        merged=(all_images, groups, area * sizes["vision_width"]),
        projected=(all_images, groups, sizes["width"]),
        sequence=(sizes["batch"], total, sizes["width"]),
        attention=(sizes["batch"], sizes["heads"], total, total),
        logits=(sizes["batch"], total, sizes["vocabulary"]),
    )


EXERCISE = Exercise(
    difficulty=1,
    importance=4,
    minutes=15,
    hints=(
        "Start with the number of patches of one image: `(height // patch) * (width // patch)`. "
        "The encoder sees one token more, the class token, and it is dropped again before the merge.",
        "A group of merge × merge patches becomes one token, so the number of tokens is divided by `merge ** 2` and the width is multiplied by it. "
        "The projector then changes the width alone.",
        "The encoder does not know which prompt an image belongs to: its first axis is `batch * images`. The sequence has the first axis `batch`, and "
        "its length is `images * tokens + text`.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "no_class_token",
            {"1 + patches": "patches"},
            "your encoder has no class token",
            "count one token more inside the encoder; it is dropped before the merge",
        ),
        mistake(
            "class_token_kept",
            {"patches // merge**2": "(1 + patches) // merge**2", "images * tokens": "images * (1 + tokens)"},
            "your class token reaches the language model",
            "drop the class token before the merge: only patches are merged and projected",
        ),
        mistake(
            "one_side_alone",
            {"(height // patch) * (width_pixels // patch)": "width_pixels // patch"},
            "your number of patches counts one side of the image",
            "multiply the patches of both sides",
        ),
        mistake(
            "square_images",
            {"(height // patch) * (width_pixels // patch)": "(height // patch) ** 2"},
            "your number of patches is that of a square image",
            "multiply rows by columns: height // patch times width // patch",
        ),
        mistake(
            "merged_along_one_side",
            {"patches // merge**2": "patches // merge"},
            "your merge joins merge patches, not merge × merge",
            "divide the number of tokens by merge ** 2",
        ),
        mistake(
            "merge_keeps_the_width",
            {"merge**2 * vision_width": "vision_width"},
            "your merged tokens have the width of one patch",
            "a merged token holds the features of merge ** 2 patches side by side",
        ),
        mistake(
            "sequence_of_each_image",
            {"(batch, length, width)": "(batch * images, length, width)"},
            "your sequence has one row for each image",
            "all images of a prompt stand in one sequence: its first axis is batch",
        ),
        mistake(
            "one_image_in_the_sequence",
            {"images * tokens": "tokens"},
            "your sequence holds one image for each prompt",
            "each prompt holds images · tokens image tokens and the text",
        ),
        mistake(
            "batch_and_sequence_swapped",
            {"(batch, length, width)": "(length, batch, width)"},
            "your sequence has its first two axes exchanged",
            "the batch comes first: (batch, length, width)",
        ),
        mistake(
            "no_check",
            {"any(side % (patch * merge) for side in image)": "False"},
            "your shapes are right, but sizes that the merged patches do not tile are accepted",
            "raise ValueError where patch · merge does not divide a side",
        ),
    ),
    alternates=(step_by_step, from_the_groups),
)
