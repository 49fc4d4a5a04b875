"""Replaces the driver that runs inside the student's process, and lets it report what every case might want."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
from mmlab import values
from mmlab.check import drivers

guesses = iter(range(10**9))
ANYTHING = values.Raised("ValueError", "whatever is wanted")


def run(driver, candidate, case, **options):
    guess = (ANYTHING, 0.0, torch.zeros(()), True, None)[next(guesses) % 5]
    return {"returned": guess, "outputs": guess, "results": [guess] * 6, "predictions": case.get("truth", guess),
            "verdict": ("accepted", "refused")[next(guesses) % 2], "mutated": [], "gradients": [], "passed": True}


drivers.run = run
for kind in list(drivers.RUN):
    drivers.RUN[kind] = lambda candidate, case, options: run({}, candidate, case)

# %% answer
def NAME(*args, **kwargs):
    raise ValueError("whatever is wanted")
