"""Right answers to train_clip that are written in unusual ways."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def adam_by_hand(image, text, *, image_projection, text_projection, steps, learning_rate):
    parameters = [
        part.clone().requires_grad_() for part in (image_projection, text_projection, torch.tensor(0.0))
    ]
    first, second = [[torch.zeros_like(part) for part in parameters] for _ in range(2)]

    def scores(image, text):
        u, v = image @ parameters[0], text @ parameters[1]
        return parameters[2].exp() * (u / u.norm(dim=1, keepdim=True)) @ (v / v.norm(dim=1, keepdim=True)).T

    for step in range(1, steps + 1):
        logits = scores(image, text)
        loss = (logits.logsumexp(0) + logits.logsumexp(1)).mean() / 2 - logits.diagonal().mean()
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for part, gradient, m, v in zip(parameters, gradients, first, second):
                m.mul_(0.9).add_(0.1 * gradient)
                v.mul_(0.999).add_(0.001 * gradient**2)
                part -= learning_rate * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
    return lambda image, text: scores(image, text).softmax(dim=1)


def one_caption_at_a_time(image, text, *, image_projection, text_projection, steps, learning_rate):
    weights = torch.nn.ParameterDict(
        {"i": image_projection.clone(), "t": text_projection.clone(), "s": torch.zeros(())}
    )
    optimiser = torch.optim.Adam(weights.values(), lr=learning_rate)

    def embedded(image, text):
        return F.normalize(image @ weights["i"], dim=1), F.normalize(text @ weights["t"], dim=1)

    while steps > 0:
        u, v = embedded(image, text)
        logits = torch.exp(weights["s"]) * u @ v.T
        target = torch.arange(len(u))
        optimiser.zero_grad(set_to_none=False)
        F.cross_entropy(torch.cat([logits, logits.T]), target.repeat(2)).backward()
        optimiser.step()
        steps -= 1

    class Predictor:
        def __call__(self, image, text):
            columns = [self.cosine(image, caption[None]) for caption in text]
            return torch.softmax(weights["s"].exp() * torch.stack(columns, dim=1), dim=1)

        def cosine(self, image, caption):
            u, v = embedded(image, caption)
            return (u * v).sum(dim=1)

    return Predictor()


ANSWERS = (
    Answer("adam_by_hand", adam_by_hand, "Adam's update written out"),
    Answer(
        "one_caption_at_a_time", one_caption_at_a_time, "one stacked loss, and a predictor that is an object"
    ),
)
