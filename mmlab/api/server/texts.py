"""Texts in the pieces in which a stream sends them."""

from collections.abc import Iterator


def pieces(text: str, size: int = 24) -> Iterator[str]:
    """Yield a text in pieces of a few tokens.

    >>> list(pieces("a red circle", 5))
    ['a red', ' circ', 'le']
    """
    for start in range(0, len(text), size):
        yield text[start : start + size]
