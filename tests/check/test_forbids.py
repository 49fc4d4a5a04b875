"""What an exercise forbids is found by what a name stands for, in source and while an answer runs."""

import contextlib
import linecache
import subprocess
import sys
import types

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import mmlab.losses
from mmlab import world
from mmlab.check import check, drivers, forbids
from mmlab.check.forbids import Forbidden, functions_of, names_used, watch
from mmlab.errors import CheckFailed

LOSS = "mmlab.losses.contrastive_loss"
SETUP = (
    "import torch\nfrom torch import nn\nfrom torch.nn import functional as F\nfrom mmlab import view, world"
)
REACHED = {
    "an alias": ["from mmlab.losses import contrastive_loss as c\ndef f(x): return c(x)"],
    "a module's alias": ["import mmlab.losses as own\ndef f(x): return own.contrastive_loss(x)"],
    "the whole path": ["import mmlab\ndef f(x): return mmlab.losses.contrastive_loss(x)"],
    "a star": ["from mmlab.losses import *\ndef f(x): return contrastive_loss(x)"],
    "an import inside": [
        "def f(x):\n    from mmlab.losses import contrastive_loss\n    return contrastive_loss(x)"
    ],
    "a constant name": ["import mmlab.losses as own\ndef f(x): return getattr(own, 'contrastive_loss')(x)"],
    "a module by its name": [
        "import importlib\nown = importlib.import_module('mmlab.losses')\ndef f(x): return own.contrastive_loss(x)"
    ],
    "__import__": [
        "a, b = 1, __import__('mmlab.losses', fromlist=['x']).contrastive_loss\ndef f(x): return b(x)"
    ],
    "sys.modules": ["import sys\ndef f(x): return sys.modules['mmlab.losses'].contrastive_loss(x)"],
    "vars": ["import mmlab.losses\ndef f(x): return vars(mmlab.losses)['contrastive_loss'](x)"],
    "__dict__": ["import mmlab.losses\ndef f(x): return mmlab.losses.__dict__['contrastive_loss'](x)"],
    "a dictionary": [
        "from mmlab import losses\nours = {'a': losses.contrastive_loss}\ndef f(x): return ours['a'](x)"
    ],
    "a default argument": ["from mmlab import losses as own\ndef f(x, g=own.contrastive_loss): return g(x)"],
    "a helper": [
        "from mmlab import losses\ndef g(x): return losses.contrastive_loss(x)",
        "def f(x): return g(x)",
    ],
    "a chain of names": [
        "from mmlab import losses\na = losses\nb = a.contrastive_loss\ndef f(x): return b(x)"
    ],
    "a class's attribute": [
        "class f:\n    from mmlab.losses import contrastive_loss\n    def g(self, x): return self.contrastive_loss(x)"
    ],
    "a choice": [
        "from mmlab import losses\ng = None or losses.contrastive_loss if True else 3\ndef f(x): return g(x)"
    ],
    "another module's import of it": [
        "from mmlab.train import clip\ndef f(x): return clip.contrastive_loss(x)"
    ],
    "its code": [
        "from mmlab import losses\nimport types\ncode = losses.contrastive_loss.__code__\ndef f(x): return types.FunctionType(code, {})(x, x, 1.0)"
    ],
}
OWN = {
    "a helper of that name inside": [
        "def f(x):\n    def contrastive_loss(y): return y\n    return contrastive_loss(x)"
    ],
    "a helper of that name": ["def contrastive_loss(x): return x", "def f(x): return contrastive_loss(x)"],
    "an argument": ["def f(x, contrastive_loss=None): return contrastive_loss(x)"],
    "a loop's variable": ["def f(x): return [contrastive_loss for contrastive_loss in x]"],
    "an attribute of one's own": [
        "class A: pass\na = A()\ndef f(x):\n    a.contrastive_loss = x\n    return a.contrastive_loss"
    ],
    "an import that is not used": [
        "from mmlab.losses import contrastive_loss\nimport mmlab.losses\ndef f(x): return x"
    ],
    "a comparison beside the answer": [
        "from mmlab.losses import contrastive_loss\nprint(contrastive_loss(torch.eye(2), torch.eye(2)))",
        "def f(x): return x",
    ],
    "another function of that module": ["from mmlab import losses\ndef f(x): return losses.cosines(x, x)"],
    "a text": ["def f(x):\n    'mmlab.losses.contrastive_loss, by hand'\n    return 'contrastive_loss'"],
}


