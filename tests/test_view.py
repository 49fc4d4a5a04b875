"""Figures: words with every picture, one place that is updated, lines in a terminal."""

import io

import numpy as np
import pytest
from PIL import Image

from mmlab import view, world
from mmlab.errors import InputError, ShapeError
from mmlab.view import boxes, charts, figures, live


class Shell:
    """Stands in for a notebook's shell: keeps what is shown and what waits for the cell's end."""

    def __init__(self):
        self.kernel, self.events = self, self
        self.shown, self.updates, self.at_end = [], [], []

    def register(self, event, function):
        assert event == "post_run_cell"
        self.at_end.append(function)

    def display(self, made, display_id=None):
        self.shown.append(made)
        return self

    def update(self, made):
        self.updates.append(made)


@pytest.fixture
def notebook(monkeypatch):
    shell = Shell()
    monkeypatch.setattr(figures, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    monkeypatch.setattr("IPython.display.display", shell.display)
    return shell


def size_of(made):
    return Image.open(io.BytesIO(made.png)).size


def test_a_figure_comes_as_an_image_with_its_words(notebook):
    figure, axes = view.figure()
    axes.plot([1, 2])
    view.show(figure, 'a line from 1 to 2, "rising" <fast>')
    bundle = notebook.shown[0]._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}, "a raw image/png would have no words"
    assert bundle["text/html"].startswith('<img src="data:image/png;base64,')
    assert 'alt="a line from 1 to 2, &quot;rising&quot; &lt;fast&gt;"' in bundle["text/html"]
    assert bundle["text/html"].endswith('style="max-width:100%">')
    assert bundle["text/plain"] == 'a line from 1 to 2, "rising" <fast>'


def test_a_terminal_gets_the_words(capsys):
    view.show(view.figure()[0], "an empty\n   chart")
    assert capsys.readouterr().out == "an empty chart\n"


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_a_figure_without_words_is_refused(alt):
    with pytest.raises(InputError, match="alternative text"):
        view.show(view.figure()[0], alt)


def test_a_pyplot_figure_is_closed():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure = pyplot.figure()
    view.picture(figure, "empty")
    assert figure.number not in pyplot.get_fignums()


def test_a_gallery_tells_what_the_scenes_truly_hold(notebook):
    scenes = world.sample(3, seed=4)
    view.gallery(scenes, [world.caption(scenes[0]), "a lie", world.caption(scenes[2])], title="Three")
    alt = notebook.shown[0].alt
    assert alt.startswith("Three. 3 images. 1: ")
    assert all(world.caption(scene) in alt for scene in scenes)
    assert "labelled “a lie”" in alt and alt.count("labelled") == 1


def test_a_long_gallery_counts_the_rest(notebook):
    view.gallery(world.sample(20))
    assert "; and 8 more." in notebook.shown[0].alt


def test_pictures_need_as_many_captions():
    with pytest.raises(ShapeError, match="1 captions for 2 images"):
        view.gallery(world.sample(2), ["one"])
    with pytest.raises(InputError, match="no scenes"):
        view.gallery([])
    with pytest.raises(ShapeError, match=r"\(4, 4\)"):
        view.images(np.zeros((4, 4)), "a square")


def test_every_chart_is_drawn_with_its_words(notebook):
    points = np.random.default_rng(0).normal(size=(5, 2))
    view.heatmap(points, list("abcde"), ["x", "longer name"], alt="h", title="t", limits=(-1, 1))
    view.lines({"one": ([0, 1], [1, 2]), "two": ([0, 1], [2, 1])}, alt="l")
    view.bars(
        {"ours": 0.9, "chance": 0.1}, alt="b", intervals={"ours": (0.8, 0.95)}, baseline=("chance", 0.1)
    )
    view.scatter({"images": points, "texts": points + 1}, alt="s", pairs=("images", "texts"))
    view.images(np.zeros((2, 8, 8, 3), np.uint8), "two black squares")
    view.diagram({"a": "image\n(B, C, Y, X)", "b": "ViT"}, [("a", "b", "pixels")], "d", strong=["b"])
    assert [made.alt for made in notebook.shown] == ["h", "l", "b", "s", "two black squares", "d"]
    assert all(min(size_of(made)) > 40 for made in notebook.shown)
    with pytest.raises(ShapeError, match="heatmap"):
        view.heatmap(np.zeros(3), alt="a row")


def test_a_heatmap_takes_tensors_with_gradients(notebook):
    torch = pytest.importorskip("torch")
    view.heatmap(torch.eye(3, requires_grad=True), alt="a diagonal")
    assert len(notebook.shown) == 1


def test_series_differ_in_more_than_colour():
    _, axes = view.figure()
    styles = [axes.plot([0, 1])[0] for _ in range(4)]
    assert len({line.get_linestyle() for line in styles}) == 4
    assert len({line.get_color() for line in styles}) == 4


