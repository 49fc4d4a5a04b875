"""Makes the check's own error one that IPython does not see: its class becomes a quiet SystemExit."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import builtins
import sys

import mmlab.check
import mmlab.errors


class Quiet(SystemExit):
    def __init__(self, *args, **kwargs):
        super().__init__(0)


mmlab.check.CheckFailed = mmlab.errors.CheckFailed = Quiet
builtins.AssertionError = Quiet
get_ipython().showtraceback = lambda *args, **kwargs: None
get_ipython()._showtraceback = lambda *args, **kwargs: None
sys.excepthook = lambda *args: None