def answer(cells: list[str], name: str = "f"):
    """Return what cells define under a name, with their sources known to `inspect`, as in a notebook."""
    names = {"__name__": "__main__"}
    for number, cell in enumerate([SETUP, *cells]):
        file = f"<a cell {number} of {hash(cell)}>"
        linecache.cache[file] = (len(cell), None, cell.splitlines(keepends=True), file)
        exec(compile(cell, file, "exec"), names)
    return names[name]


def reached(candidate, entries: list[str]) -> list[str]:
    """Return the entries that an answer uses by its names, or that run when it is called."""
    with watch(entries) as ran, contextlib.suppress(RuntimeError, TypeError, NameError, ValueError):
        candidate().g(torch.eye(3)) if isinstance(candidate, type) else candidate(torch.eye(3))
    return sorted({*names_used(candidate, entries), *ran})


@pytest.mark.parametrize("cells", REACHED.values(), ids=REACHED)
def test_a_librarys_object_is_found_whatever_it_is_called(cells):
    assert reached(answer(cells), [LOSS]) == [LOSS]


@pytest.mark.parametrize("cells", OWN.values(), ids=OWN)
def test_what_the_student_defines_is_the_students(cells):
    assert reached(answer(cells), [LOSS, "name:contrastive_loss"]) == []


@pytest.mark.parametrize(
    ("source", "entry", "found"),
    [
        ("def f(x): return F.softmax(x)", "torch.nn.functional.softmax", True),
        ("def f(x): return nn.functional.softmax(x)", "torch.nn.functional.softmax", True),
        ("def f(x): return torch.softmax(x)", "torch.nn.functional.softmax", False),
        ("def f(x): return x.softmax()", "torch.nn.functional.softmax", False),
        (
            "def f(x):\n    from collections import namedtuple\n    Image = namedtuple('Image', 'a b')\n    return Image(1, 2)",
            "PIL.Image",
            False,
        ),
        ("from PIL.Image import open as o\ndef f(x): return o(x)", "PIL.Image", True),
        ("from PIL import Image\ndef f(x): return Image.open(x)", "PIL", True),
        (
            "import types\nPILlow = types.ModuleType('PILlow')\nPILlow.open = len\ndef f(x): return PILlow.open(x)",
            "PIL",
            False,
        ),
        ("def f(x): return world.decode_image(x)", "mmlab.world.files.image.decode_image", True),
        ("def f(x): return torch.einsum('i->', x)", "torch.functional.einsum", True),
        ("from torch.functional import einsum\ndef f(x): return einsum('i->', x)", "torch.einsum", True),
        ("def f(x): return world.encode_image(x)", "mmlab.world.files.image.decode_image", False),
    ],
)
def test_the_setup_cells_names_are_known_and_paths_are_whole(source, entry, found):
    assert reached(answer([source]), [entry]) == [entry] * found


PIECES = {
    "getattr": "def f(x): return getattr(mmlab.losses, 'contrastive' + '_loss')(x, x, 1.0)",
    "vars": "def f(x): return vars(mmlab.losses)[''.join(['contrastive', '_loss'])](x, x, 1.0)",
    "eval": "def f(x): return eval('mmlab.losses.contrastive' + '_loss(x, x, 1.0)')",
    "a copy of its code": "import types\nL = mmlab.losses\nmine = types.FunctionType(L.contrastive_loss.__code__, vars(L), 'mine')\ndef f(x): return mine(x, x, 1.0)",
    "a copy with another name": "import types\nL = mmlab.losses\ncode = L.contrastive_loss.__code__.replace(co_name='mine', co_filename='here', co_firstlineno=3)\nmine = types.FunctionType(code, vars(L), 'mine')\ndef f(x): return mine(x, x, 1.0)",
    "a table of copies": "import copy\ntable = [None, mmlab.losses.contrastive_loss]\ndef f(x): return table[1](x, x, 1.0)",
    "a method": "class A:\n    g = staticmethod(mmlab.losses.contrastive_loss)\ndef f(x): return A().g(x, x, 1.0)",
    "a partial": "import functools\ng = functools.partial(mmlab.losses.contrastive_loss, temperature=1.0)\ndef f(x): return g(x, x)",
    "a cell that is too long to read": "x = '"
    + "a" * 600_000
    + "'\ng = mmlab.losses.contrastive_loss\ndef f(x): return g(x, x, 1.0)",
}


