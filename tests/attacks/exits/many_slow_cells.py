"""Stays just below the limit of a cell, five hundred times."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% forge
for number in range(500):
    lab["cells"].insert(2, {"cell_type": "code", "id": f"slow-{number}", "metadata": {}, "outputs": [],
                            "execution_count": None, "source": "import time; time.sleep(2.5)"})
