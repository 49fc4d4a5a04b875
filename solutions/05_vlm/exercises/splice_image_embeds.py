"""splice_image_embeds: image tokens take the place of placeholders, in reading order."""

import torch
from _draw import call, drawn, table

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake

DOUBLE = torch.float64


def one_at_a_time(ids, embeds, features, *, image_id):
    flat = [(image, number) for image in features for number in range(len(image))]
    spots = [
        (row, column)
        for row in range(len(ids))
        for column in range(ids.shape[1])
        if ids[row, column].item() == image_id
    ]
    if len(flat) != len(spots):
        raise ValueError(f"{len(spots)} placeholders, {len(flat)} image tokens")
    rows = [list(row.unbind(0)) for row in embeds]
    for (row, column), (image, number) in zip(spots, flat):
        rows[row][column] = image[number].to(embeds.dtype)
    return torch.stack([torch.stack(row) for row in rows])


def by_index(ids, embeds, features, *, image_id):
    spots = (ids.flatten() == image_id).nonzero().flatten()
    count = sum(image.shape[0] for image in features)
    if len(spots) != count:
        raise ValueError("%d placeholders, %d image tokens" % (len(spots), count))
    if not count:
        return embeds + 0
    tokens = torch.cat(list(features)).type(embeds.dtype)
    return embeds.flatten(0, 1).index_copy(0, spots, tokens).view_as(embeds)


def batch(*rows: str) -> torch.Tensor:
    """Return ids: one string for each row, an x for a placeholder, which is the id 7, and other letters for text."""
    return torch.tensor([[7 if letter == "x" else 1 + ord(letter) % 5 for letter in row] for row in rows])


def case(rng, *rows: str, images=(), width=3, dtype=None, features=None) -> dict:
    """Return one drawn case: images of these numbers of tokens."""
    ids = batch(*rows)
    parts = [drawn(rng, count, width, dtype=features) for count in images]
    return call(ids, drawn(rng, *ids.shape, width, dtype=dtype), parts, image_id=7)


def without_meaning(case: dict, number: float) -> dict:
    """Return the case with this number in `embeds` at every placeholder."""
    ids, embeds, _ = case["args"]
    embeds[ids == case["kwargs"]["image_id"]] = number
    return case


def cases(rng):
    """Unequal rows, columns, widths and images; 0, 1, 2 and 3 images in a row."""
    return [
        case(rng, "axxxbc", "bcaabb", "xxaxxx", images=(3, 2, 3), width=4),
        without_meaning(case(rng, "abxxxxc", "xxcxxab", images=(4, 2, 2), width=2), float("nan")),
        case(rng, "xaxbxcd", "abcdxxx", "xxabxcc", images=(1, 1, 1, 3, 2, 1), width=5, dtype=DOUBLE),
        case(
            rng, "abcx", "xxxa", "abca", "xabx", images=(1, 3, 1, 1), width=3, dtype=DOUBLE, features=DOUBLE
        ),
    ]


def fixed(*rows: str, images=(), width=3, image_id=7, dtype=None, features=None) -> dict:
    """Return one case with fixed tensors."""
    ids = batch(*rows)
    ids[ids == 7] = image_id
    parts = [table(count, width, shift=number + 1, dtype=features) / 4 for number, count in enumerate(images)]
    return call(ids, table(*ids.shape, width, dtype=dtype) / 2, parts, image_id=image_id)


def huge(*rows: str, images) -> dict:
    """Return one case in float64 whose numbers are infinite in float32."""
    case = fixed(*rows, images=images, dtype=DOUBLE, features=DOUBLE)
    case["args"][1:] = [case["args"][1] * 1e60, [image * 1e60 for image in case["args"][2]]]
    return case


ACROSS = fixed("axxb", "bxxa", images=(2, 2))
ACROSS["args"][1:] = [
    (table(4, 2, 3) / 2).transpose(0, 1),
    [(table(3, 2) / 4).T, (table(3, 4, shift=2) / 4).T[::2]],
]

