"""Interactive explorers; each has a static form for pages without a kernel."""

import html
import math
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

        direction = _dropdown("Search", DIRECTIONS)
        query = _dropdown("Query", self.options(DIRECTIONS[0]))
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
    show_explorer(RetrievalExplorer(cosines, images, captions, nearest))


class AttentionExplorer:
    """Choose a token and see what it attends to, in each block and head.

    weights  one array (images, heads, T, T) for each block; token 0 is the class token, the
             others are the patches of a square grid, row by row
    images   list of uint8 (Y, X, 3), square
    titles   list of str, what each image shows
    raises   InputError for no blocks, other counts, or patches that form no square
    """

    def __init__(self, weights: Sequence, images: Sequence, titles: Sequence[str]):
        self.weights = [np.asarray(block, dtype=float) for block in weights]
        shapes = {block.shape for block in self.weights}
        (shape,) = shapes if len(shapes) == 1 else ((),)
        self.grid = math.isqrt(shape[3] - 1) if len(shape) == 4 and shape[3] > 1 else 0
        tokens = 1 + self.grid**2
        if not self.grid or shape[2:] != (tokens, tokens) or not shape[0] == len(images) == len(titles) > 0:
            raise InputError(
                f"weights of shapes {sorted(shapes)}, {len(images)} images, {len(titles)} titles",
                "one array (images, heads, T, T) a block, T = 1 + patches of a square grid, and a title an image",
                "take block.attention(x, return_weights=True)[1] of each block",
            )
        self.images, self.titles = [np.asarray(image) for image in images], list(titles)

    def token_name(self, token: int) -> str:
        """Return what a token is called: "class token", "row 1, column 2" …"""
        row, column = divmod(token - 1, self.grid)
        return f"row {row + 1}, column {column + 1}" if token else "class token"

    def row(self, image: int, block: int, head: int, token: int) -> np.ndarray:
        """Return what a token takes from each token, (T,); head 0 is the mean over the heads, 1 the first."""
        heads = self.weights[block][image]
        return (heads.mean(0) if head == 0 else heads[head - 1])[token]

    def answer(self, image: int, block: int, head: int, token: int) -> str:
        """Return the image and its map as HTML, with the largest weights in words."""
        row = self.row(image, block, head, token)
        drawn = _outlined(self.images[image], self.grid, token - 1 if token else None)
        truths = [
            f"{self.titles[image]}, query: {self.token_name(token)}",
            self.words(image, block, head, token),
        ]
        made = charts.labelled_picture(
            [drawn, row[1:].reshape(self.grid, self.grid)], truths, [self.titles[image], "lighter: more"]
        )
        return f"{made.html()}<p>{html.escape(truths[1])}</p>"

    def words(self, image: int, block: int, head: int, token: int) -> str:
        """Return the three patches with the largest weights, and the class token's weight, in words."""
        row = self.row(image, block, head, token)
        largest = 1 + np.argsort(-row[1:], kind="stable")[:3]
        which = f"head {head}" if head else "mean of the heads"
        patches = "; ".join(f"{self.token_name(int(at))} ({row[at]:.2f})" for at in largest)
        return f"Block {block + 1}, {which}: {self.token_name(token)} attends most to {patches}; to the class token {row[0]:.2f}"

    def static(self) -> tuple[str, str]:
        """Return the class token's map in the last block as HTML and as plain text."""
        last = len(self.weights) - 1
        return self.answer(0, last, 0, 0), f"{self.titles[0]}. {self.words(0, last, 0, 0)}"

    def widget(self):
        """Return the ipywidgets box; every control has a label."""
        blocks, heads, tokens = len(self.weights), self.weights[0].shape[1], self.weights[0].shape[2]
        names = ["mean of the heads", *(f"head {head + 1}" for head in range(heads))]
        controls = [
            _dropdown("Image", [(f"{i + 1}: {title}", i) for i, title in enumerate(self.titles)]),
            _dropdown("Block", [(f"block {i + 1}", i) for i in range(blocks)], blocks - 1),
            _dropdown("Head", [(name, i) for i, name in enumerate(names)]),
            _dropdown("Token", [(self.token_name(i), i) for i in range(tokens)]),
        ]
        return _answering(controls, self.answer)


