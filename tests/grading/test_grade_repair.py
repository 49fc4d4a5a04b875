"""Every cell of the release is back, every answer is found, and no word that a student wrote is lost."""

import copy

import pytest

from mmlab.cli import notebook
from mmlab.instructor.grading.intake import bindings, plain_lab
from mmlab.instructor.grading.records import Prepared
from submitted_files import ROOT, assert_sound, cell, lab_of, prepared_of
from tiny_course import WEEK


@pytest.fixture(scope="module")
def pair(tiny):
    """Return the tiny week's release, and the lab with right answers."""
    return lab_of(tiny)


@pytest.fixture
def release(pair) -> dict:
    """Return the tiny week's release."""
    return pair[0]


@pytest.fixture
def lab(pair) -> dict:
    """Return the lab with right answers, to be changed."""
    return copy.deepcopy(pair[1])


@pytest.fixture
def made(release, tmp_path):
    """Return a function: a lab → what is prepared of it, held against what must hold."""

    def prepared(lab: dict) -> Prepared:
        found = prepared_of(lab, tmp_path, release)
        assert_sound(found, release)
        return found

    return prepared


def at(lab: dict, name: str) -> int:
    """Return where a cell stands."""
    return lab["cells"].index(notebook.find(lab, name))


def sources(prepared: Prepared) -> list[str]:
    """Return the texts of the code cells that run, in order."""
    return [
        one["source"]
        for one in prepared.notebook["cells"]
        if one["cell_type"] == "code" and "demo" not in one["metadata"].get("tags", [])
    ]


def solution(prepared: Prepared, name: str) -> str:
    """Return the text of an exercise's solution cell."""
    return notebook.find(prepared.notebook, f"{name}-solution")["source"]


def test_a_lab_as_released_stays_as_it_is(release, made):
    found = made(copy.deepcopy(release))
    assert found.repairs == [] and found.problem is None
    assert [one["source"] for one in found.notebook["cells"]] == [one["source"] for one in release["cells"]]


def test_the_release_is_not_changed(release, lab, made):
    before = copy.deepcopy(release)
    made(lab)
    assert release == before


def test_it_comes_out_the_same_each_time(lab, made):
    lab["cells"].insert(3, cell("x = 1"))
    assert made(lab) == made(lab)


def test_own_cells_stay_where_they_stood(lab, made):
    lab["cells"].insert(0, cell("early = 1"))
    lab["cells"].insert(at(lab, "Gain"), cell("between = 2"))
    lab["cells"].append(cell("late = 3"))
    ran = sources(made(lab))
    assert ran.index("early = 1") == 1 and ran[-1] == "late = 3"
    assert (
        ran.index("between = 2") == next(n for n, text in enumerate(ran) if text.startswith("class Gain")) + 1
    )


def test_what_a_class_is_made_of_runs_before_it_in_another_order_too(lab, made):
    lab["cells"].insert(at(lab, "Gain-solution"), cell("class Base(nn.Module): pass"))
    lab["cells"].reverse()
    ran = sources(made(lab))
    assert ran.index("class Base(nn.Module): pass") > next(
        n for n, text in enumerate(ran) if text.startswith("class Gain")
    )


# ---------------------------------------------------------------- which copy is the answer


def test_of_copies_the_last_that_defines_the_name_is_the_answer(lab, made):
    first, third = (
        copy.deepcopy(notebook.find(lab, "Gain-solution")),
        copy.deepcopy(notebook.find(lab, "Gain-solution")),
    )
    first["source"], third["source"] = "class Gain: early = 1", "scratch = 1"
    where = at(lab, "Gain-solution")
    lab["cells"][where:where] = [first]
    lab["cells"].insert(where + 2, third)
    found = made(lab)
    assert "log_gain" in solution(found, "Gain")
    ran = sources(found)
    assert ran.index("class Gain: early = 1") < ran.index(solution(found, "Gain")) < ran.index("scratch = 1")
    assert any(
        "Of several copies the last that defines the name was graded" in text for text in found.repairs
    )


def test_a_copy_used_for_something_else_is_no_answer(lab, made):
    copied = copy.deepcopy(notebook.find(lab, "Gain-solution")) | {"source": "helper = 3"}
    lab["cells"].insert(at(lab, "Gain-solution") + 1, copied)
    assert "class Gain" in solution(made(lab), "Gain")


def test_an_answer_below_a_stub_that_was_begun_counts(lab, release, made):
    stub = notebook.find(release, "Tally-solution")["source"]
    answer = notebook.find(lab, "Tally-solution")["source"]
    notebook.find(lab, "Tally-solution")["source"] = stub + "\n    x = 1  # begun"
    for place in (at(lab, "Tally-solution") + 1, at(lab, "Tally-solution")):
        changed = copy.deepcopy(lab)
        changed["cells"].insert(place, cell(answer))
        found = made(changed)
        assert solution(found, "Tally") == answer and not any("# begun" in text for text in sources(found))


