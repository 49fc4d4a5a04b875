"""One stretch of sound, divided into the phones and silences that explain it best.

Each phone has a known length and expected band energies at each of its steps;
the cheapest division is found by dynamic programming, and what lies between two
silences is a word.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mmlab.world.pronunciation import lexicon, word_of
from mmlab.world.readers.voices import BANDS, FAINT, Manner

LEAST_GAP = 8  # steps of silence that part two words
SURELY = 0.55  # words that are off by less are surely in the right voice
_LOUD = 0.02  # mean energy of the loudest steps of what `speak` says
_WORST = 90.0  # squared distance of a step that is not taken for more: an edge that was not met
_NEAR = 40.0  # so much dearer may, in noise, a word of the lexicon be than one that nobody knows


class Said(NamedTuple):
    """A word in steps: its phones, where they begin and end, what they cost, how far off they are."""

    phones: tuple[str, ...]
    start: int
    end: int
    cost: float
    off: float


def off(said: list[Said]) -> float:
    """Return how far off some words are, all steps together."""
    return float(np.average([one.off for one in said], weights=[one.end - one.start for one in said]))


class Listener:
    """One stretch of sound, as one voice would have said it."""

    def __init__(self, found: np.ndarray, manner: Manner):
        self.manner, self.found = manner, found
        self.starts = np.concatenate([[0], np.cumsum(manner.lengths)[:-1]])

    def words(self) -> tuple[float, list[Said]]:
        """Return the cost and the words of the best division, after the loudness was found."""
        power = np.sort(self.found.sum(axis=1))
        usual = power[-max(len(power) // 4, 1) :].mean() / _LOUD
        best, found = (np.inf, []), 0.0
        for guess in (usual, 4 * usual):  # a short word of weak sounds is louder than it seems
            gain = guess
            for _ in range(4):
                self.compare(gain)
                cost, said = self.divided()
                shift = self.louder(said) if said else 0.0
                if abs(shift) < 0.1:
                    break
                gain *= np.exp(np.clip(shift, -3, 3))
            if said and cost < best[0]:
                best, found = (cost, said), gain
            if said and off(said) < 2 * SURELY:
                break
        if best[1] and found != gain:
            self.compare(found)
        return best[0], [self.known(one) for one in best[1]]

    def compare(self, gain: float) -> None:
        """Work out what each phone would cost at each step, at some loudness."""
        self.log = np.log(self.found / gain + FAINT)
        power = self.found.sum(axis=1)
        lowest = np.argsort(power, kind="stable")[: max(len(power) // 25, 12)]
        quiet = self.found[lowest].mean(axis=0) / gain
        self.noisy = quiet.mean() > 10 * FAINT
        clear = np.exp(self.manner.means)  # with what is too faint
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

    def divided(self) -> tuple[float, list[Said]]:
        """Return the cost and the words of the cheapest division into phones and silences."""
        count, lengths = len(self.log), self.manner.lengths
        quiet = np.concatenate([[0.0], np.cumsum(self.silence)])
        # The least cost up to each step: inside a word, in a silence, and of these the lesser one.
        inside, between, least = (np.full(count + 1, np.inf) for _ in range(3))
        last, fresh = np.full(count + 1, -1), np.zeros(count + 1, bool)
        between[0] = least[0] = 0.0
        rows = np.arange(len(lengths))
        for end in range(1, count + 1):
            begin = np.maximum(end - lengths, 0)  # a sound may be shorter than a phone
            costs = np.where(lengths <= end, least[begin], np.inf) + self.cost[rows, begin]
            best = int(costs.argmin())
            inside[end], last[end] = costs[best], best
            between[end] = between[end - 1] + self.silence[end - 1]
            gap = end - LEAST_GAP
            if gap >= 0 and inside[gap] + quiet[end] - quiet[gap] < between[end]:
                between[end], fresh[end] = inside[gap] + quiet[end] - quiet[gap], True
            least[end] = min(inside[end], between[end])
        return float(least[-1]), self.traced(between <= inside, last, fresh)

    def traced(self, silent, last, fresh) -> list[Said]:
        """Return the words on the way back from the end.

        silent  (T + 1,) bool   whether it is best to be in a silence at a step
        last    (T + 1,) int    the phone that ends there, inside a word
        fresh   (T + 1,) bool   whether the silence is the shortest one: a word ends before it
        """
        words, current, at = [], [], len(self.log)
        quiet = silent[at]
        while at > 0:
            if quiet:
                quiet, at = not fresh[at], at - (LEAST_GAP if fresh[at] else 1)
                continue
            current.append(int(last[at]))
            at -= int(self.manner.lengths[last[at]])
            quiet = silent[at]
            if quiet:
                words.append(self.said(current[::-1], at))
                current = []
        return words[::-1]

    def said(self, phones: list[int], start: int) -> Said:
        """Return phones, as indices, that are said from a step on."""
        at, cost, off = start, 0.0, 0.0
        for phone in phones:
            steps, first = int(self.manner.lengths[phone]), int(self.starts[phone])
            span = slice(first, first + steps)
            cost += float(self.cost[phone, at])
            off += float(((self.log[at : at + steps] - self.means[span]) ** 2 / self.spreads[span]).sum())
            at += steps
        names = tuple(self.manner.names[phone] for phone in phones)
        return Said(names, start, at, cost, off / max((at - start) * BANDS, 1))

    def louder(self, said: list[Said]) -> float:
        """Return by how much, in nats, what was heard is louder than it was taken for."""
        differences = []
        for one in said:
            at = one.start
            for name in one.phones:
                phone = self.manner.names.index(name)
                steps, first = int(self.manner.lengths[phone]), int(self.starts[phone])
                clear = self.manner.means[first : first + steps] > np.log(FAINT) + 3
                differences.append((self.log[at : at + steps] - self.means[first : first + steps])[clear])
                at += steps
        differences = np.concatenate(differences)
        return float(np.median(differences)) if len(differences) else 0.0

    def known(self, one: Said) -> Said:
        """Return a word as it was heard, or the word of the lexicon that it is nearly as like."""
        limit = _NEAR if self.noisy else 0.0
        if word_of(one.phones) is None:
            limit = np.inf
        if word_of(one.phones) in lexicon() or not limit:
            return one
        best = None
        for phones, steps in _known(self.manner.names, tuple(self.manner.lengths.tolist())):
            for start in range(max(one.start - 2, 0), one.start + 3):
                if abs(start + steps - one.end) <= 2 and start + steps <= len(self.log):
                    other = self.said(phones, start)
                    best = other if best is None or other.cost < best.cost else best
        return best if best is not None and best.cost < one.cost + limit else one


@lru_cache(maxsize=16)
def _known(names: tuple[str, ...], lengths: tuple[int, ...]) -> list[tuple[list[int], int]]:
    """Return the phones, as indices, and the steps of each word of the lexicon."""
    numbers = {name: number for number, name in enumerate(names)}
    words = [[numbers[name] for name in phones] for phones in lexicon().values()]
    return [(word, sum(lengths[phone] for phone in word)) for word in words]
