"""Registers a handler of its own for every exception, which shows nothing."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
get_ipython().set_custom_exc((BaseException,), lambda shell, kind, error, trace, tb_offset=None: [])
get_ipython().showtraceback = lambda *args, **kwargs: None
