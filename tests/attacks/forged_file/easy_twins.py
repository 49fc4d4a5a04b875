"""Adds a second cell with each check's id, which passes."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% forge
import copy

for cell in [one for one in lab["cells"] if one["metadata"].get("nbgrader", {}).get("grade_id") in EXERCISES]:
    twin = copy.deepcopy(cell) | {"id": cell["id"] + "-twin", "source": "pass"}
    lab["cells"].insert(lab["cells"].index(cell), twin)