def test_a_stub_with_a_remark_is_not_an_answer(lab, release, made):
    stub = notebook.find(release, "Tally-solution")["source"]
    notebook.find(lab, "Tally-solution")["source"] = "# TODO: think\n" + stub
    assert solution(made(lab), "Tally") == stub


def test_a_line_left_of_the_stub_below_an_answer_does_not_cost_it(lab, made):
    left = notebook.find(lab, "scaled_sum-solution")
    left["source"] += '\n    raise NotImplementedError("scaled_sum: write your answer and delete this line")'
    assert solution(made(lab), "scaled_sum") == left["source"]


def test_a_later_try_below_the_check_stays_below_it(lab, made):
    lab["cells"].insert(at(lab, "scaled_sum") + 1, cell("def scaled_sum(x, scale): return 0"))
    found = made(lab)
    ids = [one["id"] for one in found.notebook["cells"]]
    assert "### BEGIN" in solution(found, "scaled_sum") and ids.index("scaled_sum") == ids.index("mine") - 1


def test_an_answer_with_a_syntax_error_is_the_students(lab, made):
    notebook.find(lab, "Gain-solution")["source"] = "class Gain(:\n    pass"
    assert solution(made(lab), "Gain") == "class Gain(:\n    pass"


@pytest.mark.parametrize(
    "answer",
    [
        "%%time\ndef scaled_sum(x, scale):\n    return 1",
        "!pip list\nx = !ls\ndef scaled_sum(x, scale):\n    return 1",
        "if True:\n    def scaled_sum(x, scale):\n        return 1",
        "scaled_sum = lambda x, scale: 1",
        "from mmlab.world import sample as scaled_sum",
        "try:\n    scaled_sum = print\nexcept ValueError:\n    pass",
    ],
)
def test_every_way_to_define_a_name_is_seen(answer, lab, release, made):
    notebook.find(lab, "scaled_sum-solution")["source"] = notebook.find(release, "scaled_sum-solution")[
        "source"
    ]
    lab["cells"].insert(at(lab, "scaled_sum"), cell(answer))
    assert solution(made(lab), "scaled_sum") == answer


@pytest.mark.parametrize(
    "text",
    [
        "%%bash\nscaled_sum=1",
        "print(scaled_sum)",
        "# def scaled_sum",
        "'''\ndef scaled_sum(x): pass\n'''",
        "a[scaled_sum] = 1",
        "def f():\n    scaled_sum = 1",
    ],
)
def test_a_name_that_is_only_used_is_not_defined(text):
    assert "scaled_sum" not in bindings.bound(text)


def test_a_cell_that_holds_several_answers_is_cut_and_nothing_of_it_lost(lab, release, made):
    names = ("Tally", "Gain", "scaled_sum")
    text = "import os\n" + "\n\n# on we go\n".join(
        notebook.find(lab, f"{name}-solution")["source"] for name in names
    )
    for name in names:
        notebook.find(lab, f"{name}-solution")["source"] = notebook.find(release, f"{name}-solution")[
            "source"
        ]
    lab["cells"].insert(at(lab, "Gain"), cell(text + "\nprint('end')"))
    found = made(lab)
    assert solution(found, "Tally").startswith("import os\nclass Tally") and solution(
        found, "scaled_sum"
    ).endswith("print('end')")
    assert "class Gain" not in solution(found, "Tally") and "# on we go\nclass Gain" in solution(
        found, "Gain"
    )
    ran = "\n".join(sources(found))
    assert ran.index("class Tally") < ran.index("class Gain") < ran.index("def scaled_sum")
    assert "was split, in the same order: scaled_sum-solution, Gain-solution, Tally-solution" in "".join(
        found.repairs
    )


# ---------------------------------------------------------------- what may not be changed


def test_a_changed_check_comes_back_and_nothing_of_it_runs_that_only_checks(lab, made):
    notebook.find(lab, "Gain")["source"] = 'check("Gain", lambda w: None)'
    found = made(lab)
    assert notebook.find(found.notebook, "Gain")["source"] == 'check("Gain", Gain)' and "lambda w" not in str(
        sources(found)
    )


def test_what_was_added_to_the_setup_runs_below_it(lab, made):
    notebook.find(lab, "setup")["source"] += "\nimport itertools"
    ran = sources(made(lab))
    assert "itertools" not in ran[0] and ran[1].endswith("import itertools")


