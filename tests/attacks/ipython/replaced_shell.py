"""Replaces the shell's own way to run a cell, so that nothing after this one runs at all."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

InteractiveShell.run_ast_nodes = lambda self, *args, **kwargs: None
shell = get_ipython()
kind = type(shell)


async def nothing(self, *args, **kwargs):
    result = ExecutionResult(None)
    result.result = 2.0
    return result


kind.run_cell_async = nothing
kind.run_cell = lambda self, *args, **kwargs: ExecutionResult(None)
