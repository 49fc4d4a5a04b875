"""Returns a tensor of a class of its own, for which every torch function says what is wanted."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
class Agrees(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function.__name__ in ("allclose", "equal", "isclose", "all", "__eq__", "item", "numpy", "__bool__"):
            return True
        return super().__torch_function__(function, types, args, kwargs or {})


# %% answer
def NAME(*args, **kwargs):
    return torch.zeros(()).as_subclass(Agrees)
