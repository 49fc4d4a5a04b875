"""Returns numbers, texts and lists of classes of its own, whose comparisons are all true."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
class Number(float):
    __eq__ = __le__ = __ge__ = __lt__ = __gt__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __hash__ = float.__hash__
    __abs__ = __sub__ = __rsub__ = lambda self, *other: Number(0.0)


class Text(str):
    __eq__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __hash__ = str.__hash__


class Listed(list):
    __eq__ = lambda self, other: True
    __len__ = lambda self: 2
    __iter__ = lambda self: iter([Number(0.0), Number(0.0)])


class Array(np.ndarray):
    __eq__ = lambda self, other: np.ones(3, bool)
    __array_finalize__ = lambda self, other: None
    __array_ufunc__ = lambda self, *args, **kwargs: np.True_


KINDS = [Number(0.0), Text("accepted"), Listed([1, 2]), np.zeros(3).view(Array), {Text("a"): Number(1)}]

# %% answer
def NAME(*args, **kwargs):
    KINDS.append(KINDS.pop(0))
    return KINDS[0]
