"""Right answers in odd notebooks: `mmlab check` and `mmlab grade` both give them all points of week 00.

Each lab combines what does not touch each other. A student may write any of it, and it works in JupyterLab.
"""

import re
import shutil

import pytest

from mmlab.cli import command_line, notebook
from mmlab.instructor.grading.grader import Grader
from mmlab.instructor.grading.sandbox.limits import Limits
from sessions import week_of
from student_labs import RELEASED, ROOT, WEEK, own, report
from submitted_files import data_of, hand_in, lab_of

FULL = 20
NAMES = ("to_model_tensor", "native_modalities", "scene_to_caption_truth", "sniff_image_format")
REFERENCE = {
    name: re.sub(
        r"\n *### (BEGIN|END) SOLUTION",
        "",
        notebook.find(lab_of(ROOT, WEEK)[1], f"{name}-solution")["source"],
    )
    for name in NAMES
}
TENSOR, MODALITIES, TRUTH, SNIFF = REFERENCE.values()


def changed(source: str, *pairs: tuple[str, str]) -> str:
    """Return a source with texts replaced; each must be there."""
    for old, new in pairs:
        assert old in source, old
        source = source.replace(old, new)
    return source


def indented(source: str) -> str:
    """Return a source four columns further to the right."""
    return re.sub("^", "    ", source, flags=re.MULTILINE)


def prompts(source: str, first: str, more: str) -> str:
    """Return a source as it is copied from a session: with a prompt before each line."""
    head, *tail = source.split("\n")
    return "\n".join([first + head, *(more + line for line in tail)])


