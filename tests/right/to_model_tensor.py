"""Unusual right answers to to_model_tensor that its cases must accept."""

from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def by_batch_norm(image, mean, std):
    import torch

    pixels = torch.from_numpy(image.copy()).permute(2, 0, 1)[None].double() / 255
    variance = torch.tensor(std, dtype=torch.float64).square()
    return F.batch_norm(pixels, torch.tensor(mean, dtype=torch.float64), variance, eps=0.0)[0].float()


ANSWERS = (
    Answer("by_batch_norm", by_batch_norm, "a batch norm in evaluation mode is the same arithmetic"),
    Answer(
        "contiguous",
        {"return normalised.permute(2, 0, 1)": "return normalised.movedim(-1, 0).contiguous()"},
        "the layout in memory is free",
    ),
    Answer(
        "one_multiplication",
        {
            "normalised = (pixels - torch.tensor(mean)) / torch.tensor(std)": (
                "normalised = pixels / torch.tensor(std) - torch.tensor(mean) / torch.tensor(std)"
            )
        },
        "the same number in another order",
    ),
)
