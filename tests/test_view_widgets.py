"""Explorers: right answers, labels on every control, a page where no kernel runs."""

import re

import numpy as np
import pytest
import torch

from mmlab import evaluate, world
from mmlab.errors import InputError
from mmlab.models import clip
from mmlab.models.text import WordTokenizer
from mmlab.view import figures, widgets

SCENES = evaluate.distinct_scenes(8)


@pytest.fixture
def explorer():
    learned = np.eye(8) + np.arange(8)[None, :] / 100  # the cosines of a model that has learned
    captions = [world.caption(scene) for scene in SCENES]
    return widgets.RetrievalExplorer(learned, world.render(SCENES, size=96), captions, nearest=3)


@pytest.fixture(scope="module")
def parts():
    torch.manual_seed(0)
    tokenizer = WordTokenizer(world.vocabulary(), 24)
    return clip.small(tokenizer.vocabulary_size, tokenizer.length), tokenizer


def test_it_finds_the_nearest_in_both_directions(explorer):
    assert explorer.nearest_to(widgets.DIRECTIONS[0], 2) == [(2, 1.02), (0, 0.02), (1, 0.02)]
    assert [index for index, _ in explorer.nearest_to(widgets.DIRECTIONS[1], 2)] == [2, 7, 6]


def test_every_answer_has_words_for_its_pictures(explorer):
    for direction in widgets.DIRECTIONS:
        page = explorer.answer(direction, 3)
        for image in re.findall(r"<img[^>]*>", page):
            assert len(re.search(r'alt="([^"]*)"', image).group(1)) > 20
        assert explorer.captions[3] in page and "its own" in page


def test_controls_carry_labels_and_answer_to_a_choice(explorer):
    box = explorer.widget()
    direction, query, answer = box.children
    assert all(control.description and control.tooltip for control in (direction, query))
    first = answer.value
    query.value = 5
    second = answer.value
    assert second != first and explorer.captions[5] in second
    direction.value = widgets.DIRECTIONS[1]
    assert query.options[0] == ("image 1", 0) and "<ol>" in answer.value


def test_a_page_without_a_kernel_gets_the_static_form(parts, explorer, monkeypatch):
    shown = []
    monkeypatch.setattr(figures, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    widgets.retrieval_explorer(*parts, SCENES, nearest=2)
    assert set(shown[0]) == {"text/html", "text/plain", "application/vnd.jupyter.widget-view+json"}
    assert "<img" in shown[0]["text/html"] and explorer.captions[0] in shown[0]["text/plain"]
    assert "image/png" not in shown[0]


def test_without_ipywidgets_the_static_form_stands_alone(parts, monkeypatch):
    shown = []
    monkeypatch.setattr(figures, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    monkeypatch.setitem(__import__("sys").modules, "ipywidgets", None)
    widgets.retrieval_explorer(*parts, SCENES)
    assert set(shown[0]) == {"text/html", "text/plain"}


def test_a_terminal_gets_words(parts, capsys):
    widgets.retrieval_explorer(*parts, SCENES, nearest=1)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_nothing_to_search_is_named(parts):
    with pytest.raises(InputError, match="0 scenes"):
        widgets.retrieval_explorer(*parts, scenes=[])


def test_photographs_of_any_size_can_be_explored(capsys):
    photographs = [np.zeros((40, 60, 3), np.uint8), np.zeros((80, 50, 3), np.uint8)]
    widgets.explore([[0.9, 0.1], [0.2, 0.4]], photographs, ["a cat", "a cup of coffee"], nearest=1)
    assert capsys.readouterr().out.splitlines() == [
        "caption → images, query 'a cat': a cat (0.90)",
        "image → captions, query 'image 1': a cat (0.90)",
    ]
    with pytest.raises(InputError, match="1 captions, cosines \\(2, 2\\)"):
        widgets.explore(np.eye(2), photographs, ["a cat"])
