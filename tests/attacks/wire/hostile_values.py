"""Returns what is hard to pack, to unpack and to print: cycles, ten thousand levels, shapes that hold nothing."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
cycle = []
cycle.append(cycle)
deep = []
for _ in range(10_000):
    deep = [deep]
HOSTILE = [cycle, deep, np.empty((0, 2**40, 2**10)), 10**5000, {float("nan"): 1, "a": {2: cycle}}, object(), type,
           np.array([cycle, deep], dtype=object), "\ud800" * 9, torch.empty(3, device="meta"), torch.eye(3).to_sparse(),
           np.ma.masked_array([1.0], [True]), (value for value in range(9)), b"\0" * 2**26]

# %% answer
def NAME(*args, **kwargs):
    HOSTILE.append(HOSTILE.pop(0))
    return HOSTILE[0]
