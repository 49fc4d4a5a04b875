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


@pytest.fixture
def attention():
    generator = np.random.default_rng(0)
    weights = [
        generator.dirichlet(np.ones(10), (2, 4, 10)) for _ in range(2)
    ]  # 2 images, 4 heads, 1 + 9 tokens
    titles = [world.caption(scene) for scene in SCENES[:2]]
    return widgets.AttentionExplorer(weights, world.render(SCENES[:2], size=48), titles)


def test_a_token_attends_to_what_the_weights_say(attention):
    row = attention.weights[1][0, 2, 5]  # block 2, image 1, head 3, the patch in the middle
    assert (attention.row(0, 1, 3, 5) == row).all()
    assert np.allclose(attention.row(0, 1, 0, 5), attention.weights[1][0, :, 5].mean(0))
    assert [attention.token_name(token) for token in (0, 1, 5, 9)] == [
        "class token",
        "row 1, column 1",
        "row 2, column 2",
        "row 3, column 3",
    ]
    best = attention.token_name(1 + int(row[1:].argmax()))
    assert f"row 2, column 2 attends most to {best} ({row[1:].max():.2f})" in attention.words(0, 1, 3, 5)


def test_the_attention_explorer_answers_to_each_menu(attention):
    *menus, shown = attention.widget().children
    assert (
        [menu.description for menu in menus]
        == [menu.tooltip for menu in menus]
        == ["Image", "Block", "Head", "Token"]
    )
    assert menus[1].value == 1, "the last block comes first"
    for menu, value in zip(menus, (1, 0, 3, 5), strict=True):
        before, menu.value = shown.value, value
        assert shown.value != before
    assert attention.titles[1] in shown.value and "Block 1, head 3: row 2, column 2" in shown.value
    assert len(re.search(r'alt="([^"]*)"', shown.value).group(1)) > 40


def test_a_chosen_patch_gets_a_frame_and_the_class_token_none():
    image = np.full((48, 48, 3), 90, np.uint8)
    plain, framed = widgets._outlined(image, 3), widgets._outlined(image, 3, patch=5)
    rows, columns = np.nonzero((plain != framed).any(2))
    third = len(plain) // 3
    assert rows.min() == third and rows.max() == 2 * third - 1
    assert columns.min() == 2 * third and columns.max() == 3 * third - 1
    assert (image == 90).all(), "the image itself stays as it is"


def test_the_patch_explorer_counts_tokens():
    explorer = widgets.PatchExplorer(world.render(SCENES[:2], size=96), ["one", "two"])
    assert explorer.words(32, 8) == (
        "32 px in patches of 8: 16 patch tokens of 192 numbers and the class token; "
        "a head has 17 × 17 = 289 attention weights"
    )
    *menus, shown = explorer.widget().children
    assert [menu.description for menu in menus] == ["Image", "Resolution", "Patch"]
    before, menus[1].value = shown.value, 96
    assert "96 px in patches of 4: 576 patch tokens" in shown.value and shown.value != before
    assert "in 24 × 24 patches" in re.search(r'alt="([^"]*)"', shown.value).group(1)


def test_both_explorers_have_words_for_a_terminal(attention, capsys):
    widgets.attention_explorer(attention.weights, attention.images, attention.titles)
    assert capsys.readouterr().out.startswith(
        f"{attention.titles[0]}. Block 2, mean of the heads: class token"
    )
    widgets.patch_explorer(attention.images, attention.titles, (16, 32), (8,))
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_what_cannot_be_explored_is_named(attention):
    with pytest.raises(InputError, match="0 images"):
        widgets.PatchExplorer([], [])
    with pytest.raises(InputError, match="patches that divide"):
        widgets.PatchExplorer(attention.images, attention.titles, (32,), (5,))
    with pytest.raises(InputError, match="square grid"):
        widgets.AttentionExplorer([np.ones((2, 4, 9, 9))], attention.images, attention.titles)
    with pytest.raises(InputError, match="1 titles"):
        widgets.AttentionExplorer(attention.weights, attention.images, ["one"])
    with pytest.raises(InputError, match="shapes"):
        widgets.AttentionExplorer([], [], [])
