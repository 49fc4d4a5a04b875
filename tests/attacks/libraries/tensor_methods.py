"""Replaces the methods of torch's tensors that a comparison must use."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
torch.Tensor.__eq__ = lambda self, other: torch.ones(self.shape, dtype=torch.bool)
torch.Tensor.allclose = torch.Tensor.equal = lambda *args, **kwargs: True
torch.Tensor.numpy = lambda self, **options: np.zeros(tuple(self.shape), str(self.dtype).removeprefix("torch."))
torch.Tensor.item = lambda self: 0.0

# %% answer
def NAME(*args, **kwargs):
    tensors = [one for one in args if isinstance(one, torch.Tensor)]
    return sum(one.sum() for one in tensors) if tensors else 0.0
