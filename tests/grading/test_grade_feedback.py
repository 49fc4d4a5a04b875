"""The page that goes back: the total first, one hint, text alone of what a student wrote, and nobody else."""

import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from graded_class import POINTS, TEXT, WITH, hand_in, ran, result, week_of
from mmlab.errors import InputError
from mmlab.instructor.grading.gradebook import feedback, files, gradebook
from mmlab.instructor.grading.gradebook.page import inline, visible
from mmlab.instructor.grading.records import Graded
from tiny_course import WEEK

AXE = Path(__file__).parents[2] / "book/node_modules/axe-core/axe.min.js"
HOSTILE = (
    "</pre></code></details></main><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"
    "<svg/onload=window.hacked=1><iframe src=javascript:window.hacked=1></iframe>{{7*7}}{% raw %}&lt;"
    "<style>*{display:none}</style><!-- \x1b[31mred\x1b]8;;http://evil\x07link\x1b]8;;\x07\x00\x08\u202egnirts\u2066\ud800"
)
TAGS = set(
    "html head meta title style body header h1 h2 h3 p bdi time main section strong table caption thead tbody tr th td a "
    "span code dl dt dd details summary pre footer ul li div".split()
)


class Page(HTMLParser):
    """A page taken apart: its text, tags, attributes, headings."""

    def __init__(self, path: Path):
        super().__init__()
        self.html = path.read_text(encoding="utf-8")
        self.tags, self.attributes, self.headings, self.text, self._inside = [], [], [], "", []
        self.feed(self.html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attributes]
        self._inside.append(tag) if tag != "meta" else None
        if re.fullmatch(r"h\d", tag):
            self.headings.append((tag, ""))

    def handle_endtag(self, tag):
        assert self._inside.pop() == tag, f"{tag} closes what is not open"

    def handle_data(self, data):
        if "style" in self._inside:
            return
        self.text += data
        if self._inside and re.fullmatch(r"h\d", self._inside[-1]):
            self.headings[-1] = (self.headings[-1][0], self.headings[-1][1] + data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def part(self, title: str) -> str:
        """Return the words of the section that `title` heads."""
        after = self.text.split("How the total is calculated")[1].split(f"\n{title}\n")
        assert len(after) == 2, title
        return re.split(r"\n\n\n\n", after[1])[0]


def grade(root: Path, *batch: Graded, **more) -> dict[str, Page]:
    """Take results through database, files and pages; return student → page."""
    week = week_of(root)
    gradebook.save(root, week, list(batch), **{"context": WITH} | more)
    files.write_autograded(root, week, list(batch))
    return {path.parent.parent.name: Page(path) for path in feedback.write(root, week, list(batch))}


@pytest.fixture
def course(copy_of_tiny) -> Path:
    """Return the tiny course with two hand-ins."""
    for student in ("ada", "ben"):
        hand_in(copy_of_tiny, student, {"Gain-solution": f"class Gain(nn.Module):\n    '''by {student}'''"})
    return copy_of_tiny


def test_a_page_opens_on_the_total_then_has_each_exercise(course):
    page = grade(course, result("ada", wrong=("scaled_sum",), empty=("Tally",)))["ada"]
    titles = [title for _, title in page.headings]
    assert titles == ["Lab 90: the smallest of all: feedback", "Total", *POINTS, TEXT, "How this was graded"]
    assert (
        page.text.index("11 of 17 points")
        < page.text.index("Graded automatically")
        < page.text.index("not right yet")
    )
    assert "1 answer waits for a person, worth up to 2 more points" in page.text
    wrong = page.part("scaled_sum")
    for words in (
        "Not right yet: 0 of 1 points",
        "1 of 4 hidden cases right",
        "your result is the sum without the scale",
        "multiply before you add",
        "Hint 1 of 2: Look again.",
    ):
        assert words in wrong, words
    assert "No answer: 0 of 3 points" in page.part(
        "Tally"
    ) and "unchanged from the released lab" in page.part("Tally")
    assert "Hint" not in page.part("Tally") and "Hint" not in page.part("Gain")
    assert "Right: 2 of 2 points" in page.part("Gain") and "by ada" in page.part("Gain")
    assert "Waits for a person: up to 2 points" in page.part(TEXT)
    assert "ben" not in page.html and "forgets_the_scale" not in page.html


def test_each_new_failure_shows_the_next_hint_and_the_last_stays(course):
    shown = []
    for digest in ("d1", "d1", "d2", "d3"):
        page = grade(course, result("ada", wrong=("Gain",), digest=digest))["ada"]
        shown.append(re.search(r"Hint \d of \d: .*", page.part("Gain"))[0])
    assert shown == ["Hint 1 of 2: Look again."] * 2 + ["Hint 2 of 2: And again."] * 2
    assert "<em>again</em>" in page.html


def test_a_person_s_marks_and_words_are_on_the_page_after_a_refresh(course):
    before = grade(course, result("ada", wrong=("Gain",)), result("ben"))["ben"].html
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        book.update_or_create_student("ada", first_name="Ada", last_name="Byron")
        for name, points in (("Gain", 1.5), (TEXT, 2.0)):
            one = book.find_grade(name, "lab", WEEK, "ada")
            one.manual_score, one.needs_manual_grade = points, False
        one.extra_credit = 0.5
        book.find_comment("Gain-solution", "lab", WEEK, "ada").manual_comment = "Nearly <b>right</b>."
        book.find_submission_notebook("lab", WEEK, "ada").late_submission_penalty = 3
        book.db.commit()
    assert [path.parent.parent.name for path in feedback.refresh(course, week_of(course))] == ["ada", "ben"]
    page = Page(course / "feedback" / "ada" / WEEK / "lab.html")
    assert "For Ada Byron (ada), submitted 2025-01-01 10:00 UTC" in page.text
    assert "14 of 17 points" in page.text and "waits" not in page.text
    for row in (
        r"Graded automatically\s*13 of 13",
        r"Graded by a person\s*3.5 of 4",
        r"Extra credit\s*\+0.5",
        r"Submitted late\s*−3",
    ):
        assert re.search(row, page.text), row
    assert "A person gave 1.5 points; the automatic score was 0." in page.part("Gain")
    assert "Nearly <b>right</b>." in page.part("Gain")
    assert (course / "feedback" / "ben" / WEEK / "lab.html").read_text() == before, "nothing of ben's changed"
    assert feedback.refresh(course, week_of(course), ["ada"]) == [
        course / "feedback" / "ada" / WEEK / "lab.html"
    ]


def test_a_refused_file_says_why_and_what_to_do(course):
    problem = "lab.ipynb is not JSON\n  wanted: a notebook in format 4\n  try: resolve the merge conflict: keep one side of each"
    page = grade(course, Graded("ada", WEEK, "d1", problem=problem))["ada"]
    assert "0 of 17 points" in page.text and problem in page.text and "submit it again" in page.text
    assert [title for _, title in page.headings][1:] == ["Total", "How this was graded"]


def test_repairs_stopped_cells_and_no_sandbox_are_said(course):
    cells = [
        ran("title", "error", error="ZeroDivisionError: division by zero"),
        ran("gone", "time"),
        ran("Gain-solution", "died"),
        ran("setup"),
        ran("demo", "skipped"),
        ran("Tally-solution", "error", error="NotImplementedError"),
    ]
    page = grade(
        course,
        result(
            "ada",
            wrong=("Gain",),
            empty=("Tally",),
            cells=cells,
            unsafe=True,
            repairs=["The check cell of Gain is as released again."],
        ),
    )["ada"]
    assert "graded without a sandbox" in page.text
    assert "Cell 1: ZeroDivisionError" in page.text and "Cell gone: stopped: it took longer" in page.text
    assert "did not finish: ended the whole process" in page.part("Gain")
    assert "as released again" in page.text
    assert page.text.count("did not finish") == 1 and page.text.count("Cell ") == 2, (
        "what the stub does is no news"
    )


def test_what_a_student_wrote_is_text_and_nothing_else(course):
    """Answers, outputs, errors, messages, ids, repairs and names: all hostile at once."""
    student = "<script>alert(1)</script>\u202e&amp;".replace("/", "∕")
    hand_in(course, student, {"Gain-solution": HOSTILE, TEXT: HOSTILE})
    one = result(
        student,
        wrong=("Gain",),
        cells=[ran(HOSTILE, "error", HOSTILE, HOSTILE), ran("Gain-solution", "error", error=HOSTILE)],
        repairs=[HOSTILE],
    )
    one.marks[1].message = (HOSTILE, HOSTILE, HOSTILE)
    page = grade(course, one)[student]
    assert set(page.tags) <= TAGS
    assert {name for _, name, _ in page.attributes} <= {
        "lang",
        "charset",
        "name",
        "content",
        "http-equiv",
        "class",
        "aria-labelledby",
        "id",
        "scope",
        "href",
        "aria-hidden",
        "role",
    }
    assert all(value.startswith("#exercise-") for _, name, value in page.attributes if name == "href")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page.html)
    assert page.text.count("<script>window.hacked=1</script>") >= 7 and "[U+202E]gnirts" in page.text
    assert "{{7*7}}" in page.text and "evil" not in page.text, (
        "terminal sequences are gone, templates are not run"
    )


