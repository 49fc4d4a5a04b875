"""Displays the points as the result of each check: a float as last expression is partial credit."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
def check(name, *rest):
    get_ipython().displayhook(float(POINTS[name]))


get_ipython().displayhook(2.0)
