"""No line of an answer stands in a lesson or in a released lab; the site is searched again when it is built."""

from answers import ROOT, solution_lines
from mmlab.cli import notebook


def test_no_line_of_an_answer_stands_in_a_lesson_or_lab():
    lines, found = solution_lines(), []
    for path in sorted([*ROOT.glob("lessons/*.ipynb"), *ROOT.glob("labs/*/lab.ipynb")]):
        for cell in notebook.read(path)["cells"]:
            text = notebook.joined(cell["source"])
            leaked = [(name, line) for name, own in lines.items() for line in own if line in text]
            found += [f"{path.name}#{cell['id']}: {name}: {line}" for name, line in leaked]
    assert lines and not found, "write the line in another way:\n" + "\n".join(found)
