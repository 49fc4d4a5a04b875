"""The graded notebook: what was handed in, what its cells printed, and the judge's verdicts."""

import json

from graded_class import hand_in, ran, result, week_of
from mmlab.cli import notebook
from mmlab.instructor.grading.gradebook import files
from tiny_course import WEEK


def test_the_graded_notebook_shows_text_and_verdicts_alone(copy_of_tiny):
    course = copy_of_tiny
    hand_in(course, "ada")
    path = course / "submitted" / "ada" / WEEK / "lab.ipynb"
    lab = notebook.read(path)
    html = {"output_type": "display_data", "data": {"text/html": "<script>1</script>"}, "metadata": {}}
    notebook.find(lab, "Gain-solution")["outputs"] = [html]
    notebook.write(path, lab)
    handed_in = path.read_bytes()
    cells = [ran("Gain-solution", "error", "half \ud800", "ValueError: no")]
    files.write_autograded(course, week_of(course), [result("ada", wrong=("Gain",), cells=cells)])
    shown = json.loads((course / "autograded" / "ada" / WEEK / "lab.ipynb").read_text())
    outputs = {
        cell["id"]: "".join(one["text"] for one in cell["outputs"])
        for cell in shown["cells"]
        if cell["cell_type"] == "code"
    }
    assert outputs["Gain-solution"] == "half ?\n[ValueError: no]\n"
    assert outputs["Gain"].split("\n") == [
        "Gain: 1 of 4 hidden cases right: 0 of 2 points",
        "case 2 of 4: your result is the sum without the scale",
        "  wanted: the scaled sum",
        "  try: multiply before you add",
        "",
    ]
    assert outputs["Tally"] == "Tally: 4 of 4 hidden cases right: 3 of 3 points\n" and outputs["setup"] == ""
    assert path.read_bytes() == handed_in
    assert (path.parent / "timestamp.txt").read_text() == (
        course / "autograded" / "ada" / WEEK / "timestamp.txt"
    ).read_text()
    (path.parent / "timestamp.txt").unlink()
    files.write_autograded(course, week_of(course), [result("ada")])
    assert sorted(one.name for one in (course / "autograded" / "ada" / WEEK).iterdir()) == ["lab.ipynb"]


def test_a_student_s_markdown_opens_no_tag_and_leads_nowhere(copy_of_tiny):
    hand_in(
        copy_of_tiny,
        "ada",
        {
            "explain": "<script>1</script> [x](javascript:1) [y][z]\n\n[z]: data:1\n\n$\\href{javascript:1}{a<b}$"
        },
    )
    files.write_autograded(copy_of_tiny, week_of(copy_of_tiny), [result("ada")])
    shown = notebook.read(copy_of_tiny / "autograded" / "ada" / WEEK / "lab.ipynb")
    text = notebook.find(shown, "explain")["source"]
    for active in ("<s", "</", "](", "]:", "\\href"):
        assert active not in text
    assert text.replace(files.BREAK, "").startswith("<script>1</script> [x](javascript:1)")
    released = notebook.read(copy_of_tiny / "labs" / WEEK / "lab.ipynb")
    hints = notebook.find(shown, "Gain-statement")["source"]
    assert "<details>" in hints and hints == notebook.find(released, "Gain-statement")["source"], (
        "the release's own stays"
    )
