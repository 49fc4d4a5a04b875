"""Listens to the shell's events, and clears what each check leaves behind it."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
from IPython.display import clear_output

shell = get_ipython()
shell.events.register("pre_run_cell", lambda info: shell.user_ns.update(check=lambda *args: None))
shell.events.register("post_run_cell", lambda result: clear_output())
shell.events.register("post_execute", lambda: shell.user_ns.update(check=lambda *args: None))