CLAUSES = {
    "no image in the batch": [fixed("abc", "cab"), fixed("abc", "cab", dtype=DOUBLE), fixed("a", width=1)],
    "one image, a row without one": [fixed("abc", "xxa", images=(2,)), fixed("axx", "bca", images=(2,))],
    "two images in a row, adjacent or not": [fixed("xxxxx", images=(2, 3)), fixed("xxaxx", images=(2, 2)), fixed("axxxb", "xbxac", images=(1, 2, 1, 1))],
    "placeholders of an image with text between them": [fixed("axbxcx", "cxaxbx", images=(3, 3)), fixed("xaxx", images=(3,))],
    "reading order of the rows": [fixed("xaa", "bxa", "bcx", images=(1, 1, 1)), fixed("aax", "axb", "xcb", images=(1, 1, 1)), fixed("xx", "xx", images=(2, 2)), fixed("xxx", "xxx", images=(1, 2, 1, 2))],
    "only placeholders, one token, width 1": [fixed("x", images=(1,), width=1), fixed("x", "x", images=(1, 1)), fixed("xxxx", images=(4,), width=1)],
    "any int is the placeholder": [fixed("axxb", "bcax", images=(2, 1), image_id=number) for number in (0, -200, 10**12, 50_256)],
    "no meaning at a placeholder": [
        without_meaning(fixed("axxb", "xabx", images=(2, 1, 1), dtype=dtype), float(number))
        for number in ("nan", "inf", "-inf")
        for dtype in (None, DOUBLE)
    ],
    "numbers that only float64 has": [huge("axxb", "xabx", images=(2, 1, 1))],
    "the dtype of embeds": [
        fixed("axxb", "xabc", images=(2, 1), dtype=DOUBLE),
        fixed("axxb", "xabc", images=(2, 1), features=DOUBLE),
        fixed("axxb", "xabc", images=(2, 1), dtype=DOUBLE, features=DOUBLE),
        {**call(batch("axbx"), table(1, 4, 3), [table(1, 3), table(1, 3, shift=2, dtype=DOUBLE) / 3], image_id=7)},
    ],
    "too many or too few": [
        fixed("axxb", "xabc", images=images) for images in ((2,), (2, 2), (3, 1), (4,), (1,), ())
    ] + [fixed("abcd", "dabc", images=(1,)), fixed("xxxx", images=(2,), dtype=DOUBLE)],
    "as many in each row, not in each image": [fixed("xxab", "xxab", images=(3, 1)), fixed("xxxa", "xabc", images=(2, 2))],
    "not contiguous": [ACROSS],
}  # fmt: skip

TOKENS = "torch.cat([embeds.new_zeros(0, embeds.shape[2]), *(image.to(embeds.dtype) for image in features)])"
PUT = "embeds.masked_scatter(placeholder[..., None], tokens)"

EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=25,
    hints=(
        "`ids == image_id` is the mask of the placeholders, (B, T). `torch.cat(features)` has all image tokens in reading order, (sum of P, D). How many of each are there?",
        "`embeds.masked_scatter(mask, tokens)` returns a copy of `embeds` in which the positions of the mask get the next numbers of `tokens`, row by row. The mask needs a last axis of size 1, `mask[..., None]`, and both tensors the same dtype.",
        "An empty list cannot be concatenated: begin it with `embeds.new_zeros(0, D)`, or return a copy of `embeds` in that case, after the count.",
        'Compare `placeholder.sum()` with `len(tokens)`, and `raise ValueError(f"{placeholder.sum()} placeholders, {len(tokens)} image tokens")` where they differ.',
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", dtype=True, text=True),
    mistakes=(
        mistake(
            "by_column",
            {PUT: "embeds.transpose(0, 1).masked_scatter(placeholder.T[..., None], tokens).transpose(0, 1)"},
            "your image tokens go down the columns of the batch, so the rows mix their images",
            "fill row 0 from left to right, then row 1",
        ),
        mistake(
            "first_image_for_every_row",
            {
                "return "
                + PUT: "return torch.stack([row.masked_scatter(mask[:, None], tokens) for row, mask in zip(embeds, placeholder)])"
            },
            "every row of your result starts with the first image's tokens again",
            "continue in the list of images where the row before ended",
        ),
        mistake(
            "first_placeholder_only",
            {
                "placeholder = ids == image_id": "placeholder = (ids == image_id) & ((ids == image_id).cumsum(dim=1) == 1)"
            },
            "you count and fill only the first placeholder of each row",
            "every placeholder stands for one image token",
        ),
        mistake(
            "count_unchecked",
            {"if placeholder.sum() != len(tokens):": "if False:"},
            "your answer does not notice that there are more image tokens than placeholders, or fewer",
            "compare both numbers before you fill, and raise ValueError",
        ),
        mistake(
            "too_many_unchecked",
            {"placeholder.sum() != len(tokens)": "placeholder.sum() > len(tokens)"},
            "you refuse too few image tokens and accept too many, which are silently lost",
            "raise ValueError in both cases",
        ),
        mistake(
            "images_counted",
            {"placeholder.sum() != len(tokens)": "placeholder.sum() != len(features)"},
            "you compare the placeholders with the number of images, but each image has several tokens",
            "compare with the number of image tokens",
        ),
        mistake(
            "added",
            {PUT: "embeds + torch.zeros_like(embeds).masked_scatter(placeholder[..., None], tokens)"},
            "you add the image tokens to what stands at the placeholders, which has no meaning",
            "replace it",
        ),
        mistake(
            "mean_of_the_image",
            {"image.to(embeds.dtype)": "image.to(embeds.dtype).mean(dim=0).expand_as(image)"},
            "each placeholder gets the mean of its image, so the patches are lost",
            "give every placeholder the next token",
        ),
        mistake(
            "without_gradient",
            {TOKENS: TOKENS + ".detach()"},
            "no gradient reaches the images, so the projector would never learn",
            "leave out .detach(), .data and torch.tensor(…)",
        ),
        mistake(
            "two_dtypes",
            {"image.to(embeds.dtype) for": "image for"},
            "your answer fails where the images have another dtype than the embeddings",
            "convert the image tokens to the dtype of embeds",
        ),
    ),  # fmt: skip
    alternates=(one_at_a_time, by_index),
    forbids=(
        "mmlab.models.vlm.VLM",
        "transformers.models.llava.modeling_llava.LlavaModel",
        "transformers.models.llava.modeling_llava.LlavaForConditionalGeneration",
    ),
)