def test_a_page_loads_nothing_and_is_built_for_everybody(course):
    page = grade(course, result("ada", wrong=("Gain",), empty=("Tally",)))["ada"]
    assert ("html", "lang", "en") in page.attributes
    assert any("default-src 'none'" in value for _, _, value in page.attributes)
    assert not re.search(r"https?:|//|@import|url\(", page.html.replace("<!DOCTYPE", ""))
    levels = [int(tag[1]) for tag, _ in page.headings]
    assert (
        levels[0] == 1
        and levels.count(1) == 1
        and all(after - before <= 1 for before, after in zip(levels, levels[1:]))
    )  # noqa: B905
    assert page.tags.count("main") == page.tags.count("header") == page.tags.count("footer") == 1
    assert page.tags.count("th") == sum(name == "scope" for _, name, _ in page.attributes)
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids)) and {
        value for _, name, value in page.attributes if name == "aria-labelledby"
    } <= set(ids)


def test_colours_have_contrast_in_light_and_dark():
    css = (Path(feedback.__file__).parent / "feedback.html").read_text()
    themes = [
        dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in re.findall(r":root \{([^}]*)\}", css)
    ]
    assert len(themes) == 2 and themes[0].keys() == themes[1].keys()

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for theme in themes:
        for ink in ("ink", "soft", "link", "right", "wrong", "part", "person"):
            for ground in ("paper", "tint"):
                one, other = sorted((light(theme[ink]), light(theme[ground])))
                assert (other + 0.05) / (one + 0.05) >= 4.5, (ink, ground)


