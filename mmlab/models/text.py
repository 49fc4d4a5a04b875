"""From words to one vector a text: a word tokenizer and CLIP's causal tower."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmlab.errors import InputError
from mmlab.models.attention import TransformerBlock, causal_mask
from mmlab.models.validate import require_heads, require_ids


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


@dataclass(frozen=True)
class TextConfig:
    """The shape of a `TextTower`.

    vocabulary_size  number of ids
    width            D
    layers, heads    blocks, and heads in each
    length           the longest T
    end              the id at which the text is read; None: the highest
    mlp_ratio, activation, norm_eps   as in `TransformerBlock`
    raises           InputError when the heads do not divide the width
    """

    vocabulary_size: int
    width: int = 64
    layers: int = 2
    heads: int = 4
    length: int = 32
    end: int | None = None
    mlp_ratio: float = 4
    activation: str = "gelu"
    norm_eps: float = 1e-5

    def __post_init__(self):
        require_heads(self.width, self.heads, "TextConfig")
        if self.end is None:
            object.__setattr__(self, "end", self.vocabulary_size - 1)


class TextTower(nn.Module):
    """A causal transformer that reads a text and gives its vector at its end: CLIP's text half.

    config  its shape
    source  Radford et al. 2021, CLIP, section 2.4
    """

    def __init__(self, config: TextConfig):
        super().__init__()
        self.config, width, eps = config, config.width, config.norm_eps
        self.tokens = nn.Embedding(config.vocabulary_size, width)
        self.positions = nn.Parameter(torch.empty(config.length, width))
        self.blocks = nn.ModuleList(
            TransformerBlock(width, config.heads, config.mlp_ratio, config.activation, norm_eps=eps)
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(width, eps=eps)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions, std=0.01)

    def forward(self, ids: Tensor) -> Tensor:
        """Return one vector a text, read at its first end id: (B, T) int → (B, D).

        What follows the end cannot change it (the attention is causal), so it
        is cut off before the work is done.
        """
        require_ids(ids, self.config.vocabulary_size, self.config.length)
        ends = ids == self.config.end
        if not ends.any(dim=1).all():
            row = int((~ends.any(dim=1)).nonzero()[0])
            given = f"row {row} of the ids has no end id ({self.config.end})"
            raise InputError(given, "start, words, end, padding", "make ids with WordTokenizer")
        last = ends.int().argmax(dim=1)  # (B,)
        hidden = self.hidden(ids[:, : int(last.max()) + 1])
        return self.norm(hidden[torch.arange(len(ids), device=ids.device), last])

    def hidden(self, ids: Tensor) -> Tensor:
        """Return every token after the last block, before the final norm: (B, T) → (B, T, D)."""
        require_ids(ids, self.config.vocabulary_size, self.config.length)
        x = self.tokens(ids) + self.positions[: ids.shape[1]]
        mask = causal_mask(ids.shape[1], ids.device)
        for block in self.blocks:
            x = block(x, mask)
        return x
