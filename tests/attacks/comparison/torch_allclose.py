"""Replaces torch.allclose and torch.equal by functions that say yes."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
torch.allclose = torch.equal = lambda *args, **kwargs: True
torch.testing.assert_close = np.testing.assert_allclose = lambda *args, **kwargs: None

# %% answer
def NAME(*args, **kwargs):
    return torch.zeros(())
