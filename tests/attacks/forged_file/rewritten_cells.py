"""Rewrites setup and check cells, and keeps their checksums as they were."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% forge
for cell in lab["cells"]:
    entry = cell["metadata"].get("nbgrader", {})
    if entry.get("grade_id") in EXERCISES:
        cell["source"] = "print('passed')"
    elif entry.get("grade_id") == "setup":
        cell["source"] += "\ndef check(*args):\n    print('passed')\n"
