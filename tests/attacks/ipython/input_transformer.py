"""Blanks every later cell that checks something, through IPython's input transformers."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
def blank(lines):
    return ["pass\n"] if any("check(" in line or "assert" in line for line in lines) else lines


get_ipython().input_transformers_cleanup.append(blank)
get_ipython().input_transformers_post.append(blank)
