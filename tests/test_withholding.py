"""What each week builds by hand is forbidden by name: its files say nothing, and its own answers do without it."""

import shutil
import subprocess
import sys

import pytest

from answers import COURSE, ROOT, checked, in_week, week_called
from mmlab.check.forbids import functions_of, names_used
from mmlab.cli import notebook
from mmlab.errors import InputError
from mmlab.instructor.authoring.case_records import setup_names
from mmlab.instructor.grading import withheld

WEEKS = pytest.mark.parametrize("week", [in_week(week) for week in COURSE])
# What these weeks build by hand stands in their lessons and in other libraries; mmlab has no function for it.
NOTHING_TO_WITHHOLD = ("06_pretraining_and_instruction", "07_preference")


@WEEKS
def test_every_week_forbids_what_hands_out_its_answers(week):
    week = week_called(week)
    built = week.id not in NOTHING_TO_WITHHOLD
    assert bool(withheld.names_of(week)) == built, (
        "what a week builds by hand and the package has is forbidden"
    )
    assert all(functions_of(name) for name in withheld.names_of(week))


@WEEKS
def test_the_files_without_bodies_are_python_and_compute_nothing(week, tmp_path):
    names = withheld.names_of(week_called(week))
    for module in withheld.modules_of(names):
        file = tmp_path / withheld._file(module)
        file.parent.mkdir(parents=True, exist_ok=True)
    withheld.take_out(tmp_path / "mmlab", names)
    for module in withheld.modules_of(names):
        emptied = (tmp_path / withheld._file(module)).read_text()
        compile(emptied, module, "exec")
        assert withheld.INSTEAD in emptied and len(emptied) < len((ROOT / withheld._file(module)).read_text())
    withheld.put_in(tmp_path / "mmlab", names)
    for module in withheld.modules_of(names):
        assert (tmp_path / withheld._file(module)).read_bytes() == (
            ROOT / withheld._file(module)
        ).read_bytes()


@WEEKS
def test_no_reference_answer_uses_what_it_forbids(week):
    week = week_called(week)
    lab = notebook.read(week.notebook)
    for exercise in checked(week):
        names = setup_names(week.id)
        candidate = notebook.define(notebook.reference(lab, exercise.name), exercise.name, names)
        assert names_used(candidate, exercise.forbids) == []


SOURCE = '''
class Attention:
    """Attends."""

    scale = 2

    def forward(self, x):
        def inner(y):
            return y * 2

        return inner(x)

    def other(self):
        return 3


def loss(x: int = 3) -> int:
    """Return the loss."""
    return x


def rest(x):
    return x + 1
'''


@pytest.mark.parametrize(
    ("names", "gone", "left"),
    [
        (["loss"], ["return x\n"], ["return 3", "x + 1", "y * 2"]),
        (["Attention.forward"], ["y * 2"], ["return 3", "x + 1"]),
        (["Attention"], ["y * 2", "return 3"], ["x + 1", "scale = 2"]),
        ([""], ["y * 2", "return 3", "x + 1"], ["scale = 2", "x: int=3"]),
    ],
)
def test_bodies_are_taken_out_of_what_is_named_and_nothing_else(names, gone, left):
    emptied = withheld.without_bodies(SOURCE, names) + "\n"
    assert not [text for text in gone if text in emptied] and not [
        text for text in left if text not in emptied
    ]


@pytest.mark.parametrize(
    "name", ["mmlab.losses.no_such_loss", "mmlab.no_such_module.loss", "mmlab.models.vit.ViT.no_such_method"]
)
def test_a_name_that_nothing_has_is_refused(name, tmp_path):
    shutil.copytree(
        ROOT / "mmlab", tmp_path / "mmlab", ignore=shutil.ignore_patterns("__pycache__", "world", "course")
    )
    with pytest.raises(InputError, match="forbids"):
        withheld.take_out(tmp_path / "mmlab", [name])


def test_the_package_imports_without_the_bodies(tmp_path):
    names = sorted({name for week in COURSE for name in withheld.names_of(week)})
    shutil.copytree(ROOT / "mmlab", tmp_path / "mmlab", ignore=shutil.ignore_patterns("__pycache__"))
    withheld.take_out(tmp_path / "mmlab", names)
    code = (
        "import sys\nsys.meta_path[:] = [each for each in sys.meta_path if not getattr(each, '__module__', '').startswith('__editable__')]\n"
        "import mmlab.train, mmlab.evaluate, mmlab.hub, mmlab.api.client.asking, mmlab.losses\n"
        "print(mmlab.losses.__file__)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith(str(tmp_path)), done.stderr[-2000:]