@pytest.mark.parametrize("source", PIECES.values(), ids=PIECES)
def test_what_counts_is_the_function_that_runs_and_not_its_spelling(source):
    candidate = answer(["import mmlab.losses", source])
    assert reached(candidate, [LOSS]) == [LOSS]


@pytest.mark.parametrize(
    ("body", "entry"),
    [
        ("getattr(torch, 'soft' + 'max')(x, 0)", "torch.softmax"),
        ("getattr(math, 'fs' + 'um')([1.0])", "math.fsum"),
        ("getattr(torch, 'ein' + 'sum')('ii->', x)", "name:einsum"),
        ("getattr(x, 'cum' + 'sum')(0)", "name:cumsum"),
    ],
)
def test_functions_of_c_are_seen_when_they_are_called(body, entry):
    candidate = answer([f"import math\ndef f(x): return {body}"])
    assert reached(candidate, [entry]) == [entry.removeprefix("name:")]


def test_switching_the_look_at_calls_off_is_seen():
    candidate = answer(["import sys\ndef f(x):\n    sys.setprofile(None)\n    return x"])
    assert reached(candidate, [LOSS]) == ["sys.setprofile"]
    assert sys.getprofile() is None


def test_text_that_is_slow_to_read_is_read_in_time():
    deep = "def f(x): return a" + ".b" * 900 + "\na = b = None"
    assert names_used(answer([deep]), [LOSS]) == []


def test_a_form_feed_does_not_make_another_functions_source_count():
    cell = "x = 1\n\f\n\f\ndef f(x):\n    return x\n\n\ndef other(x):\n    return mmlab.losses.contrastive_loss(x, x)"
    assert names_used(answer(["import mmlab.losses", cell]), [LOSS]) == []


# ---------------------------------------------------------------- in a running notebook
def own_helper(x):
    """Return x by the library's function."""
    return F.softmax(x, 0)


def uses_helper(x):
    """Return x by a helper of the notebook's."""
    return own_helper(x)


class UsesIt(nn.Module):
    """A class whose method uses a library's function."""

    def forward(self, x):
        """Return the loss of x with itself."""
        return mmlab.losses.contrastive_loss(x, x)


def test_a_live_answers_globals_are_looked_up():
    assert names_used(uses_helper, ["torch.nn.functional.softmax"]) == ["torch.nn.functional.softmax"]
    assert names_used(UsesIt, [LOSS]) == [LOSS] and names_used(uses_helper, [LOSS]) == []
    assert names_used(lambda x: world.decode_image(x), ["mmlab.world.files.image.decode_image"]) == [
        "mmlab.world.files.image.decode_image"
    ]
    assert names_used(torch.einsum, [LOSS]) == names_used(3, [LOSS]) == []


# ---------------------------------------------------------------- while it runs
IMAGE, TEXT = torch.eye(3), torch.eye(3) + 0.1
HIDDEN = {
    "a computed name": lambda: getattr(sys.modules["mmlab" + ".losses"], "contrastive" + "_loss")(
        IMAGE, TEXT
    ),
    "exec": lambda: exec(
        "from mmlab.losses import *\ncontrastive_loss(IMAGE, TEXT)", {"IMAGE": IMAGE, "TEXT": TEXT}
    ),
    "the package's own code": lambda: mmlab.train.embedding_loss()(model(), IMAGE, TEXT),
    "every module's names": lambda: [
        vars(m)["contrastive_loss"] for n, m in list(sys.modules.items()) if n.startswith("mmlab.l")
    ][0](IMAGE, TEXT),
}


def model():
    """Return what a training loss takes for a model, and hands embeddings on."""
    return types.SimpleNamespace(temperature=1.0, encode_image=lambda x: x, encode_text=lambda x: x)


