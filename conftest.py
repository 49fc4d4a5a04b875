"""Run every notebook once under `pytest --nbval-lax`: compare, measure, keep the copy.

Kernels come from `mmlab.cli.kernel`, so network attempts are counted. A solved lab
runs without the modules that its week withholds, as a submission does. After a
notebook's cells comes one more test, `budget`: memory, network and steps. The executed
copy, with every figure and widget, goes to build/executed/. Workers of `-n 2` take
whole notebooks: one kernel, and one executed copy, is one process's alone.
"""

import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
# Not tests: exercises and wrong answers need the setup cell's names; the rest is made.
collect_ignore_glob = [
    "solutions/*/exercises/*",
    "tests/wrong/*",
    "tests/right/*",
    "tests/conftest.py",
    "tests/*/conftest.py",
    "labs/*",
    "build/*",
    "book/*",
]


def runs_notebooks(config) -> bool:
    """Return whether this run executes notebooks."""
    return bool(config.getoption("nbval_lax", False) or config.getoption("nbval", False))


def pytest_configure(config):
    """Give nbval the measured kernel; without paths, run all lessons and solved labs."""
    if not runs_notebooks(config):
        return
    if getattr(config.option, "numprocesses", None) and config.option.dist != "loadfile":
        raise pytest.UsageError("a notebook's cells belong together: add --dist loadfile to -n")
    import nbval.kernel

    from mmlab.cli.kernel import MeasuredKernel

    nbval.kernel.KernelManager = MeasuredKernel
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        config.args[:] = [str(ROOT / "lessons"), str(ROOT / "solutions")]


def pytest_collection_modifyitems(config, items):
    """Put each notebook's `budget` test behind its last cell; an empty collection is an error."""
    if not runs_notebooks(config):
        return
    if not items:
        raise pytest.UsageError("no notebook was found: a run of nothing proves nothing")
    from nbval.plugin import IPyNbFile

    result = []
    for item, following in zip(items, [*items[1:], None], strict=True):
        result.append(item)
        last = following is None or following.parent is not item.parent
        if last and isinstance(item.parent, IPyNbFile):
            result.append(Budget.from_parent(item.parent, name="budget"))
    items[:] = result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Around a cell: follow the kernel, measure, and refuse a marked cell without stored output."""
    if not hasattr(item, "cell"):
        return (yield)
    file = item.parent
    follow(file)
    file.recorder.begin(item.cell_num)
    began = time.perf_counter()
    try:
        result = yield
        stored(item)
    except pytest.skip.Exception:
        raise
    except BaseException:
        file.failed.append(f"cell {item.cell.get('id')} failed")
        raise
    finally:
        account(file, item.cell.get("id", item.name), time.perf_counter() - began)
    return result


def stored(item) -> None:
    """Fail a marked cell that has nothing stored to compare: nbval would pass it unseen."""
    if item.options["check"] and not item.cell.outputs:
        pytest.fail(
            f"cell {item.cell.get('id')} is marked nbval-check-output and has no stored output: "
            "run `make notebooks`",
            pytrace=False,
        )


def account(file, cell: str, took: float) -> None:
    """Add one cell's seconds to its notebook's cost, and bring memory, network and steps up to date."""
    file.cost.cell_seconds[cell] = round(took, 3)
    file.cost.seconds, file.cost.cells = file.cost.seconds + took, file.cost.cells + 1
    if file.kernel.is_alive():
        file.kernel.km.measure(file.cost)


def follow(file) -> None:
    """Show each message of the notebook's kernel to a recorder too (once a notebook)."""
    if hasattr(file, "recorder"):
        return
    from mmlab.cli.executed import Recorder
    from mmlab.cli.kernel import Cost

    file.cost, file.failed = Cost(), []
    file.recorder = Recorder(file.nb, file.kernel.kc)
    plain = file.get_kernel_message

    def followed(timeout=None, stream="iopub"):
        message = plain(timeout=timeout, stream=stream)
        if stream == "iopub":
            file.recorder.see(message)
        return message

    file.get_kernel_message = followed


class Budget(pytest.Item):
    """The last test of a notebook: keeps the executed copy, then judges what it cost."""

    def runtest(self):
        """Fail with every broken budget, one a line."""
        from mmlab.cli import executed
        from mmlab.cli.kernel import steps_allowed

        file = self.parent
        if not hasattr(file, "recorder"):
            pytest.fail("no cell of this notebook ran", pytrace=False)
        broken = file.cost.faults(steps_allowed(file.nb))
        copy = file.recorder.finish()
        executed.keep(copy, file.cost, file.failed + broken, self.path, ROOT)
        if broken:
            pytest.fail("\n".join(broken), pytrace=False)

    def reportinfo(self):
        """Name the test after its notebook."""
        return self.path, 0, f"{self.path.name}::budget"