# Each lab: answers that differ from the reference, and the student's own cells above the first answer.
SYNTAX = (
    {
        "to_model_tensor": "await asyncio.sleep(0)\n"
        + """\
# -*- coding: latin-1 -*-
def to_model_tenſor(image: Image, mean: Three, std: Three) -> Tensor:
    µ, σ = torch.tensor(mean), torch.tensor(std)  # see\u2028no line of its own
    ﬁ = (torch.tensor(image) / 255 - μ) / σ
    return fi.permute(2, 0, 1)""",
        "native_modalities": prompts(MODALITIES, "In [3]: ", "   ...: "),
        "scene_to_caption_truth": indented(TRUTH),
        "sniff_image_format": "%%time\n\n"
        + re.sub("^( {4})+", lambda match: "\t" * (len(match[0]) // 4), SNIFF, flags=re.MULTILINE)
        + "\n\f\n",
    },
    [
        "from __future__ import annotations\nx: Nonsense = 3",
        "import asyncio\nawait asyncio.sleep(0)",
        "%config InteractiveShell.ast_node_interactivity = 'all'\n%matplotlib inline\n!ls\nnp.array?",
        "def broken(:\n    pass",
        "%pdb on",
        "1/0",
        "ls",
        "exit()",
        "input('your name? ')",
    ],
)
VALUES = (
    {
        "to_model_tensor": "@torch.inference_mode()\n"
        + changed(
            TENSOR, ("return normalised.permute(2, 0, 1)", "return nn.Parameter(normalised.permute(2, 0, 1))")
        ),
        "native_modalities": "from collections import OrderedDict, namedtuple\nPair = namedtuple('Pair', 'takes gives')\n"
        + changed(
            MODALITIES,
            ("return {name: (", "return OrderedDict((name, Pair("),
            ("backwards, name)) for", "backwards, name))) for"),
            ('"video")}', '"video"))'),
        ),
        "scene_to_caption_truth": changed(
            TRUTH, ("return facts, all(", "return frozenset(map(np.str_, facts)), np.bool_(1) & all(")
        ),
        "sniff_image_format": "import enum, functools\nFormat = enum.StrEnum('Format', {n: n for n in 'PNG JPEG GIF WEBP'.split()})\n"
        "class NoImage(OSError, ValueError):\n    pass\n\n"
        + "@functools.cache\n"
        + changed(
            SNIFF,
            ("raise ValueError(", "raise NoImage("),
            ("    return found", "    return Format(found[0]), np.int64(found[1]), found[2]"),
        ),
    },
    [
        "import warnings\nwarnings.simplefilter('error')\nnp.seterr(all='raise')",
        "torch.set_grad_enabled(False)\ntorch.manual_seed(0)\ntorch.set_num_threads(4)",
        "old_print = print\ndef print(*values, **more):\n    old_print('>>', *values, **more)",
        "import os, tempfile\nos.chdir(tempfile.mkdtemp())",
        "import sys, io\nsys.stdout = io.StringIO()",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()",
    ],
)
PLACES = (
    {
        "to_model_tensor": "import my_answers\nfrom my_answers import *",
        "native_modalities": "from concurrent.futures import ThreadPoolExecutor\n"
        + changed(MODALITIES, ("def native_modalities(", "async def _native("))
        + "\n\ndef native_modalities(system):\n    import asyncio\n"
        "    return ThreadPoolExecutor(1).submit(lambda: asyncio.run(_native(system))).result()",
        "scene_to_caption_truth": "class Truth:\n    @staticmethod\n"
        + indented(TRUTH)
        + "\n\nglobals()['scene_to_caption_truth'] = Truth.scene_to_caption_truth",
        "sniff_image_format": "from pathlib import Path\n"
        + changed(
            SNIFF,
            (
                "    def number(",
                "    Path('scratch.bin').write_bytes(data)\n    data = helper('scratch.bin')\n\n    def number(",
            ),
        ),
    },
    [
        f"%%writefile my_answers.py\nimport torch\n\n{TENSOR}",
        "def helper(name):\n    with open(name, 'rb') as file:\n        return file.read()",
    ],
)
LABS = {"syntax": SYNTAX, "values": VALUES, "places": PLACES}


def odd_file(kind: str) -> bytes:
    """Return the file of an odd lab."""
    answers, cells = LABS[kind]
    lab = lab_of(ROOT, WEEK)[1]
    for name, source in answers.items():
        notebook.find(lab, f"{name}-solution")["source"] = source
    first = lab["cells"].index(notebook.find(lab, "setup")) + 1
    lab["cells"][first:first] = [own(source, "code", f"odd-{number}") for number, source in enumerate(cells)]
    lab["cells"].append(
        own("torch.set_default_dtype(torch.float64)\ndel np\nraise RuntimeError('the end')", "code")
    )
    if kind == "places":
        check = lab["cells"].pop(lab["cells"].index(notebook.find(lab, "to_model_tensor")))
        lab["cells"].insert(-1, check)
        for cell in lab["cells"]:
            cell.pop("id")
        lab["cells"][1]["attachments"] = {}
        lab["cells"].insert(3, {"cell_type": "raw", "metadata": {}, "source": "raw"})
        lab |= {"nbformat_minor": 4}
        lab["metadata"]["kernelspec"] = {"name": "my-env", "display_name": "mine", "language": "python"}
        return data_of(lab)
    return b"\xef\xbb\xbf" + data_of(lab).replace(b"\n", b"\r\n") if kind == "syntax" else data_of(lab)


@pytest.fixture(scope="module")
def grader():
    """Return a grader of week 00."""
    unsafe = shutil.which("bwrap") is None
    with Grader(
        ROOT, week_of(ROOT, WEEK), limits=Limits(), secret=b"32 bytes of a test, not a secret", unsafe=unsafe
    ) as made:
        yield made


@pytest.mark.slow
@pytest.mark.week(WEEK)
@pytest.mark.parametrize("kind", LABS)
def test_an_odd_lab_of_right_answers_has_all_points_in_check_and_grade(kind, grader, tmp_path, capsys):
    home = tmp_path / "home"
    shutil.copytree(RELEASED, home)
    (home / "lab.ipynb").write_bytes(odd_file(kind))
    assert command_line.main(["check", str(home / "lab.ipynb"), "--release", str(RELEASED), "--json"]) == 0
    checked = report(capsys)
    graded = grader.grade(hand_in(tmp_path / "course", {"lab.ipynb": odd_file(kind)}, WEEK))
    assert (checked["score"], graded.score) == (FULL, FULL), (checked["checks"], graded.marks)
