"""Tags the check cells so that nothing runs them: a check that never ran leaves no error."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% forge
for cell in lab["cells"]:
    if cell["metadata"].get("nbgrader", {}).get("grade_id") in EXERCISES:
        cell["metadata"]["tags"] = ["skip-execution", "demo", "raises-exception", "nbval-skip"]
