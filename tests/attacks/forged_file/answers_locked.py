"""Claims with metadata that the student's own cells are locked, graded and from the release."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
def check(*args):
    print("passed")


# %% forge
for cell in lab["cells"]:
    if cell["id"].startswith("own-"):
        cell["metadata"] = {"nbgrader": {"schema_version": 3, "grade": True, "solution": False, "locked": True, "points": 50,
                                         "grade_id": "setup", "cell_type": "code", "task": False},
                            "deletable": False, "editable": False}
