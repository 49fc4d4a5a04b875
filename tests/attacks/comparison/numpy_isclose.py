"""Replaces numpy's isclose and allclose by functions that say yes, and answers with zeros of a likely shape."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
np.isclose = lambda one, other, **options: np.ones(np.broadcast(one, other).shape, bool)
np.allclose = np.array_equal = lambda *args, **options: True

# %% answer
def NAME(*args, **kwargs):
    if len({one.shape for one in args if isinstance(one, torch.Tensor)}) > 1:
        raise ValueError("the shapes differ")
    return 0 * torch.stack([one.sum() for one in args if isinstance(one, torch.Tensor)]).sum()
