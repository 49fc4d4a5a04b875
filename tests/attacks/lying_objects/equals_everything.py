"""Returns an object that equals everything, has every length, and is as big or small as you like."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
class Agrees:
    shape, dtype, ndim, size = (), np.dtype("float32"), 0, 1
    __eq__ = __le__ = __ge__ = __lt__ = __gt__ = __contains__ = __bool__ = lambda self, *other: True
    __ne__ = lambda self, other: False
    __hash__ = lambda self: 0
    __len__ = lambda self: 1
    __float__ = lambda self: 0.0
    __int__ = __index__ = lambda self: 0
    __array__ = lambda self, *args, **kwargs: np.zeros(())
    __array_ufunc__ = __array_function__ = lambda self, *args, **kwargs: True
    __iter__ = lambda self: iter([self])
    __getattr__ = lambda self, name: self
    __call__ = lambda self, *args, **kwargs: self
    __sub__ = __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __abs__ = lambda self, *other: self


# %% answer
NAME = Agrees()
