"""Right answers to fusion_three_ways that are written in unusual ways."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def averages_as_attention(batch, weights):
    text, image, text_mask, image_mask = (
        batch[name] for name in ("text", "image", "text_mask", "image_mask")
    )

    def shares(scores, mask):
        scores = torch.where(mask, scores, torch.full_like(scores, -1e30))
        odds = torch.where(mask, (scores - scores.amax(-1, keepdim=True).detach()).exp(), 0.0)
        return odds / odds.sum(-1, keepdim=True).clamp(min=1e-30)

    a, b = (
        (shares(torch.zeros_like(x[..., 0]), mask).unsqueeze(1) @ x).squeeze(1)  # equal scores give the mean
        for x, mask in ((text, text_mask), (image, image_mask))
    )
    q, k, v = (
        F.linear(text, weights["query"]),
        F.linear(image, weights["key"]),
        F.linear(image, weights["value"]),
    )
    scores = torch.bmm(q, k.mT) / text.shape[-1] ** 0.5
    x = text + torch.bmm(shares(scores, image_mask[:, None].expand_as(scores)), v)
    c = (shares(torch.zeros_like(x[..., 0]), text_mask).unsqueeze(1) @ x).squeeze(1)
    early_text, early_image = weights["early"].chunk(2, dim=1)
    votes = [
        F.softmax(F.linear(a, weights["late_text"]), 1),
        F.softmax(F.linear(b, weights["late_image"]), 1),
    ]
    share = image_mask.any(1).to(text.dtype)[:, None] / 2
    return {
        "early": F.softmax(F.linear(a, early_text) + F.linear(b, early_image), 1),
        "late": torch.lerp(votes[0], votes[1], share),
        "cross": F.softmax(F.linear(c, weights["cross"]), 1),
    }


def selected_tokens(batch, weights):
    text, image, text_mask, image_mask = (
        batch[name] for name in ("text", "image", "text_mask", "image_mask")
    )
    outputs = []
    for sample in range(text.size(0)):
        t = text[sample][text_mask[sample].nonzero().flatten()]
        i = image[sample][image_mask[sample].nonzero().flatten()]
        a = t.sum(0) / t.size(0)
        b = i.sum(0) / max(1, i.size(0))
        early = F.log_softmax(weights["early"].mv(torch.cat((a, b))), 0).exp()
        late = weights["late_text"].mv(a).softmax(0)
        if i.size(0) > 0:
            late = late + weights["late_image"].mv(b).softmax(0)
            late = late / 2
            keys = i.matmul(weights["key"].t())
            logits = t.matmul(weights["query"].t()).matmul(keys.t()) * t.size(1) ** -0.5
            t = t + logits.softmax(1).matmul(i).matmul(
                weights["value"].t()
            )  # the mean of values is the value of the mean
        outputs.append((early, late, weights["cross"].mv(t.mean(0)).softmax(0)))
    return dict(zip(("early", "late", "cross"), map(torch.stack, zip(*outputs))))


ANSWERS = (
    Answer("averages_as_attention", averages_as_attention, "a mean is attention with equal scores"),
    Answer(
        "infinite_fill",
        {"torch.finfo(text.dtype).min": 'float("-inf")'},
        "rows of NaN are filled with 0, and so are their gradients",
    ),
    Answer("selected_tokens", selected_tokens, "the padding is cut off, sample by sample"),
)
