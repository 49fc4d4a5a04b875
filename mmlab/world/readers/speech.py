"""Spoken words back from sound, by listening alone.

Speech is divided into phones and silences, the division whose expected band
energies are nearest to what is heard (dynamic programming over all voices'
manners), and the phones between two silences are a word. Exact on what `speak`
says, in any voice; a steady noise, another loudness and another rate are taken
into account. What fits no voice is not made into words.
"""

from dataclasses import dataclass
from math import gcd
from typing import NamedTuple

import numpy as np
from scipy.signal import resample_poly

from mmlab.errors import InputError
from mmlab.world.phones import STEP
from mmlab.world.pronunciation import lexicon, word_of
from mmlab.world.readers.voices import BANDS, FAINT, Manner, energies, manner
from mmlab.world.sounds import RATES, mono
from mmlab.world.speech import PULSE, RATE, VOICES, plain_voice

_LOUD = 0.02  # mean energy of the loudest steps of what `speak` says
_LEAST_GAP = 8  # steps of silence that part two words
_RISES = 5.0  # times as strong are the loudest steps of speech as the quietest ones, at least
_PAUSE = 50  # steps of silence at which another voice may begin
_LONGEST = 2000  # steps that are listened to at a time
_NEAR = 12.0  # so much dearer may a word of the lexicon be than one that nobody knows
_WORST = 90.0  # squared distance of a step that is not taken for more: an edge that was not met
_FITS, _FAILS = 1.3, 3.2  # mean squared distance, in spreads, of surely speech and surely none


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard.

    text   str     the words, lower case, numbers written out; "" when nothing known was heard
    words  tuple   (word, start, end) of each, in seconds
    sure   float   0 to 1; how near the sound is to what was written down; 0 for nothing
    """

    text: str
    words: tuple[tuple[str, float, float], ...]
    sure: float


class _Said(NamedTuple):
    """A word in steps: its phones, where they begin and end, what they cost, how far off they are."""

    phones: tuple[str, ...]
    start: int
    end: int
    cost: float
    off: float


def hear(samples, rate: int = RATE) -> Heard:
    """Return what is said in a sound.

    samples  (n,) float within -1 .. 1, or int16   one channel
    rate     int          samples a second, 4000 to 192000
    returns  Heard        without words when there is no speech of `mmlab.world` in it
    raises   ShapeError   when it is not one sound; InputError for another rate

    >>> from mmlab.world.speech import speak
    >>> hear(speak("Two red stars above a ring", seed=3)).text
    'two red stars above a ring'
    """
    samples = _at_16_khz(mono(samples), rate)
    found = energies(samples)
    words, sure = [], []
    kind = None
    for start, end in _stretches(found):
        kind, said = _listened(found[start:end], samples[start * PULSE : end * PULSE], kind)
        for one in said:
            word = word_of(one.phones)
            if word is not None:
                words.append((word, round((start + one.start) * STEP, 3), round((start + one.end) * STEP, 3)))
                sure.append(_sure(one.off))
    return Heard(" ".join(word for word, _, _ in words), tuple(words), round(min(sure, default=0.0), 3))


def _at_16_khz(samples: np.ndarray, rate) -> np.ndarray:
    """Return samples at 16 kHz."""
    if not (isinstance(rate, int | np.integer) and RATES[0] <= rate <= RATES[1]):
        raise InputError(f"hear: rate={rate!r}", f"{RATES[0]} to {RATES[1]} samples a second", "pass rate=16000")
    common = gcd(RATE, int(rate))
    return samples if rate == RATE else resample_poly(samples, RATE // common, int(rate) // common)


def _sure(off: float) -> float:
    """Return how sure a word is whose steps are so far off."""
    return float(np.clip((_FAILS - off) / (_FAILS - _FITS), 0, 1))


def _stretches(found: np.ndarray) -> list[tuple[int, int]]:
    """Return (start, end) of what lies between long silences, in steps."""
    power = found.sum(axis=1)
    if not len(power) or power.max() < 1e-9:
        return []
    loud = np.sort(power)[-max(len(power) // 10, 1) :].mean()
    quiet = max(float(np.percentile(power, 5)), loud * 1e-5)
    if loud < _RISES * quiet:  # a hum, a rush: it goes on as it began
        return []
    active = np.flatnonzero(power > np.sqrt(loud * quiet))
    parts = np.split(active, np.flatnonzero(np.diff(active) > _PAUSE) + 1)
    ends = [(max(int(part[0]) - 24, 0), min(int(part[-1]) + 25, len(power))) for part in parts]
    return [piece for start, end in ends for piece in _pieces(power, start, end)]


def _pieces(power: np.ndarray, start: int, end: int) -> list[tuple[int, int]]:
    """Return a stretch in pieces of at most _LONGEST steps, cut where it is quiet."""
    pieces = []
    while end - start > _LONGEST:
        near = power[start + _LONGEST // 2 : start + _LONGEST]
        calm = np.convolve(near, np.ones(_LEAST_GAP), mode="same")
        cut = start + _LONGEST // 2 + int(calm.argmin())
        pieces.append((start, cut))
        start = cut
    return [*pieces, (start, end)]


def _listened(found: np.ndarray, samples: np.ndarray, last: int | None) -> tuple[int | None, list[_Said]]:
    """Return the kind of voice of a stretch and its words; the kind stays `last` when there are none."""
    if len(found) < _LEAST_GAP:
        return last, []
    best = (_FAILS, last, [])
    for kind in _likely(samples, last):
        said = _Listener(found, manner(kind)).words()
        steps = sum(one.end - one.start for one in said)
        off = sum(one.off * (one.end - one.start) for one in said) / max(steps, 1)
        if said and off < best[0]:
            best = (off, kind, said)
        if best[0] < _FITS:
            break
    return best[1:]


def _likely(samples: np.ndarray, last: int | None) -> list[int]:
    """Return the kinds of voices, the likeliest first: the last one, then by pitch."""
    pitch = _pitch(samples)
    kinds = sorted(range(VOICES), key=lambda kind: abs(np.log(plain_voice(kind).pitch / pitch)))
    return sorted(kinds, key=lambda kind: kind != last)


def _pitch(samples: np.ndarray) -> float:
    """Return the pitch of the loudest parts of a sound, in Hz."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, (0, 800)), 800)[::400]
    frames = frames[np.argsort(-(frames**2).sum(axis=1))[: max(len(frames) // 3, 1)]]
    spectrum = np.fft.rfft(frames - frames.mean(axis=1, keepdims=True), 2048)
    alike = np.fft.irfft(np.abs(spectrum) ** 2)[:, :212] / (800 - np.arange(212))
    alike = (alike / np.maximum(alike[:, :1], 1e-12)).mean(axis=0)[62:]
    first = np.flatnonzero(alike > 0.85 * alike.max())[0]  # twice the period is as alike
    near = alike[first : first + 12]
    return RATE / (62 + first + int(near.argmax()))


class _Listener:
    """One stretch of sound, as one voice would have said it."""

    def __init__(self, found: np.ndarray, manner: Manner):
        self.manner, self.found = manner, found
        self.starts = np.concatenate([[0], np.cumsum(manner.lengths)[:-1]])

    def words(self) -> list[_Said]:
        """Return the words of the best division, after the loudness was found."""
        power = np.sort(self.found.sum(axis=1))
        gain = power[-max(len(power) // 4, 1) :].mean() / _LOUD
        for _ in range(3):
            self.compare(gain)
            said = self.divided()
            if not said:
                return []
            shift = self.louder(said)
            gain *= np.exp(np.clip(shift, -3, 3))
            if abs(shift) < 0.1:
                break
        return [self.known(one) for one in said]

    def compare(self, gain: float) -> None:
        """Work out what each phone would cost at each step, at some loudness."""
        self.log = np.log(self.found / gain + FAINT)
        power = self.found.sum(axis=1)
        quiet = self.found[power <= np.percentile(power, 12)].mean(axis=0) / gain
        clear = np.exp(self.manner.means)  # with what is too faint
        self.means = np.log(clear + quiet)
        part = clear / (clear + quiet)
        self.spreads = self.manner.spreads * part**2 + 0.35 * (1 - part) ** 2
        sharp = 1 / self.spreads
        far = self.log**2 @ sharp.T - 2 * self.log @ (self.means * sharp).T + (self.means**2 * sharp).sum(axis=1)
        each = 0.5 * (np.minimum(far, _WORST) + np.log(self.spreads).sum(axis=1))
        self.cost = np.full((len(self.manner.lengths), len(self.log) + 1), np.inf)
        for phone, (start, steps) in enumerate(zip(self.starts.tolist(), self.manner.lengths.tolist())):
            count = len(self.log) - steps + 1
            if count > 0:
                self.cost[phone, :count] = sum(each[k : k + count, start + k] for k in range(steps))
        off = self.log - np.log(quiet + FAINT)
        self.silence = 0.5 * (np.minimum((off**2 / 0.45).sum(axis=1), _WORST) + BANDS * np.log(0.45))

    def divided(self) -> list[_Said]:
        """Return the words of the cheapest division into phones and silences."""
        count, lengths = len(self.log), self.manner.lengths
        quiet = np.concatenate([[0.0], np.cumsum(self.silence)])
        # The least cost up to each step: inside a word, in a silence, and of these the lesser one.
        inside, between, least = (np.full(count + 1, np.inf) for _ in range(3))
        last, fresh = np.full(count + 1, -1), np.zeros(count + 1, bool)
        between[0] = least[0] = 0.0
        rows = np.arange(len(lengths))
        for end in range(1, count + 1):
            begin = end - lengths
            costs = np.where(begin >= 0, least[begin], np.inf) + self.cost[rows, begin]
            best = int(costs.argmin())
            inside[end], last[end] = costs[best], best
            between[end] = between[end - 1] + self.silence[end - 1]
            gap = end - _LEAST_GAP
            if gap >= 0 and inside[gap] + quiet[end] - quiet[gap] < between[end]:
                between[end], fresh[end] = inside[gap] + quiet[end] - quiet[gap], True
            least[end] = min(inside[end], between[end])
        return self.traced(between <= inside, last, fresh)

    def traced(self, silent, last, fresh) -> list[_Said]:
        """Return the words on the way back from the end.

        silent  (T + 1,) bool   whether it is best to be in a silence at a step
        last    (T + 1,) int    the phone that ends there, inside a word
        fresh   (T + 1,) bool   whether the silence is the shortest one: a word ends before it
        """
        words, current, at = [], [], len(self.log)
        quiet = silent[at]
        while at > 0:
            if quiet:
                quiet, at = not fresh[at], at - (_LEAST_GAP if fresh[at] else 1)
                continue
            current.append(int(last[at]))
            at -= int(self.manner.lengths[last[at]])
            quiet = silent[at]
            if quiet:
                words.append(self.said(current[::-1], at))
                current = []
        return words[::-1]

    def said(self, phones: list[int], start: int) -> _Said:
        """Return phones, as indices, that are said from a step on."""
        at, cost, off = start, 0.0, 0.0
        for phone in phones:
            steps, first = int(self.manner.lengths[phone]), int(self.starts[phone])
            span = slice(first, first + steps)
            cost += float(self.cost[phone, at])
            off += float(((self.log[at : at + steps] - self.means[span]) ** 2 / self.spreads[span]).sum())
            at += steps
        names = tuple(self.manner.names[phone] for phone in phones)
        return _Said(names, start, at, cost, off / max((at - start) * BANDS, 1))

    def louder(self, said: list[_Said]) -> float:
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

    def known(self, one: _Said) -> _Said:
        """Return a word as it was heard, or the word of the lexicon that it is nearly as like."""
        if word_of(one.phones) in lexicon() or word_of(one.phones) and one.off < _FITS:
            return one
        numbers = {name: number for number, name in enumerate(self.manner.names)}
        best = None
        for phones in lexicon().values():
            indices = [numbers[name] for name in phones]
            steps = int(self.manner.lengths[indices].sum())
            for start in range(max(one.start - 2, 0), one.start + 3):
                if abs(start + steps - one.end) <= 2 and start + steps <= len(self.log):
                    other = self.said(indices, start)
                    best = other if best is None or other.cost < best.cost else best
        limit = _NEAR if word_of(one.phones) is not None else np.inf
        return best if best is not None and best.cost < one.cost + limit else one
