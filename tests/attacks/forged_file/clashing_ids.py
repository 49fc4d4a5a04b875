"""Gives its own cells the ids of the locked ones, and ids that lead out of the folder they might be written to."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
def check(name, *rest):
    print(f"{name}: passed, 6 of 6 cases")


# %% last
{"exercise": "all", "passed": True, "score": 50.0}

# %% forge
import copy

own = [cell for cell in lab["cells"] if cell["id"].startswith("own-")]
for number, name in enumerate([*EXERCISES, "setup", "../../../../home/honey", "/etc/passwd", "x" * 300, ""]):
    cell = copy.deepcopy(own[-1]) | {"id": name}
    cell["metadata"] = {"nbgrader": {"grade_id": name}} if number % 2 else {}
    lab["cells"].insert(number, cell)