def test_a_try_and_a_demo_may_be_changed(tmp_path):
    release = lab_of(ROOT, "02_clip")[0]
    lab = copy.deepcopy(release)
    changed = {"zero_shot_classify-trained": "x = 1", "recall_at_k-demo": "y = 2", "part-1": "# My part 1"}
    for name, source in changed.items():
        notebook.find(lab, name)["source"] = source
    found = prepared_of(lab, tmp_path, release)
    assert_sound(found, release)
    kept = {one["id"]: one["source"] for one in found.notebook["cells"]}
    assert kept["zero_shot_classify-trained"] == "x = 1" and kept["recall_at_k-demo"] == "y = 2"
    assert (
        kept["part-1"] != "# My part 1"
        and "# My part 1" in kept.values()
        and len(kept) == len(release["cells"]) + 1
    )
    assert (
        "you may not change came back as released; what you wrote in them is below them: part-1."
        in found.repairs[0]
    )


def test_points_flags_and_tags_are_the_releases(lab, made):
    notebook.find(lab, "Gain")["metadata"]["nbgrader"]["points"] = 1e9
    notebook.find(lab, "Tally")["metadata"]["nbgrader"]["locked"] = False
    notebook.find(lab, "scaled_sum-solution")["metadata"]["tags"] = [
        "demo",
        "skip-execution",
        "raises-exception",
    ]
    found = made(lab)
    assert found.repairs == [
        "Changed metadata of the grader (points, locks, tags) was reset to the release: scaled_sum-solution, Gain, Tally."
    ]
    assert "def scaled_sum" in str(sources(found))


def test_an_own_demo_stays_one_unless_an_answer_needs_it(lab, made):
    demo = {"metadata": {"tags": ["demo"]}}
    lab["cells"].insert(at(lab, "Gain-solution"), cell("def helper(x): return x", **demo))
    lab["cells"].insert(at(lab, "Gain-solution"), cell("def train(): return 1", **demo))
    notebook.find(lab, "Gain-solution")["source"] += "\n# uses helper\ny = helper(1)"
    ran = sources(made(lab))
    assert "def helper(x): return x" in ran and "def train(): return 1" not in ran


def test_a_text_answer_keeps_its_words_and_its_pictures_only(lab, made):
    answer = notebook.find(lab, "explain")
    answer["source"] = "Because. ![](attachment:a.png)"
    answer["attachments"] = {
        "a.png": {"image/png": "aGk=", "text/html": "<b>"},
        "b": {"image/png": "<b>"},
        "c": 3,
    }
    found = notebook.find(made(lab).notebook, "explain")
    assert found["source"] == answer["source"] and found["attachments"] == {"a.png": {"image/png": "aGk="}}


def test_of_text_answers_the_last_counts(lab, made):
    again = copy.deepcopy(notebook.find(lab, "explain")) | {"source": "My last word."}
    lab["cells"].append(again)
    assert notebook.find(made(lab).notebook, "explain")["source"] == "My last word."


def test_answers_that_a_forgotten_digest_names_are_not_lost_by_a_copy(lab, made):
    lab["metadata"]["mmlab"]["released"] = ["x"] * 5
    assert "log_gain" in solution(made(lab), "Gain")


def test_a_lesson_is_refused(release, lab, made):
    lab["cells"] = [notebook.find(lab, "setup") | {"source": f'WEEK = "{WEEK}"'}]
    assert f"contains no exercise of {WEEK}" in made(lab).problem


def test_a_lab_of_which_one_exercise_is_left_is_graded(lab, made):
    lab["cells"] = [notebook.find(lab, "Tally-solution")]
    found = made(lab)
    assert found.problem is None and "class Tally" in solution(found, "Tally")


def test_cells_whose_grade_ids_were_renamed_are_known_by_their_text(lab, made):
    for name in ("Gain", "Gain-solution", "explain"):
        one = notebook.find(lab, name)
        one["metadata"] = {"nbgrader": notebook.about(one) | {"grade_id": f"my-{name}"}}
        del one["id"]
    found = made(lab)
    texts = [one["source"] for one in found.notebook["cells"]]
    assert texts.count('check("Gain", Gain)') == 1 and "log_gain" in solution(found, "Gain")
    assert "SECRET" in notebook.find(found.notebook, "explain")["source"] and len(texts) == len(lab["cells"])


def test_names_in_messages_are_of_the_release(lab, made):
    lab["cells"].append(cell("x = 1", metadata={"nbgrader": {"grade_id": "<b>x</b>"}}, id="<i>"))
    found = made(lab)
    assert "<" not in "".join(found.repairs) and all("<" not in one["id"] for one in found.notebook["cells"])


@pytest.mark.parametrize("count, problem", [(plain_lab.MAX_CELLS, True), (1_500, False)])
def test_very_many_cells_are_refused(count, problem, lab, made):
    lab["cells"] += [cell(f"x = {number}") for number in range(count)]
    assert bool(made(lab).problem) == problem
