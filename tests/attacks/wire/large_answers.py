"""Answers every case with as much as one message may hold, so that the judge keeps gigabytes."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
LARGE = [b"x" * 60_000_000, b"y" * 60_000_000, torch.ones(15 * 2**20), [[]] * 800_000, [0.5] * 1_500_000]

# %% answer
def NAME(*args, **kwargs):
    LARGE.append(LARGE.pop(0))
    return LARGE[0]
