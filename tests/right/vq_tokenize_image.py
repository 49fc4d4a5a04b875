"""Right answers to vq_tokenize_image that are written in unusual ways."""

import numpy as np
import torch

from mmlab.instructor.authoring.exercise import Answer


class by_encoding_again:
    def __init__(self, codebook, words):
        self.book, self.first = codebook.clone(), words + 3
        self.size = self.first + codebook.size(0)

    def _codes(self, features):
        best = torch.zeros(features.shape[:2], dtype=torch.int64)
        least = torch.full(features.shape[:2], float("inf"), dtype=features.dtype)
        for code, vector in enumerate(self.book):
            distance = torch.linalg.vector_norm(features - vector, dim=-1)
            closer = distance < least
            best, least = best.masked_fill(closer, code), torch.where(closer, distance, least)
        return best

    def _frame(self, codes):
        lines = [
            torch.tensor([*(code + self.first for code in row), self.first - 1]) for row in codes.tolist()
        ]
        return torch.cat([torch.tensor([self.first - 3]), *lines, torch.tensor([self.first - 2])])

    def encode(self, features):
        return self._frame(self._codes(features))

    def decode(self, ids):
        inner = [number - self.first for number in ids.tolist()]
        codes = [number for number in inner if 0 <= number < len(self.book)]
        lines = inner.count(-1)
        if not codes or not lines or len(codes) % lines:
            raise ValueError("no image")
        grid = torch.tensor(codes).reshape(lines, -1)
        if not torch.equal(self._frame(grid), ids):  # what encode would have made of these codes
            raise ValueError("malformed")
        return self.book.index_select(0, grid.flatten()).unflatten(0, tuple(grid.shape))


class line_by_line:
    def __init__(self, codebook, words):
        self.vectors, self.words, self.size = codebook, words, words + 3 + codebook.shape[0]

    def encode(self, features):
        scores = (features.unsqueeze(2) - self.vectors).pow(2).sum(dim=3)
        lowest = scores == scores.min(dim=2, keepdim=True).values
        codes = lowest.to(torch.uint8).argmax(dim=2)
        body = [number for row in codes.tolist() for number in [code + 3 for code in row] + [2]]
        return self.words + torch.tensor([0, *body, 1])

    def decode(self, ids):
        parts = [number - self.words for number in ids.tolist()]
        if parts[:1] != [0] or parts[-1:] != [1]:
            raise ValueError("frame")
        rows = self._lines(parts)
        if not rows or not rows[0] or len({len(row) for row in rows}) != 1:
            raise ValueError("lines")
        if any(not 0 <= code < len(self.vectors) for row in rows for code in row):
            raise ValueError("codes")
        return self.vectors[torch.tensor(rows)]

    def _lines(self, parts):
        found, line = [], []
        for number in parts[1:-1]:
            if number == 2:
                found.append(line)
                line = []
            else:
                line.append(number - 3)
        if line:
            raise ValueError("a line without its end")
        return found


class cdist_and_regex:
    def __init__(self, codebook, words):
        self.codebook, self.words = codebook, words

    @property
    def size(self):
        return self.words + 3 + len(self.codebook)

    def encode(self, features):
        distance = torch.cdist(
            features.flatten(0, 1), self.codebook, compute_mode="donot_use_mm_for_euclid_dist"
        )
        # the lowest code: the first place where the minimum stands
        nearest = (distance == distance.amin(dim=1, keepdim=True)).to(torch.int64).argmax(dim=1)
        out = torch.full((features.shape[0], features.shape[1] + 1), self.words + 2, dtype=torch.int64)
        out[:, :-1] = nearest.view(features.shape[:2]) + (self.words + 3)
        ids = torch.empty(out.numel() + 2, dtype=torch.int64)
        ids[0], ids[1:-1], ids[-1] = self.words, out.view(-1), self.words + 1
        return ids

    def decode(self, ids):
        import re

        marks = {self.words: "b", self.words + 1: "e", self.words + 2: "/"}
        word = "".join(marks.get(k, "c" if self.words + 3 <= k < self.size else "?") for k in ids.tolist())
        match = re.fullmatch(r"b(c+/)\1*e", word)
        if match is None:
            raise ValueError(word)
        columns = len(match[1]) - 1
        codes = ids[ids >= self.words + 3] - (self.words + 3)
        return torch.nn.functional.embedding(codes, self.codebook.detach()).unflatten(0, (-1, columns))


class numpy_template:
    def __init__(self, codebook, words):
        self.codebook, self.words = codebook, int(words)
        self.size = sum((self.words, 1, 1, 1, codebook.size(0)))

    def encode(self, features):
        f = features.detach().numpy()
        c = self.codebook.detach().numpy()
        best = np.full(f.shape[:2], np.inf)
        code = np.zeros(f.shape[:2], dtype=np.int64)
        for k in range(len(c)):
            distance = np.sqrt(((f - c[k]).astype(np.float64) ** 2).sum(-1))
            nearer = distance < best
            best[nearer], code[nearer] = distance[nearer], k
        lines = np.concatenate([code + self.words + 3, np.full((len(f), 1), self.words + 2)], axis=1)
        return torch.from_numpy(
            np.concatenate([[self.words], lines.ravel(), [self.words + 1]]).astype(np.int64)
        )

    def decode(self, ids):
        a = ids.numpy()
        rows = int((a == self.words + 2).sum())
        if rows == 0 or len(a) < 2 or (len(a) - 2) % rows or (len(a) - 2) // rows < 2:
            raise ValueError("malformed")
        columns = (len(a) - 2) // rows - 1
        frame = np.full((rows, columns + 1), -1)
        frame[:, -1] = self.words + 2
        frame = np.concatenate([[self.words], frame.ravel(), [self.words + 1]])
        free = frame == -1
        if (
            (a[~free] != frame[~free]).any()
            or (a[free] < self.words + 3).any()
            or (a[free] >= self.size).any()
        ):
            raise ValueError("malformed")
        return self.codebook.index_select(0, torch.from_numpy(a[free] - self.words - 3)).reshape(
            rows, columns, -1
        )


ANSWERS = (
    Answer("by_encoding_again", by_encoding_again, "decode frames the codes again and compares"),
    Answer("line_by_line", line_by_line, "ids relative to the words, lines collected one by one"),
    Answer("cdist_and_regex", cdist_and_regex, "a regular expression over one letter for each id"),
    Answer(
        "numpy_template",
        numpy_template,
        "numpy, and decode compares with the only frame that the ids could have",
    ),
)