def test_a_fault_leaves_the_earlier_page(course):
    before = grade(course, result("ada"))["ada"].html
    assert grade(course, result("ada", fault="no room")) == {}
    assert (course / "feedback" / "ada" / WEEK / "lab.html").read_text() == before


def test_one_exercise_graded_alone_keeps_the_others_on_the_page(course):
    grade(course, result("ada", wrong=("Gain", "Tally")))
    only = result("ada", digest="d2")
    only.marks = [mark for mark in only.marks if mark.exercise == "Gain"]
    page = grade(course, only)["ada"]
    assert "Right: 2 of 2" in page.part("Gain") and "1 of 4 hidden cases" in page.part("Tally")


def test_a_full_disk_is_said_and_the_page_is_whole(course, monkeypatch):
    before = grade(course, result("ada"))["ada"].html

    def full(*_):
        raise OSError(28, "No space left on device")

    with (
        monkeypatch.context() as patch,
        pytest.raises(InputError, match="No space left.*\n.*\n.*free some space"),
    ):
        patch.setattr(os, "replace", full)
        feedback.refresh(course, week_of(course))
    folder = course / "feedback" / "ada" / WEEK
    assert (folder / "lab.html").read_text() == before and not list(folder.glob("*.part"))


def test_a_huge_answer_is_cut(course):
    hand_in(course, "ada", {"Gain-solution": "x = 1\n" * 200_000})
    page = grade(course, result("ada"))["ada"]
    assert len(page.html) < 60_000 and "characters more)" in page.text


def test_answers_come_from_what_was_graded(course):
    grade(course, result("ada"))
    hand_in(course, "ada", {"Gain-solution": "a later one"})
    feedback.refresh(course, week_of(course))
    assert "by ada" in Page(course / "feedback" / "ada" / WEEK / "lab.html").text
    shutil.rmtree(course / "autograded")
    feedback.refresh(course, week_of(course))
    page = Page(course / "feedback" / "ada" / WEEK / "lab.html")
    assert "by ada" not in page.text and "Right: 2 of 2" in page.part("Gain"), "marks do not need it"


def test_text_is_made_visible_and_hints_keep_their_code():
    assert visible("a\tb\r\nc\x85\x7f\ufeff") == "a\tb\nc\ufffd\ufffd[U+FEFF]"
    assert str(inline("use `a*b*c` *now*, **yes** <b> 2 * 3 * 4")) == (
        "use <code>a*b*c</code> <em>now</em>, <strong>yes</strong> &lt;b&gt; 2 * 3 * 4"
    )


# ---------------------------------------------------------------- in a browser
@pytest.fixture(scope="module")
def browser():
    """The system's Chromium."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "no Chromium: `make setup` installs it where apt-get works"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.mark.site
def test_a_browser_runs_nothing_of_it_and_axe_finds_nothing(course, browser):
    hand_in(course, "eve", {"Gain-solution": HOSTILE, TEXT: HOSTILE})
    eve = result(
        "eve",
        wrong=("Gain",),
        empty=("Tally",),
        repairs=[HOSTILE],
        unsafe=True,
        cells=[ran(HOSTILE, "error", "", HOSTILE * 20)],
    )
    eve.marks[1].message = (HOSTILE, "x" * 500, HOSTILE)
    grade(course, eve, Graded("ada", WEEK, "d1", problem=HOSTILE))
    for student in ("eve", "ada"):
        for width in (1280, 390):
            for theme in ("light", "dark"):
                look(browser, course / "feedback" / student / WEEK / "lab.html", width, theme)


def look(browser, path: Path, width: int, theme: str) -> None:
    """Open a page as it is, then once more with axe let in."""
    for axe in (False, True):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, bypass_csp=axe
        )
        asked, said, tab = [], [], context.new_page()
        tab.on("request", lambda request, asked=asked: asked.append(request.url))
        tab.on("console", lambda message, said=said: said.append(message.text))
        tab.goto(path.as_uri())
        tab.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        assert tab.evaluate("window.hacked") is None and asked == [path.as_uri()] and said == []
        assert (
            tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1
        )
        if axe:
            tab.add_script_tag(path=str(AXE))
            found = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
            assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found["violations"]] == []
        context.close()
