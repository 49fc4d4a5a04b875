"""Submits a link to the solved lab in place of a notebook."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% forge
(folder / "lab.ipynb").symlink_to(f"{COURSE}/solutions/{WEEK}/lab.ipynb")
