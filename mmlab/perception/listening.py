"""Divide an audio segment into the phones and silences that fit it best.

Each phone has a known length and expected band energies at each of its steps.
Dynamic programming finds the division with the lowest cost; the phones between
two silences form a word.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mmlab.perception.budget import spend
from mmlab.perception.voices import BANDS, FAINT, Manner
from mmlab.world.pronunciation import lexicon, word_of

MIN_GAP = 8  # steps of silence between two words
SURELY = 0.55  # below this distance the voice is certainly right
_LOUD = 0.02  # mean energy of the loudest steps in the output of `speak`
_WORST = 90.0  # upper limit of a step's squared distance: transitions that were not learned
_STEP = 100  # microseconds to compare and divide one step
_NEAR = 40.0  # in noise, a word of the lexicon may cost this much more than an unknown word


class Match(NamedTuple):
    """A word: its phones, first and last step, cost, and distance from the expected energies."""

    phones: tuple[str, ...]
    start: int
    end: int
    cost: float
    off: float


def off(words: list[Match]) -> float:
    """Return the mean distance of some words, weighted by their steps."""
    return float(np.average([word.off for word in words], weights=[word.end - word.start for word in words]))


class Listener:
    """An audio segment, compared with one voice."""

    def __init__(self, energies: np.ndarray, manner: Manner):
        self.manner, self.energies = manner, energies
        self.starts = np.concatenate([[0], np.cumsum(manner.lengths)[:-1]])

    def words(self) -> tuple[float, list[Match]]:
        """Return the cost and the words of the best division, after estimating the loudness."""
        power = np.sort(self.energies.sum(axis=1))
        usual = power[-max(len(power) // 4, 1) :].mean() / _LOUD
        best, best_gain = (np.inf, []), 0.0
        for guess in (usual, 4 * usual):  # a short word of weak phones is louder than it seems
            gain = guess
            for _ in range(4):
                self.compare(gain)
                cost, words = self.divided()
                shift = self.louder(words) if words else 0.0
                if abs(shift) < 0.1:
                    break
                gain *= np.exp(np.clip(shift, -3, 3))
            if words and cost < best[0]:
                best, best_gain = (cost, words), gain
            if words and off(words) < 2 * SURELY:
                break
        if best[1] and best_gain != gain:
            self.compare(best_gain)
        return best[0], [self.known(word) for word in best[1]]

    def compare(self, gain: float) -> None:
        """Compute the cost of each phone at each step, at some loudness; raise OutOfBudget or OutOfTime."""
        spend(_STEP * len(self.energies))
        self.log = np.log(self.energies / gain + FAINT)
        power = self.energies.sum(axis=1)
        lowest = np.argsort(power, kind="stable")[: max(len(power) // 25, 12)]
        quiet = self.energies[lowest].mean(axis=0) / gain
        self.noisy = quiet.mean() > 10 * FAINT
        clear = np.exp(self.manner.means)  # energies below FAINT included
        self.means = np.log(clear + quiet)
        part = clear / (clear + quiet)
        self.spreads = self.manner.spreads * part**2 + 0.35 * (1 - part) ** 2
        sharp = 1 / self.spreads
        far = sharp @ self.log.T**2 - 2 * (self.means * sharp) @ self.log.T
        far += (self.means**2 * sharp).sum(axis=1)[:, None]
        each = 0.5 * (np.minimum(far, _WORST) + np.log(self.spreads).sum(axis=1)[:, None])
        self.cost = np.full((len(self.manner.lengths), len(self.log) + 1), np.inf)
        for phone, (start, steps) in enumerate(zip(self.starts.tolist(), self.manner.lengths.tolist())):
            count = len(self.log) - steps + 1
            if count > 0:
                self.cost[phone, :count] = sum(each[start + k, k : k + count] for k in range(steps))
        off = self.log - np.log(quiet + FAINT)
        self.silence = 0.5 * (np.minimum((off**2 / 0.45).sum(axis=1), _WORST) + BANDS * np.log(0.45))

    def divided(self) -> tuple[float, list[Match]]:
        """Return the cost and the words of the cheapest division into phones and silences."""
        count, lengths = len(self.log), self.manner.lengths
        quiet = np.concatenate([[0.0], np.cumsum(self.silence)])
        # The minimum cost up to each step: inside a word, in a silence, and the minimum of both.
        inside, between, minimum = (np.full(count + 1, np.inf) for _ in range(3))
        last, fresh = np.full(count + 1, -1), np.zeros(count + 1, bool)
        between[0] = minimum[0] = 0.0
        rows = np.arange(len(lengths))
        for end in range(1, count + 1):
            begin = np.maximum(end - lengths, 0)  # the audio may be shorter than a phone
            costs = np.where(lengths <= end, minimum[begin], np.inf) + self.cost[rows, begin]
            best = int(costs.argmin())
            inside[end], last[end] = costs[best], best
            between[end] = between[end - 1] + self.silence[end - 1]
            gap = end - MIN_GAP
            if gap >= 0 and inside[gap] + quiet[end] - quiet[gap] < between[end]:
                between[end], fresh[end] = inside[gap] + quiet[end] - quiet[gap], True
            minimum[end] = min(inside[end], between[end])
        return float(minimum[-1]), self.traced(between <= inside, last, fresh)

    def traced(self, silent, last, fresh) -> list[Match]:
        """Return the words by tracing back from the end.

        silent  (T + 1,) bool   whether a silence is the best choice at a step
        last    (T + 1,) int    the phone that ends there, inside a word
        fresh   (T + 1,) bool   whether the silence is MIN_GAP steps long: a word ends before it
        """
        words, current, at = [], [], len(self.log)
        quiet = silent[at]
        while at > 0:
            if quiet:
                quiet, at = not fresh[at], at - (MIN_GAP if fresh[at] else 1)
                continue
            current.append(int(last[at]))
            at -= int(self.manner.lengths[last[at]])
            quiet = silent[at]
            if quiet:
                words.append(self.match(current[::-1], at))
                current = []
        return words[::-1]

    def match(self, phones: list[int], start: int) -> Match:
        """Return the match of phones, given as indices, that start at a step."""
        at, cost, off = start, 0.0, 0.0
        for phone in phones:
            steps, first = int(self.manner.lengths[phone]), int(self.starts[phone])
            span = slice(first, first + steps)
            cost += float(self.cost[phone, at])
            off += float(((self.log[at : at + steps] - self.means[span]) ** 2 / self.spreads[span]).sum())
            at += steps
        names = tuple(self.manner.names[phone] for phone in phones)
        return Match(names, start, at, cost, off / max((at - start) * BANDS, 1))

    def louder(self, words: list[Match]) -> float:
        """Return by how many nats the audio is louder than assumed."""
        differences = []
        for word in words:
            at = word.start
            for name in word.phones:
                phone = self.manner.names.index(name)
                steps, first = int(self.manner.lengths[phone]), int(self.starts[phone])
                clear = self.manner.means[first : first + steps] > np.log(FAINT) + 3
                differences.append((self.log[at : at + steps] - self.means[first : first + steps])[clear])
                at += steps
        differences = np.concatenate(differences)
        return float(np.median(differences)) if len(differences) else 0.0

    def known(self, word: Match) -> Match:
        """Return a word, or a word of the lexicon instead that costs only slightly more."""
        limit = _NEAR if self.noisy else 0.0
        if word_of(word.phones) is None:
            limit = np.inf
        if word_of(word.phones) in lexicon() or not limit:
            return word
        best = None
        for phones, steps in _known(self.manner.names, tuple(self.manner.lengths.tolist())):
            for start in range(max(word.start - 2, 0), word.start + 3):
                if abs(start + steps - word.end) <= 2 and start + steps <= len(self.log):
                    other = self.match(phones, start)
                    best = other if best is None or other.cost < best.cost else best
        return best if best is not None and best.cost < word.cost + limit else word


@lru_cache(maxsize=16)
def _known(names: tuple[str, ...], lengths: tuple[int, ...]) -> list[tuple[list[int], int]]:
    """Return the phones, as indices, and the number of steps of each word of the lexicon."""
    numbers = {name: number for number, name in enumerate(names)}
    words = [[numbers[name] for name in phones] for phones in lexicon().values()]
    return [(word, sum(lengths[phone] for phone in word)) for word in words]
