"""The page of the three providers is what the catalogue and the SDKs say now."""

from pathlib import Path

import pytest

from mmlab.instructor.reports import provider_table
from mmlab.instructor.reports.provider_calls import SCENE

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def page() -> str:
    return provider_table.page()


def test_the_committed_page_is_what_is_made(page):
    made = (ROOT / provider_table.PAGE).read_text()
    assert made == page, "python -m mmlab.instructor.reports.provider_table"


def test_every_mistake_but_no_limit_is_refused_by_all_three(page):
    section = page.split("## Mistakes")[1].split("##")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")][2:]
    assert len(rows) == 6
    for label, *cells in rows:
        assert len(cells) == 3
        accepted = [cell == "accepted" for cell in cells]
        only_anthropic = ("no limit of the reply's tokens", "a PNG declared as JPEG")
        assert accepted == ([True, False, True] if label in only_anthropic else [False] * 3), label


def test_three_providers_say_one_thing_and_it_is_true(page):
    assert f"All three return 'I see {SCENE.shapes[0].colour}.', which is correct." in page
