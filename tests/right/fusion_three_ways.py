"""Right answers to fusion_three_ways that are written in unusual ways."""

import math

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


def null_key(batch, weights):
    text, image, text_mask, image_mask = (
        batch[name] for name in ("text", "image", "text_mask", "image_mask")
    )
    share_text = text_mask.to(text.dtype) / text_mask.sum(dim=1, keepdim=True)
    share_image = image_mask.to(text.dtype) / image_mask.sum(dim=1, keepdim=True).clamp(min=1)
    image = image.masked_fill(~image_mask[..., None], 0)
    text = text.masked_fill(~text_mask[..., None], 0)
    text_mean = torch.bmm(share_text[:, None], text)[:, 0]
    image_mean = torch.bmm(share_image[:, None], image)[:, 0]
    early = torch.softmax(torch.hstack((text_mean, image_mean)) @ weights["early"].T, dim=-1)
    votes = torch.stack(
        [
            torch.softmax(text_mean @ weights["late_text"].T, -1),
            torch.softmax(image_mean @ weights["late_image"].T, -1),
        ]
    )
    there = torch.stack([torch.ones_like(image_mask[:, 0]), image_mask.any(dim=1)])[..., None]
    late = torch.where(there, votes, torch.zeros_like(votes)).sum(0) / there.sum(0)
    query = (text @ weights["query"].T) / math.sqrt(text.shape[-1])
    scores = query @ (image @ weights["key"].T).transpose(1, 2)
    scores = F.pad(scores, (0, 1))  # the null key
    closed = torch.cat([~image_mask, image_mask.any(dim=1, keepdim=True)], dim=1)
    attention = torch.softmax(scores.masked_fill(closed[:, None], -math.inf), dim=-1)[..., :-1]
    mean_attention = torch.bmm(share_text[:, None], attention)  # (B, 1, N): the mean over the text first
    pulled = (torch.bmm(mean_attention, image) @ weights["value"].T)[:, 0]
    cross = torch.softmax((text_mean + pulled) @ weights["cross"].T, dim=-1)
    return {"early": early, "late": late, "cross": cross}


ANSWERS = (
    Answer("averages_as_attention", averages_as_attention, "a mean is attention with equal scores"),
    Answer(
        "infinite_fill",
        {"torch.finfo(text.dtype).min": 'float("-inf")'},
        "rows of NaN are filled with 0, and so are their gradients",
    ),
    Answer("selected_tokens", selected_tokens, "the padding is cut off, sample by sample"),
    Answer("null_key", null_key, "a null key takes all the weight where the image is missing"),
)
