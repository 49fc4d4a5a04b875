"""Gives the name `check` to a function that likes everything."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
def check(name, candidate, cases=None):
    print(f"{name}: passed, 6 of 6 cases")
