"""Pictures with alternative text, and their display in notebooks and terminals."""

import base64
import html
import io
import sys

from mmlab.errors import InputError

# Okabe and Ito 2008, Color Universal Design; without yellow, which is too pale on white.
PALETTE = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "black": "#000000",
}
LINES = ("-", "--", "-.", ":")  # so that series differ in more than their colour


class Picture:
    """A PNG and its alternative text; a notebook shows it as one `<img alt=...>`.

    png  bytes
    alt  str    what a reader who cannot see the picture needs to know
    """

    def __init__(self, png: bytes, alt: str):
        if not alt or not alt.strip():
            raise InputError(
                "a picture without alternative text",
                "alt, a text that says what the picture shows",
                "pass alt='...' with what a reader should see, including the numbers",
            )
        self.png, self.alt = png, " ".join(alt.split())

    def __repr__(self) -> str:
        return self.alt

    def html(self) -> str:
        """Return the `<img>` element with the picture embedded."""
        data = base64.b64encode(self.png).decode()
        return (
            f'<img src="data:image/png;base64,{data}" '
            f'alt="{html.escape(self.alt, quote=True)}" style="max-width:100%">'
        )

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.alt}


def figure(width: float = 6, height: float = 3.2, rows: int = 1, columns: int = 1):
    """Return a matplotlib figure and its axes, in the course's colours; `show` displays it.

    width, height  inches
    rows, columns  number of axes; a single one is returned itself, several as an array
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), dpi=110, facecolor="white", layout="constrained")
    FigureCanvasAgg(made)
    axes = made.subplots(rows, columns)
    for each in axes.flat if rows * columns > 1 else [axes]:
        each.set_prop_cycle(_series())
        each.spines[["top", "right"]].set_visible(False)
    return made, axes


def _series():
    """Return the cycle of colours and line styles."""
    from matplotlib import cycler

    styles = [LINES[number % len(LINES)] for number in range(len(PALETTE))]
    return cycler(color=list(PALETTE.values())) + cycler(linestyle=styles)


def picture(figure, alt: str, *, tight: bool = False) -> Picture:
    """Return a matplotlib figure as a Picture, and close the figure.

    tight   crop or extend the picture to what is drawn
    raises  InputError if alt is empty
    """
    held = io.BytesIO()
    figure.savefig(held, format="png", facecolor="white", bbox_inches="tight" if tight else None)
    if "matplotlib.pyplot" in sys.modules:  # otherwise the notebook would show it again, without alt
        sys.modules["matplotlib.pyplot"].close(figure)
    return Picture(held.getvalue(), alt)


def sentence(text: str) -> str:
    """Return a title as the first sentence of an alternative text: with a full stop unless it has an end.

    >>> sentence("Loss"), sentence("Where is the cat?")
    ('Loss.', 'Where is the cat?')
    """
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


def show(figure, alt: str) -> None:
    """Show a matplotlib figure (or a Picture) with alternative text.

    figure  a matplotlib figure, closed afterwards, or a Picture
    alt     str: what it shows, in words
    In a terminal this text is printed instead.
    """
    put(figure if isinstance(figure, Picture) else picture(figure, alt))


def put(made: Picture, display_id: str | None = None):
    """Display a picture; return the handle to update it, None in a terminal."""
    if not in_notebook():
        print(made.alt)
        return None
    from IPython.display import display

    return display(made, display_id=display_id) if display_id else display(made)


def in_notebook() -> bool:
    """Return whether this runs in a Jupyter kernel, which can display pictures."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell is not None and getattr(shell, "kernel", None) is not None