class PatchExplorer:
    """Choose a resolution and a patch size and see the tokens that a ViT gets.

    images       list of uint8 (Y, X, 3), square, as large as the largest resolution or larger
    titles       list of str, what each image shows
    resolutions  pixels along a side, to choose from
    patches      pixels along a patch's side, to choose from; each divides every resolution
    raises       InputError for no images, other counts, or a patch that does not divide a resolution
    """

    def __init__(
        self,
        images: Sequence,
        titles: Sequence[str],
        resolutions: Sequence[int] = (32, 64, 96),
        patches: Sequence[int] = (4, 8, 16),
    ):
        uneven = [(size, patch) for size in resolutions for patch in patches if size % patch]
        if not len(images) or len(titles) != len(images) or uneven or not resolutions or not patches:
            raise InputError(
                f"{len(images)} images, {len(titles)} titles, resolutions {list(resolutions)}, patches {list(patches)}",
                "a title for each image, and patches that divide every resolution",
                "call patch_explorer(images, titles, resolutions=(32, 64), patches=(4, 8))",
            )
        self.images, self.titles = [np.asarray(image) for image in images], list(titles)
        self.resolutions, self.patches = list(resolutions), list(patches)

    def answer(self, image: int, size: int, patch: int) -> str:
        """Return the image at that resolution with the borders of its patches, and the counts, as HTML."""
        from PIL import Image

        small = Image.fromarray(self.images[image]).resize((size, size), Image.Resampling.BOX)
        truth = f"{self.titles[image]}, {size} × {size} pixels in {size // patch} × {size // patch} patches"
        made = charts.labelled_picture(
            [_outlined(np.array(small), size // patch)], [truth], [self.titles[image]]
        )
        return f"{made.html()}<p>{html.escape(self.words(size, patch))}</p>"

    def words(self, size: int, patch: int) -> str:
        """Return how many tokens that makes, and how many attention weights a head."""
        tokens = 1 + (size // patch) ** 2
        return (
            f"{size} px in patches of {patch}: {tokens - 1} patch tokens of {3 * patch**2} numbers and the class token; "
            f"a head has {tokens} × {tokens} = {tokens**2:,} attention weights"
        )

    def static(self) -> tuple[str, str]:
        """Return the first image at the first resolution as HTML, and all counts as plain text."""
        pairs = [(size, patch) for size in self.resolutions for patch in self.patches]
        lines = [self.words(*pair) for pair in pairs]
        rows = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        return f"{self.answer(0, *pairs[0])}<ul>{rows}</ul>", "\n".join(lines)

    def widget(self):
        """Return the ipywidgets box; every control has a label."""
        controls = [
            _dropdown("Image", [(f"{i + 1}: {title}", i) for i, title in enumerate(self.titles)]),
            _dropdown("Resolution", [(f"{size} × {size} pixels", size) for size in self.resolutions]),
            _dropdown("Patch", [(f"{patch} × {patch} pixels", patch) for patch in self.patches]),
        ]
        return _answering(controls, self.answer)


def attention_explorer(weights: Sequence, images: Sequence, titles: Sequence[str]) -> None:
    """Show an explorer: choose a token and see what it attends to; the arguments are those of AttentionExplorer.

    A page without widgets shows the class token in the last block instead; a terminal prints it in words.
    """
    show_explorer(AttentionExplorer(weights, images, titles))


def patch_explorer(
    images: Sequence,
    titles: Sequence[str],
    resolutions: Sequence[int] = (32, 64, 96),
    patches: Sequence[int] = (4, 8, 16),
) -> None:
    """Show an explorer: choose resolution and patch size and see the tokens; arguments as in PatchExplorer.

    A page without widgets shows the first choice and a list of all counts; a terminal prints the list.
    """
    show_explorer(PatchExplorer(images, titles, resolutions, patches))


def show_explorer(explorer) -> None:
    """Show an explorer's widget, or its static form where there are no widgets, or its words in a terminal."""
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


def _outlined(image: np.ndarray, grid: int, patch: int | None = None) -> np.ndarray:
    """Return an image, enlarged, with thin lines between its patches and a thick frame around one of them."""
    side = max(1, 192 // len(image))
    drawn = np.repeat(np.repeat(image, side, 0), side, 1)
    edges = [round(number * len(drawn) / grid) for number in range(grid + 1)]
    for edge in edges[1:-1]:
        drawn[edge] = drawn[:, edge] = (160, 160, 160)
    if patch is not None:
        row, column = divmod(patch, grid)
        top, bottom, left, right = edges[row], edges[row + 1], edges[column], edges[column + 1]
        for width, ink in ((4, (255, 255, 255)), (2, (0, 0, 0))):  # visible on light and on dark
            drawn[top:bottom, left : left + width] = drawn[top:bottom, right - width : right] = ink
            drawn[top : top + width, left:right] = drawn[bottom - width : bottom, left:right] = ink
    return drawn


def _dropdown(name: str, options: Sequence, value=None):
    """Return a labelled menu, which the arrow keys operate."""
    import ipywidgets

    chosen = {} if value is None else {"value": value}
    return ipywidgets.Dropdown(
        options=options,
        description=name,
        tooltip=name,
        layout={"width": "32em", "max_width": "100%"},
        style={"description_width": "6em"},
        **chosen,
    )


def _answering(controls: Sequence, answer):
    """Return a box of menus above the HTML answer(*their values), renewed at each choice."""
    import ipywidgets

    reply = ipywidgets.HTML(answer(*(control.value for control in controls)))

    def refresh(change):
        reply.value = answer(*(control.value for control in controls))

    for control in controls:
        control.observe(refresh, "value")
    return ipywidgets.VBox([*controls, reply])
