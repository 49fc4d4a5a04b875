"""Staging the site's pages: what is refused, and what is cured on the way."""

import json
import re
from pathlib import Path

import pytest

from mmlab.errors import NotebookError
from mmlab.instructor.site import build, reference

ROOT = Path(__file__).resolve().parents[2]


def notebook(*sources: str) -> str:
    """A minimal notebook: a title, then one code cell a source."""
    cells = [
        {"cell_type": "markdown", "id": f"c{i}", "metadata": {}, "source": s} for i, s in enumerate(sources)
    ]
    for cell in cells[1:]:
        cell |= {"cell_type": "code", "outputs": [], "execution_count": None}
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def course(tmp_path):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons/01_a.ipynb").write_text(notebook("# Title\n\nText", "more()"))
    (tmp_path / "book").mkdir()
    return tmp_path


def test_a_lesson_that_was_never_executed_is_refused(course):
    with pytest.raises(NotebookError, match="make book"):
        build.stage_lesson(course / "lessons/01_a.ipynb", course, course / "stage")


def test_an_executed_copy_older_than_its_lesson_is_refused(course):
    copy = course / "build/executed/lessons/01_a.ipynb"
    copy.parent.mkdir(parents=True)
    copy.write_text(notebook("# Title\n\nText", "less()"))
    with pytest.raises(NotebookError, match="older than the lesson"):
        build.stage_lesson(course / "lessons/01_a.ipynb", course, course / "stage")


def test_an_executed_copy_that_failed_is_refused(course):
    copy = course / "build/executed/lessons/01_a.ipynb"
    copy.parent.mkdir(parents=True)
    failed = json.loads(notebook("# Title\n\nText", "more()"))
    failed["metadata"] = {"mmlab": {"executed": {"faults": ["cell c1 raised NameError"]}}}
    copy.write_text(json.dumps(failed))
    with pytest.raises(NotebookError, match="raised NameError"):
        build.stage_lesson(course / "lessons/01_a.ipynb", course, course / "stage")


def test_what_has_no_usable_copy_is_executed_and_nothing_else(course, monkeypatch):
    (course / "lessons/01_b.ipynb").write_text(notebook("# Other"))
    copy = course / "build/executed/lessons/01_b.ipynb"
    copy.parent.mkdir(parents=True)
    copy.write_text(notebook("# Other"))
    executed = []
    monkeypatch.setattr(build, "run", executed.append)
    build.execute_missing(course)
    assert [path.name for path in executed] == ["01_a.ipynb"]


def test_a_page_starts_with_its_links_below_the_title(course):
    copy = course / "build/executed/lessons/01_a.ipynb"
    copy.parent.mkdir(parents=True)
    copy.write_text(notebook("# Title\n\nOld text", "more()"))  # prose needs no execution
    (course / "stage").mkdir()
    build.stage_lesson(course / "lessons/01_a.ipynb", course, course / "stage")
    first = json.loads((course / "stage/lessons/01_a.ipynb").read_text())["cells"][0]["source"]
    text = "".join(first)
    assert text.startswith("# Title\n") and text.rstrip().endswith("Text")
    assert "blob/main/lessons/01_a.ipynb" in text and "_downloads_source/01_a.ipynb" in text


def test_the_widget_script_carries_its_fonts():
    source = ROOT / "book/node_modules/@jupyter-widgets/html-manager/dist/embed-amd.js"
    cured = build.inline_fonts(source.read_text())
    assert "webfonts/fa-solid-900.woff2" in source.read_text()
    assert not re.search(r"url\(\.\./webfonts/[\w-]+\.woff2|\.p\s?\+\s?\"[0-9a-f]{20}\.woff2", cured)


def test_a_widget_script_with_other_font_addresses_is_refused():
    with pytest.raises(NotebookError, match="no font address"):
        build.inline_fonts("nothing here")


def test_the_reference_page_names_every_room_and_its_public_names():
    page = reference.page()
    for room in reference.PACKAGES:
        assert f"## mmlab.{room}\n" in page
    for name in ("contrastive_loss", "render", "recall_at_k", "check"):
        assert f"`{name}`" in page
