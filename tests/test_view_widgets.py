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


@pytest.fixture(scope="module")
def explorer():
    torch.manual_seed(0)
    tokenizer = WordTokenizer(world.vocabulary(), 24)
    model = clip.small(tokenizer.vocabulary_size, tokenizer.length)
    made = widgets.RetrievalExplorer(model, tokenizer, evaluate.distinct_scenes(8), nearest=3)
    made.parts = model, tokenizer
    made.cosines = np.eye(8) + np.arange(8)[None, :] / 100  # a model that has learned
    return made


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


def test_a_page_without_a_kernel_gets_the_static_form(explorer, monkeypatch):
    shown = []
    monkeypatch.setattr(figures, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    widgets.retrieval_explorer(*explorer.parts, explorer.scenes, nearest=2)
    assert set(shown[0]) == {"text/html", "text/plain", "application/vnd.jupyter.widget-view+json"}
    assert "<img" in shown[0]["text/html"] and explorer.captions[0] in shown[0]["text/plain"]
    assert "image/png" not in shown[0]


def test_without_ipywidgets_the_static_form_stands_alone(explorer, monkeypatch):
    shown = []
    monkeypatch.setattr(figures, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    monkeypatch.setitem(__import__("sys").modules, "ipywidgets", None)
    widgets.retrieval_explorer(*explorer.parts, explorer.scenes)
    assert set(shown[0]) == {"text/html", "text/plain"}


def test_a_terminal_gets_words(explorer, capsys):
    widgets.retrieval_explorer(*explorer.parts, explorer.scenes, nearest=1)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_nothing_to_search_is_named(explorer):
    with pytest.raises(InputError, match="0 scenes"):
        widgets.retrieval_explorer(*explorer.parts, scenes=[])
