"""Copy the figures of README.md and of the site's first page out of executed lessons, with their alternative texts.

A page holds each between two marks, `<!-- figure:NAME -->` and `<!-- /figure -->`. Run it after `make notebooks`:

    python -m mmlab.instructor.site.front_figures
"""

import base64
import html
import re
import sys
from pathlib import Path

from mmlab.errors import NotebookError
from mmlab.files import atomic_write
from mmlab.instructor.site.build import with_outputs
from mmlab.view.figures import Picture

FOLDER = "book/_static"
PAGES = {"README.md": FOLDER, "book/index.md": "_static"}  # page → where its figures are, seen from it
FIGURES = {  # name → lesson, id of the cell that draws it
    "matrix": ("02_clip", "sharpen"),
    "photographs": ("02_clip_c", "your-caption"),
    "gap": ("02_clip_b", "gap-picture"),
}
IMAGE = re.compile(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]+)"')


def drawn(root: Path, lesson: str, cell_id: str) -> Picture:
    """Return the last picture that a cell of a lesson's executed copy shows.

    raises  NotebookError  without an executed copy, when it failed or is older than the lesson,
                           or when the cell shows no picture
    """
    cells = with_outputs(root / "lessons" / f"{lesson}.ipynb", root).cells
    outputs = [output for cell in cells if cell.get("id") == cell_id for output in cell.get("outputs", [])]
    texts = [output.get("data", {}).get("text/html", "") for output in outputs]
    images = [image for text in texts if (image := IMAGE.search(text))]
    if not images:
        raise NotebookError(
            f"cell {cell_id} of lessons/{lesson}.ipynb shows no picture",
            "the id of a cell that draws a figure",
            "choose another in FIGURES",
        )
    return Picture(base64.b64decode(images[-1][1]), html.unescape(images[-1][2]))


def with_figures(text: str, folder: str, figures: dict[str, str]) -> str:
    """Return a page's text with each marked figure as an image.

    folder   of the images, seen from the page
    figures  name → alternative text
    raises   NotebookError  when the page lacks the marks of a figure
    """
    for name, alt in figures.items():
        plain = re.sub(r"([\[\]])", r"\\\1", alt)
        block = f"<!-- figure:{name} -->\n![{plain}]({folder}/front_{name}.png)\n<!-- /figure -->"
        pattern = rf"<!-- figure:{name} -->.*?<!-- /figure -->"
        text, count = re.subn(pattern, lambda _, block=block: block, text, flags=re.S)
        if count != 1:
            raise NotebookError(
                f"{count} places for the figure {name}",
                "one",
                f"write <!-- figure:{name} --><!-- /figure --> once",
            )
    return text


def main(root: Path = Path(".")) -> int:
    """Write the images and the pages that show them."""
    try:
        pictures = {name: drawn(root, *source) for name, source in FIGURES.items()}
        for name, picture in pictures.items():
            atomic_write(root / FOLDER / f"front_{name}.png", picture.png)
        for page, folder in PAGES.items():
            text = (root / page).read_text(encoding="utf-8")
            new = with_figures(text, folder, {name: picture.alt for name, picture in pictures.items()})
            atomic_write(root / page, new.encode())
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
