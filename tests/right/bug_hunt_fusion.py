"""Right answers to bug_hunt_fusion that are written in unusual ways."""

import torch

from mmlab.instructor.authoring.exercise import Answer


def one_sample_changed(fuse):
    generator = torch.Generator().manual_seed(12)
    everything = (
        torch.tensor([[1, 1, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]) == 1
    )
    for order in (torch.arange(7), torch.arange(6, -1, -1)):
        flags, values = everything[order], torch.randn(7, 3, 5, generator=generator)
        leaves = []
        for column in range(3):
            leaf = values[:, column].clone()
            leaf[~flags[:, column]] = float("nan")
            leaves.append(leaf.requires_grad_())
        result = fuse(*leaves, flags)
        if tuple(result.shape) != (7, 5):
            raise AssertionError("shape")
        for row in range(7):
            known = values[row][flags[row]].double().mean(0)
            for number, right in zip(result[row].tolist(), known.tolist()):
                assert abs(number - right) < 0.001
        assert result.requires_grad
        result.pow(2).sum().backward()
        for column, leaf in enumerate(leaves):
            assert leaf.grad is not None
            shares = leaf.grad[flags[:, column]].abs().amin()
            assert 0 < shares < float("inf")
    for gap in range(7):
        flags = everything.clone()
        flags[gap] = False
        for choice in (flags, torch.zeros_like(flags)):
            outcome = "accepted"
            try:
                fuse(*values.unbind(1), choice)
            except ValueError:
                outcome = "refused"
            assert outcome == "refused"


def one_at_a_time(fuse):
    for number in range(1, 8):
        flags = torch.tensor([[number & 1, number & 2, number & 4], [1, 1, 1]]).bool()
        torch.manual_seed(number)
        parts = [torch.randn(2, 3).add(0.1) for _ in range(3)]
        wanted = sum(torch.where(flags[:, m, None], parts[m], 0.0) for m in range(3)) / flags.sum(
            1, keepdim=True
        )
        leaves = [torch.where(flags[:, m, None], parts[m], torch.nan).requires_grad_() for m in range(3)]
        got = fuse(*leaves, flags)
        assert got.shape == wanted.shape
        assert ((got - wanted).abs() < 1e-3).all()
        for m, slope in enumerate(torch.autograd.grad((got * got).sum(), leaves, allow_unused=True)):
            assert slope is not None
            mine = slope[flags[:, m]]
            assert mine.isfinite().all() and mine.abs().sum(1).gt(0).all()
    for flags in ([[1, 1, 1], [0, 0, 0]], [[0, 0, 0], [1, 0, 1]], [[0, 0, 0]] * 2):
        caught = 0
        try:
            fuse(*parts, torch.tensor(flags).bool())
        except ValueError:
            caught = 1
        assert caught == 1


ANSWERS = (
    Answer("one_sample_changed", one_sample_changed, "number by number, in two orders"),
    Answer("one_at_a_time", one_at_a_time, "one subset at a time, beside a sample that has everything"),
)