def test_boxes_run_left_to_right_and_never_overlap():
    said = {"i": "image", "t": "text", "v": "ViT", "x": "text tower\nof words", "s": "similarity"}
    edges = [("i", "v"), ("t", "x"), ("v", "s"), ("x", "s", "(B, E)")]
    places, sizes, (wide, tall) = boxes.layout(said, edges)
    for source, target, *_ in edges:
        right = places[source][0] + sizes[source][0] / 2
        assert right < places[target][0] - sizes[target][0] / 2
    for name, (x, y) in places.items():
        width, height = sizes[name]
        assert 0 <= x - width / 2 and x + width / 2 <= wide and 0 <= y - height / 2 and y + height / 2 <= tall
        for other, (x2, y2) in places.items():
            apart = (
                abs(x - x2) >= (width + sizes[other][0]) / 2 or abs(y - y2) >= (height + sizes[other][1]) / 2
            )
            assert other == name or apart


def test_diagrams_name_unknown_boxes_and_cycles():
    with pytest.raises(InputError, match="names 'c'"):
        view.diagram(["a", "b"], [("a", "c")], "x")
    with pytest.raises(InputError, match="cycle"):
        view.diagram(["a", "b"], [("a", "b"), ("b", "a")], "x")


def test_a_curve_updates_one_place_a_few_times_and_ends_complete(notebook, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])
    curve = view.LiveCurve("CLIP learns")
    for step in range(1, 101):
        now[0] += 0.1  # ten steps a second for ten seconds
        curve(step, 5 / step)
    assert len(notebook.shown) == 1
    assert len(notebook.updates) <= 20, "more than two drawings a second"
    assert "over 100 steps" not in notebook.updates[-1].alt
    for function in notebook.at_end:
        function(None)
    assert "over 100 steps, from 5 at step 1" in notebook.updates[-1].alt
    count = len(notebook.updates)
    notebook.at_end[0](None)
    assert len(notebook.updates) == count, "nothing new, nothing drawn"


def test_drawing_takes_a_small_share_of_the_time(notebook, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])

    drawn = []

    def slow():
        drawn.append(now[0])
        now[0] += 1.0  # a drawing that takes a second
        return view.figure()[0], "slow"

    place = view.Live()
    while now[0] < 100:
        now[0] += 0.1
        place.show(slow)
    assert 2 <= len(drawn) <= 6


def test_a_curve_prints_in_a_terminal(capsys):
    curve = view.LiveCurve("CLIP learns", 200)
    for step in range(1, 201):
        curve(step, 4.0)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "CLIP learns: step 1 of 200, loss 4"
    assert lines[-1] == "CLIP learns: step 200 of 200, loss 4" and len(lines) == 11


def test_importing_view_loads_no_matplotlib():
    import subprocess
    import sys

    code = "import sys, mmlab.view; sys.exit('matplotlib' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_chart_without_alternative_text_describes_its_data(capsys):
    view.lines({"loss": ([1, 9], [2.0, 0.5])}, xlabel="step", ylabel="nats")
    view.lines({"two runs": ([0, 5], [[0, 0.2], [0, 0.4]])}, title="Accuracy")
    view.bars({"ours": 0.9, "theirs": 0.25}, baseline=("guessing", 0.1), xlabel="recall")
    view.heatmap([[0.9, 0.1], [0.3, 0.8]], ["a", "b"], ["x", "y"], ylabel="images")
    view.images([np.zeros((4, 6, 3), np.uint8), np.zeros((5, 5), np.uint8)], captions=["black", "small"])
    view.diagram({"a": "an\nimage", "b": "a tensor"}, [("a", "b", "decode")])
    assert capsys.readouterr().out.splitlines() == [
        "Line chart. nats by step. loss: 2.00 at 1, 0.50 at 9.",
        "Accuracy. y by x. two runs: 0.00 at 0, 0.30 (0.20 to 0.40) at 5.",
        "Bar chart (recall): ours 0.90, theirs 0.25, guessing 0.10.",
        "Heat map of 2 rows (images) and 2 columns, values from 0.10 to 0.90; mean 0.85 on the diagonal, "
        "0.20 off it. Largest in each row: a: x (0.90), b: y (0.80).",
        "2 images. 1: black; 2: small.",
        "Diagram. an image → a tensor (decode).",
    ]


def test_images_without_captions_need_alternative_text():
    with pytest.raises(InputError, match="alternative text"):
        view.images(np.zeros((2, 4, 4, 3), np.uint8))


def test_a_legend_that_would_cover_a_curve_stands_below_the_chart():
    for heights, covered in (((0.1, 0.3, 0.5, 0.7, 0.9), True), ((0.1,), False)):
        made, axes = figures.figure()
        for height in heights:
            axes.plot([0, 1], [height, height], label=f"a name of some length, {height}")
        axes.set_ylim(0, 1)
        charts._legend(made, axes)
        assert (axes.get_legend() is None) == covered == bool(made.legends)


def test_bars_of_whole_numbers_have_no_decimals(capsys):
    view.bars({"before": 500.0, "after": 32.0}, title="Requests")
    view.bars({"ours": 1.0, "theirs": 0.0})
    assert capsys.readouterr().out.splitlines() == [
        "Requests: before 500, after 32.",
        "Bar chart: ours 1.00, theirs 0.00.",
    ]
