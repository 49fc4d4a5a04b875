"""What an exercise asks its answer to do without: operations and names.

A deterrent against the one-liner, not a defence: `aten.…` entries are seen while
the answer runs, however it is spelled; `name:…` entries in its source.
"""

import ast
import contextlib
import inspect
import textwrap


def names_used(candidate, forbids) -> list[str]:
    """Return the `name:…` entries of `forbids` that a function or class uses; [] where it has no source."""
    return names_in("\n".join(_sources(candidate)), forbids)


def names_in(source: str, forbids) -> list[str]:
    """Return the `name:…` entries of `forbids` that stand as a name, attribute or import in `source`."""
    wanted = {entry.removeprefix("name:") for entry in forbids if entry.startswith("name:")}
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.Attribute):
            used.add(node.attr)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            used |= {part for alias in node.names for part in alias.name.split(".")}
            used |= set((getattr(node, "module", None) or "").split("."))
    return sorted(used & wanted)


@contextlib.contextmanager
def watch(forbids):
    """Collect in the list it yields the `aten.…` entries of `forbids` that run inside the block."""
    wanted = {entry for entry in forbids if entry.startswith("aten.")}
    found: list[str] = []
    if not wanted:
        yield found
        return
    from torch.utils._python_dispatch import TorchDispatchMode

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
            name = str(operation.overloadpacket)
            if name in wanted and name not in found:
                found.append(name)
            return operation(*args, **(kwargs or {}))

    with Watch():
        yield found


def _sources(candidate) -> list[str]:
    parts = [candidate]
    if inspect.isclass(candidate):  # a notebook's class has no source of its own, its methods have
        parts = [member for member in vars(candidate).values() if inspect.isfunction(member)]
    found = []
    for part in parts:
        with contextlib.suppress(OSError, TypeError):  # typed in without a cell: nothing to look at
            found.append(textwrap.dedent(inspect.getsource(part)))
    return found
