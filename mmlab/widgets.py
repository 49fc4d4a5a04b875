"""Explorers to play with; each has a static form for pages where no kernel runs."""

import html
from collections.abc import Sequence

import numpy as np

from mmlab import evaluate, world
from mmlab.errors import InputError
from mmlab.view import charts, paper

DIRECTIONS = ("caption → pictures", "picture → captions")


class RetrievalExplorer:
    """Pick a caption or a picture and see what a CLIP holds nearest to it.

    model      CLIP: encode_image, encode_text
    tokenizer  its WordTokenizer
    scenes     what is searched: list of world.Scene; None: 32 test scenes, captions distinct
    nearest    how many answers to show
    """

    def __init__(self, model, tokenizer, scenes: Sequence | None = None, nearest: int = 4):
        self.scenes = list(evaluate.distinct_scenes(32) if scenes is None else scenes)
        if not self.scenes or nearest < 1:
            raise InputError(
                f"retrieval_explorer: {len(self.scenes)} scenes, nearest={nearest}",
                "at least one scene and one answer",
                "retrieval_explorer(model, tokenizer)",
            )
        self.captions = [world.caption(scene) for scene in self.scenes]
        image, text = evaluate.embed(model, tokenizer, self.scenes, self.captions)
        self.cosines = image @ text.T  # (pictures, captions)
        self.nearest = min(nearest, len(self.scenes))

    def options(self, direction: str) -> list[tuple[str, int]]:
        """Return what one may ask with, as (label, place)."""
        pictures = direction == DIRECTIONS[1]
        return [
            (f"picture {place + 1}" if pictures else text, place)
            for place, text in enumerate(self.captions)
        ]

    def found(self, direction: str, place: int) -> list[tuple[int, float]]:
        """Return the nearest places with their cosines, nearest first."""
        row = self.cosines[place] if direction == DIRECTIONS[1] else self.cosines[:, place]
        order = np.argsort(-row, kind="stable")[: self.nearest]
        return [(int(other), float(row[other])) for other in order]

    def answer(self, direction: str, place: int) -> str:
        """Return the answer as HTML: pictures with alternative text, or a list of captions."""
        found = self.found(direction, place)
        if direction == DIRECTIONS[1]:
            asked = charts.gallery_picture([self.scenes[place]], title="Asked with")
            rows = "".join(
                f"<li>{html.escape(self.captions[near])} ({cosine:.2f}{self._hit(near, place)})</li>"
                for near, cosine in found
            )
            return f"{asked.html()}<p>Nearest captions, with their cosines:</p><ol>{rows}</ol>"
        marks = [f"{cosine:.2f}{self._hit(other, place)}" for other, cosine in found]
        title = f"Nearest to “{self.captions[place]}”"
        shown = charts.gallery_picture(
            [self.scenes[other] for other, _ in found], marks, title=title
        )
        return shown.html()

    def _hit(self, other: int, place: int) -> str:
        return ", its own" if self.captions[other] == self.captions[place] else ""

    def static(self) -> tuple[str, str]:
        """Return one question in each direction with its answer, as HTML and as plain text."""
        parts, told = [], []
        for direction in DIRECTIONS:
            parts.append(f"<p>{html.escape(direction)}</p>{self.answer(direction, 0)}")
            label = self.options(direction)[0][0]
            nearest = "; ".join(
                f"{self.captions[other]} ({cosine:.2f})"
                for other, cosine in self.found(direction, 0)
            )
            told.append(f"{direction}, asked with {label!r}: {nearest}")
        return "".join(parts), "\n".join(told)

    def widget(self):
        """Return the ipywidgets box; every control carries its label."""
        import ipywidgets

        wide = {
            "layout": {"width": "32em", "max_width": "100%"},
            "style": {"description_width": "6em"},
        }
        direction = ipywidgets.Dropdown(
            options=DIRECTIONS, description="Search", tooltip="Search", **wide
        )
        query = ipywidgets.Dropdown(
            options=self.options(DIRECTIONS[0]), description="Ask with", tooltip="Ask with", **wide
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
    """Show an explorer: pick a caption or a picture, see the nearest others.

    Where widgets cannot run, the page shows one question in each direction in
    their place; a terminal gets the same in words. Arguments as in RetrievalExplorer.
    """
    explorer = RetrievalExplorer(model, tokenizer, scenes, nearest)
    page, words = explorer.static()
    if not paper.in_notebook():
        print(words)
        return
    bundle = {"text/html": page, "text/plain": words}
    try:
        bundle |= explorer.widget()._repr_mimebundle_()
        bundle["text/plain"] = words
    except ImportError:
        pass  # the static page says it all
    from IPython.display import display

    display(bundle, raw=True)
