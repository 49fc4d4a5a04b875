"""Interactive explorers; each has a static form for pages without a kernel."""

import html
from collections.abc import Sequence

import numpy as np

from mmlab import evaluate, world
from mmlab.errors import InputError
from mmlab.view import charts, figures

DIRECTIONS = ("caption → images", "image → captions")


class RetrievalExplorer:
    """Choose a caption or an image and see its nearest matches.

    cosines   (images, captions), row i and column i belong together
    images    list of uint8 (Y, X, 3), of any sizes
    captions  list of str, one for each image
    nearest   number of matches to show
    raises    InputError for no images, other counts or nearest below 1
    """

    def __init__(self, cosines, images: Sequence, captions: Sequence[str], nearest: int = 4):
        self.cosines, count = np.asarray(cosines), len(images)
        if not count or nearest < 1 or self.cosines.shape != (count, count) or len(captions) != count:
            raise InputError(
                f"{count} images, {len(captions)} captions, cosines {self.cosines.shape}, nearest={nearest}",
                "one caption for each image, cosines (images, captions), and nearest of at least 1",
                "call explore(images_matrix @ captions_matrix.T, images, captions)",
            )
        self.images, self.captions, self.nearest = list(images), list(captions), min(nearest, count)

    def options(self, direction: str) -> list[tuple[str, int]]:
        """Return the possible queries, as (label, index)."""
        by_image = direction == DIRECTIONS[1]
        return [
            (f"image {index + 1}" if by_image else text, index) for index, text in enumerate(self.captions)
        ]

    def nearest_to(self, direction: str, index: int) -> list[tuple[int, float]]:
        """Return the indices of the nearest matches with their cosines, nearest first."""
        row = self.cosines[index] if direction == DIRECTIONS[1] else self.cosines[:, index]
        order = np.argsort(-row, kind="stable")[: self.nearest]
        return [(int(other), float(row[other])) for other in order]

    def answer(self, direction: str, index: int) -> str:
        """Return the matches as HTML: images with alternative text, or a list of captions."""
        neighbours = self.nearest_to(direction, index)
        if direction == DIRECTIONS[1]:
            question = charts.labelled_picture([self.images[index]], [self.captions[index]], title="Query")
            rows = "".join(
                f"<li>{html.escape(self.captions[near])} ({cosine:.2f}{self._hit(near, index)})</li>"
                for near, cosine in neighbours
            )
            return f"{question.html()}<p>Nearest captions, with their cosines:</p><ol>{rows}</ol>"
        marks = [f"{cosine:.2f}{self._hit(other, index)}" for other, cosine in neighbours]
        title = f"Nearest to “{self.captions[index]}”"
        images = [self.images[other] for other, _ in neighbours]
        truths = [self.captions[other] for other, _ in neighbours]
        return charts.labelled_picture(images, truths, marks, title=title).html()

    def _hit(self, other: int, index: int) -> str:
        return ", its own" if self.captions[other] == self.captions[index] else ""

    def static(self) -> tuple[str, str]:
        """Return one query in each direction with its matches, as HTML and as plain text."""
        parts, lines = [], []
        for direction in DIRECTIONS:
            parts.append(f"<p>{html.escape(direction)}</p>{self.answer(direction, 0)}")
            label = self.options(direction)[0][0]
            nearest = "; ".join(
                f"{self.captions[other]} ({cosine:.2f})" for other, cosine in self.nearest_to(direction, 0)
            )
            lines.append(f"{direction}, query {label!r}: {nearest}")
        return "".join(parts), "\n".join(lines)

    def widget(self):
        """Return the ipywidgets box; every control has a label."""
        import ipywidgets

        wide = {"layout": {"width": "32em", "max_width": "100%"}, "style": {"description_width": "6em"}}
        direction = ipywidgets.Dropdown(options=DIRECTIONS, description="Search", tooltip="Search", **wide)
        query = ipywidgets.Dropdown(
            options=self.options(DIRECTIONS[0]), description="Query", tooltip="Query", **wide
        )
        answer = ipywidgets.HTML(self.answer(DIRECTIONS[0], 0))

        def turn(change):
            query.options = self.options(direction.value)
            refresh(change)

        def refresh(change):
            if query.value is not None:
                answer.value = self.answer(direction.value, query.value)

        direction.observe(turn, "value")
        query.observe(refresh, "value")
        return ipywidgets.VBox([direction, query, answer])


def retrieval_explorer(model, tokenizer, scenes: Sequence | None = None, nearest: int = 4) -> None:
    """Show an explorer of what a CLIP model finds among scenes: `explore` with its cosines.

    model      CLIP: encode_image, encode_text
    tokenizer  its WordTokenizer
    scenes     list of world.Scene; None: 32 test scenes with distinct captions
    """
    scenes = list(evaluate.distinct_scenes(32) if scenes is None else scenes)
    if not scenes:
        raise InputError(
            "retrieval_explorer: 0 scenes", "at least one", "call retrieval_explorer(model, tokenizer)"
        )
    captions = [world.caption(scene) for scene in scenes]
    image, text = evaluate.embed(model, tokenizer, scenes, captions)
    explore(image @ text.T, world.render(scenes, size=96), captions, nearest)


def explore(cosines, images: Sequence, captions: Sequence[str], nearest: int = 4) -> None:
    """Show an explorer: choose a caption or an image and see the nearest matches.

    A page without widgets shows one query in each direction instead; a terminal prints
    the same in words. The arguments are those of RetrievalExplorer.
    """
    explorer = RetrievalExplorer(cosines, images, captions, nearest)
    page, words = explorer.static()
    if not figures.in_notebook():
        print(words)
        return
    bundle = {"text/html": page, "text/plain": words}
    try:
        bundle |= explorer.widget()._repr_mimebundle_()
        bundle["text/plain"] = words
    except ImportError:
        pass  # the static page is enough
    from IPython.display import display

    display(bundle, raw=True)
