"""Right answers to bug_hunt_contrastive that are written in unusual ways."""

import torch

from mmlab.instructor.authoring.exercise import Answer


def finite_differences(loss):
    def exact(image, text, temperature):
        u, v = (rows.double() / rows.double().norm(dim=1, keepdim=True) for rows in (image, text))
        odds = (u @ v.T / temperature).exp()
        return float(
            -((odds.diagonal() / odds.sum(0)).log() + (odds.diagonal() / odds.sum(1)).log()).mean() / 2
        )

    torch.manual_seed(11)
    for size, temperature in [(3, 0.25), (6, 0.9), (2, 3.0)]:
        image, text = torch.randn(size, 3) * 2.5, torch.randn(size, 3) * torch.rand(size, 1)
        image.requires_grad_(), text.requires_grad_()
        value = loss(image, text, temperature)
        if not abs(value.item() - exact(image.detach(), text.detach(), temperature)) <= 1e-4:
            raise AssertionError("another value")
        gradients = torch.autograd.grad(value, (image, text), allow_unused=True)
        for rows, gradient in zip((image, text), gradients):
            assert gradient is not None and gradient.any(), "a tower is not taught"
            moved = rows.detach().double().clone()
            moved[0, 0] += 1e-4
            pair = (moved, text.detach()) if rows is image else (image.detach(), moved)
            slope = (exact(*pair, temperature) - exact(image.detach(), text.detach(), temperature)) / 1e-4
            assert abs(slope - gradient[0, 0].item()) < 1e-2, "another slope"


def backward_and_testing(loss):
    image = torch.tensor([[3.0, 0.5], [-1.0, 2.0], [-0.2, -0.3], [0.9, -4.0]], requires_grad=True)
    text = torch.tensor([[0.1, 0.0], [-2.0, 0.7], [1.0, -1.5], [0.4, 0.4]], requires_grad=True)
    for temperature in (0.15, 0.8):
        logits = (
            torch.nn.functional.cosine_similarity(image[:, None], text[None], dim=-1).detach() / temperature
        )
        wanted = (logits.logsumexp(0) + logits.logsumexp(1)).mean() / 2 - logits.diagonal().mean()
        image.grad = text.grad = None
        value = loss(image, text, temperature)
        torch.testing.assert_close(value.detach(), wanted, rtol=0, atol=1e-4)
        value.backward()
        for rows in (image, text):
            assert rows.grad is not None and bool((rows.grad.abs().sum(dim=1) > 1e-6).all())


ANSWERS = (
    Answer("finite_differences", finite_differences, "float64, and slopes by differences"),
    Answer(
        "backward_and_testing",
        backward_and_testing,
        "torch.testing's AssertionError, and .grad after backward",
    ),
)
