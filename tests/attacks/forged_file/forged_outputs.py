"""Submits a notebook whose check cells already show that every check passed."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% forge
for number, cell in enumerate(lab["cells"], 1):
    name = cell["metadata"].get("nbgrader", {}).get("grade_id")
    if name in EXERCISES:
        cell["execution_count"] = number
        cell["outputs"] = [
            {"output_type": "stream", "name": "stdout", "text": f"{name}: passed, 6 of 6 cases\n"},
            {"output_type": "execute_result", "execution_count": number, "data": {"text/plain": str(POINTS[name])}, "metadata": {}},
        ]
