"""From words to one vector a text: a word tokenizer and CLIP's causal tower."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from mmlab.errors import InputError, ShapeError
from mmlab.models.attention import TransformerBlock


class WordTokenizer:
    """Ids for whole lower-case words: pad 0, the words, then start and end, the highest.

    The end id is the highest because CLIP reads a text at its highest id, and
    newer library versions at the end id: so both rules find the same place.

    words   the vocabulary, in a fixed order
    length  T, ids a text, start and end included
    raises  InputError on a repeated word or a length below 3

    >>> tokenizer = WordTokenizer(["a", "red", "circle"], length=6)
    >>> tokenizer(["a red circle", "circle"]).tolist()
    [[4, 1, 2, 3, 5, 0], [4, 3, 5, 0, 0, 0]]
    >>> tokenizer.decode(tokenizer(["a red circle"]))
    ['a red circle']
    """

    pad = 0

    def __init__(self, words: Sequence[str], length: int = 32):
        if len(set(words)) != len(words) or length < 3:
            given = f"WordTokenizer({len(words)} words, length={length})"
            raise InputError(given, "distinct words and length >= 3", "use world.vocabulary()")
        self.words, self.length = tuple(words), length
        self.ids = {word: number for number, word in enumerate(words, start=1)}
        self.start, self.end = len(words) + 1, len(words) + 2
        self.vocabulary_size = len(words) + 3

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Return the ids of each text, padded to `length`: (B, T) int64.

        Upper case and punctuation are set aside. Raises InputError on a word
        outside the vocabulary, and on a text that does not fit.
        """
        if isinstance(texts, str):
            raise InputError(f"the string {texts!r}", "a list of strings", "write [text]")
        rows = [self.encode(text) for text in texts]
        return torch.tensor(rows, dtype=torch.long).reshape(len(rows), self.length)

    def encode(self, text: str) -> list[int]:
        """Return one text's ids, start and end around them, padded to `length`."""
        words = split_words(text)
        unknown = next((word for word in words if word not in self.ids), None)
        if unknown is not None:
            given = f"the word {unknown!r} in {text!r}"
            wanted = f"words of the vocabulary ({len(self.words)} of them)"
            raise InputError(given, wanted, "print(tokenizer.words) to see them")
        if len(words) > self.length - 2:
            given = f"a text of {len(words)} words: {text[:60]!r}"
            do = f"shorten it, or WordTokenizer(words, length={len(words) + 2})"
            raise InputError(given, f"at most {self.length - 2} words", do)
        ids = [self.start, *(self.ids[word] for word in words), self.end]
        return ids + [self.pad] * (self.length - len(ids))

    def decode(self, ids: Tensor) -> list[str]:
        """Return the texts of a batch of ids (B, T), each read up to its end id."""
        return [" ".join(self.read(row)) for row in ids.tolist()]

    def read(self, row: Iterable[int]) -> Iterable[str]:
        """Yield one row's words, up to the end id."""
        for number in row:
            if number == self.end:
                return
            if 1 <= number <= len(self.words):
                yield self.words[number - 1]


def split_words(text: str) -> list[str]:
    """Return the lower-case words of a text, punctuation set aside.

    >>> split_words("A red circle, left of a square?")
    ['a', 'red', 'circle', 'left', 'of', 'a', 'square']
    """
    for mark in ".,?!;:":
        text = text.replace(mark, " ")
    return text.lower().split()


class TextTower(nn.Module):
    """A causal transformer that reads a text and is asked at its end: CLIP's text half.

    vocabulary_size  number of ids
    width            D
    layers, heads    blocks, and heads in each
    length           the longest T
    end              the id at which the text is read; by default the highest
    mlp_ratio, activation, norm_eps   as in `TransformerBlock`
    source           Radford et al. 2021, CLIP, section 2.4
    """

    def __init__(
        self,
        vocabulary_size: int,
        width: int = 64,
        layers: int = 2,
        heads: int = 4,
        length: int = 32,
        *,
        end: int | None = None,
        mlp_ratio: float = 4,
        activation: str = "gelu",
        norm_eps: float = 1e-5,
    ):
        super().__init__()
        self.end = vocabulary_size - 1 if end is None else end
        self.config = dict(
            vocabulary_size=vocabulary_size, width=width, layers=layers, heads=heads, length=length,
            end=self.end, mlp_ratio=mlp_ratio, activation=activation, norm_eps=norm_eps,
        )  # fmt: skip
        self.tokens = nn.Embedding(vocabulary_size, width)
        self.positions = nn.Parameter(torch.empty(length, width))
        self.blocks = nn.ModuleList(
            TransformerBlock(width, heads, mlp_ratio, activation, causal=True, norm_eps=norm_eps)
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width, eps=norm_eps)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions, std=0.01)

    def forward(self, ids: Tensor) -> Tensor:
        """Return one vector a text, read at its first end id: (B, T) int → (B, D).

        What follows the end cannot change it (the attention is causal), so it
        is cut off before the work is done.
        """
        self.demand(ids)
        ends = ids == self.end
        if not ends.any(dim=1).all():
            row = int((~ends.any(dim=1)).nonzero()[0])
            given = f"row {row} of the ids has no end id ({self.end})"
            raise InputError(given, "start, words, end, padding", "make ids with WordTokenizer")
        last = ends.int().argmax(dim=1)  # (B,)
        hidden = self.hidden(ids[:, : int(last.max()) + 1])
        return self.norm(hidden[torch.arange(len(ids), device=ids.device), last])

    def hidden(self, ids: Tensor) -> Tensor:
        """Return every token after the last block, before the final norm: (B, T) → (B, T, D)."""
        self.demand(ids)
        x = self.tokens(ids) + self.positions[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        return x

    def demand(self, ids: Tensor) -> None:
        """Raise ShapeError or InputError unless the ids are (B, T) integers this tower knows."""
        length, size = self.config["length"], self.config["vocabulary_size"]
        if ids.ndim != 2 or not len(ids) or not 1 <= ids.shape[1] <= length:
            given = f"TextTower: ids {tuple(ids.shape)}"
            wanted = f"(B, T) with B at least 1 and T at most {length}"
            raise ShapeError(given, wanted, "make ids with WordTokenizer(words, length)")
        if ids.is_floating_point():
            raise ShapeError(f"TextTower: ids of {ids.dtype}", "integers", "call ids.long()")
        low, high = int(ids.min()), int(ids.max())
        if low < 0 or high >= size:
            given = f"TextTower: ids from {low} to {high}"
            do = "build the tower with tokenizer.vocabulary_size"
            raise InputError(given, f"0 to {size - 1}, the vocabulary", do)