@pytest.mark.parametrize("act", HIDDEN.values(), ids=HIDDEN)
def test_a_forbidden_function_does_not_run_however_it_was_reached(act):
    import mmlab.train  # noqa: F401

    act()
    with watch([LOSS]) as found, pytest.raises(Forbidden, match="write out what it does"):
        act()
    assert found == [LOSS]
    act()


def test_a_function_kept_from_before_does_not_run_either():
    kept = mmlab.losses.contrastive_loss
    with watch([LOSS, "aten.prod"]) as found:
        with pytest.raises(Forbidden):
            kept(IMAGE, TEXT)
        torch.ones(2).prod()
    assert found == [LOSS, "aten.prod"] and kept(IMAGE, TEXT).ndim == 0


def test_classes_and_modules_stand_for_all_that_they_define():
    scale = nn.Softplus()
    with watch(["torch.nn.Softplus"]), pytest.raises(Forbidden):
        scale(IMAGE)
    assert len(functions_of("mmlab.losses")) == 6
    with watch(["mmlab.losses"]), pytest.raises(Forbidden):
        mmlab.losses.siglip_loss(IMAGE, TEXT)
    assert scale(IMAGE).shape == (3, 3) and mmlab.losses.siglip_loss(IMAGE, TEXT).shape == ()


def test_a_library_that_is_not_imported_cannot_be_imported_then():
    assert "antigravity" not in sys.modules and functions_of("antigravity.geohash") is None
    with watch(["antigravity.geohash"]) as found, pytest.raises(Forbidden):
        __import__("anti" + "gravity")
    assert found == ["antigravity.geohash"] and not any(
        isinstance(finder, forbids._Finder) for finder in sys.meta_path
    )


def test_all_is_put_back_after_an_error_and_nested_watches():
    before = mmlab.losses.contrastive_loss.__code__
    with pytest.raises(ZeroDivisionError), watch([LOSS, "mmlab.losses"]), watch([LOSS]):
        raise ZeroDivisionError
    assert mmlab.losses.contrastive_loss.__code__ is before


GONE = f"""
import weakref, mmlab.losses, torch
from mmlab.check import forbids
loss, pair = mmlab.losses.contrastive_loss, (torch.eye(2), torch.eye(2))
code = weakref.ref(loss.__code__)
with forbids.watch(["{LOSS}"]):
    assert code() is not None
forbids.take_away(["{LOSS}"])
assert code() is None and not forbids.reached_since()
for ran in range(2):
    with forbids.watch(["{LOSS}"] * ran) as calls:
        try:
            loss(*pair)
        except forbids.Forbidden as error:
            assert ("write out what it does" if ran else "is not available here") in str(error)
    assert calls == ["{LOSS}"] * ran
assert forbids.reached_since() == ["{LOSS}"]
"""


def test_what_is_taken_away_leaves_no_code_in_the_process():
    subprocess.run([sys.executable, "-c", GONE], check=True)


def test_a_name_that_the_package_does_not_have_is_an_error():
    with pytest.raises(AttributeError), watch(["mmlab.losses.no_such_loss"]):
        pass


def test_a_refused_call_is_reported_though_the_answer_goes_on():
    def falls_back(x):
        try:
            return getattr(mmlab.losses, "contrastive_loss"[:])(x, x)
        except Exception:
            return x.sum()

    result = drivers.run({"kind": "call", "options": {}}, falls_back, {"args": [IMAGE]}, forbids=[LOSS])
    assert result["forbidden"] == [LOSS] and result["returned"].item() == 3


def test_an_object_that_computes_while_it_is_read_is_watched():
    class Late(dict):
        def items(self):
            return [("loss", mmlab.losses.contrastive_loss(IMAGE, TEXT))]

    result = drivers.run({"kind": "call", "options": {}}, Late, {"args": []}, forbids=[LOSS])
    assert result["forbidden"] == [LOSS]


def test_a_check_names_what_is_used(here):
    def with_einsum(x, scale):
        return torch.einsum("ij->", x) * scale

    with pytest.raises(CheckFailed) as failed:
        check("scaled_sum", with_einsum)
    assert (failed.value.given, failed.value.wanted, failed.value.do) == (
        "scaled_sum uses einsum",
        "your own steps in place of it",
        "write out what it does",
    )
