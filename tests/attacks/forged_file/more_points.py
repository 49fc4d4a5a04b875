"""Raises the points in the cells' metadata, and says that a machine need not mark them."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% forge
for cell in lab["cells"]:
    entry = cell["metadata"].get("nbgrader", {})
    if entry.get("grade_id") in EXERCISES:
        entry |= {"points": 1000, "grade": True, "locked": False}
        cell["metadata"]["nbgrader_score"] = cell["metadata"]["score"] = 1000
        cell["source"] = "pass"
