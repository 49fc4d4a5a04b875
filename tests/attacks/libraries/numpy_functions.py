"""Replaces numpy's own functions, all of which a judge may call, by one that gives True."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
yes = type("Yes", (), {"all": lambda self, *a, **k: True, "__bool__": lambda self: True, "mean": lambda self: 1.0})()
for name in ("equal", "isclose", "allclose", "array_equal", "all", "isnan", "isfinite", "argwhere", "count_nonzero"):
    setattr(np, name, lambda *args, **kwargs: yes)

# %% answer
def NAME(*args, **kwargs):
    tensors = [one for one in args if isinstance(one, torch.Tensor)]
    if len({one.shape for one in tensors}) > 1:
        raise ValueError("the shapes differ")
    return 0 * torch.stack([one.sum() for one in tensors]).sum()
