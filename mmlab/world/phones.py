"""The phones of speech as formant recipes, in steps of five milliseconds.

A phone consists of a few segments. In each, the voice or breath excites three
formants, and noise around some frequency may be added. The vowels follow Peterson and
Barney 1952; the consonants have their usual loci and noises. The phones are slightly
further apart than in human speech, so that each can be recognised.
"""

from typing import NamedTuple

STEP = 0.005  # seconds
GAP = 14  # steps of silence between two words


class Segment(NamedTuple):
    """One segment of a phone.

    steps               int    its length
    first, second, third  Hz   the formants
    voice, breath       float  amplitudes of the two sources of the formants
    hiss                float  amplitude of the noise that bypasses the formants
    centre, width       Hz     the band of that noise
    """

    steps: int
    first: float
    second: float
    third: float
    voice: float = 0.0
    breath: float = 0.0
    hiss: float = 0.0
    centre: float = 2000.0
    width: float = 1000.0


def _vowel(steps: int, *targets: tuple) -> tuple[Segment, ...]:
    """Return a vowel, or a diphthong that moves through its targets."""
    each = steps // len(targets)
    return tuple(Segment(each, *formants, voice=1.0) for formants in targets)


def _held(steps: int, formants: tuple, voice: float) -> tuple[Segment, ...]:
    """Return a consonant that is synthesised as a weaker vowel: a nasal, liquid or glide."""
    return (Segment(steps, *formants, voice=voice),)


def _hissed(
    hiss: float, centre: float, width: float, *, voice: float = 0.0, steps: int = 20
) -> tuple[Segment, ...]:
    """Return a fricative, voiced or not."""
    return (Segment(steps, 260, 1500, 2500, voice, 0.0, hiss, centre, width),)


def _stopped(closed: int, locus: tuple, hiss: float, centre: float, width: float, *, voiced=False, burst=5):
    """Return a stop: a closure and a burst."""
    formants = (230, *locus)
    if voiced:
        return (
            Segment(closed, *formants, voice=0.3),
            Segment(burst, *formants, 0.3, 0.0, hiss, centre, width),
        )
    return (
        Segment(closed, *formants),
        Segment(burst, *formants, 0.0, 0.0, hiss, centre, width),
        Segment(5, 450, *locus, breath=0.3),
    )


PHONES: dict[str, tuple[Segment, ...]] = {
    "IY": _vowel(24, (280, 2300, 3010)),
    "IH": _vowel(18, (410, 1980, 2560)),
    "EH": _vowel(20, (550, 1800, 2480)),
    "AE": _vowel(26, (690, 1640, 2400)),
    "AA": _vowel(26, (770, 1080, 2450)),
    "AO": _vowel(24, (560, 800, 2500)),
    "UH": _vowel(16, (450, 1050, 2250)),
    "UW": _vowel(24, (300, 780, 2200)),
    "AH": _vowel(18, (620, 1320, 2450)),
    "ER": _vowel(24, (480, 1330, 1680)),
    "EY": _vowel(28, (500, 1850, 2500), (310, 2250, 2900)),
    "AY": _vowel(30, (760, 1150, 2450), (360, 2100, 2700)),
    "OW": _vowel(28, (560, 950, 2400), (330, 760, 2250)),
    "AW": _vowel(30, (750, 1250, 2450), (350, 850, 2250)),
    "OY": _vowel(30, (550, 800, 2450), (360, 2050, 2600)),
    "M": _held(16, (250, 880, 2100), 0.42),
    "N": _held(16, (270, 1650, 2600), 0.5),
    "NG": _held(18, (270, 2150, 2750), 0.5),
    "L": _held(16, (420, 1150, 3050), 0.7),
    "R": _held(16, (340, 1080, 1480), 0.65),
    "W": _held(14, (290, 620, 2250), 0.6),
    "Y": _held(14, (260, 2350, 3150), 0.55),
    "HH": (Segment(16, 520, 1500, 2500, breath=0.45),),
    "F": _hissed(0.13, 1200, 1500),
    "V": _hissed(0.08, 1200, 1500, voice=0.3, steps=16),
    "TH": _hissed(0.10, 3200, 500),
    "DH": _hissed(0.07, 3200, 500, voice=0.3, steps=16),
    "S": _hissed(0.55, 4500, 600, steps=22),
    "Z": _hissed(0.36, 4500, 600, voice=0.3, steps=18),
    "SH": _hissed(0.35, 2500, 600, steps=22),
    "ZH": _hissed(0.22, 2500, 600, voice=0.3, steps=18),
    "X": _hissed(0.20, 1500, 350, steps=20),
    "P": _stopped(9, (850, 2150), 0.30, 600, 400),
    "B": _stopped(11, (850, 2150), 0.25, 600, 400, voiced=True),
    "T": _stopped(11, (1750, 2750), 0.50, 3700, 900),
    "D": _stopped(13, (1750, 2750), 0.40, 3700, 900, voiced=True),
    "K": _stopped(13, (1850, 2300), 0.35, 1800, 400),
    "G": _stopped(15, (1850, 2300), 0.30, 1800, 400, voiced=True),
    "C": _stopped(9, (2250, 3000), 0.40, 2800, 350, burst=9),
    "Q": _stopped(12, (1050, 2300), 0.40, 1100, 300, burst=9),
    "CH": _stopped(8, (1850, 2600), 0.38, 2400, 500, burst=15),
    "JH": _stopped(9, (1850, 2600), 0.28, 2400, 500, voiced=True, burst=12),
    "GL": _held(12, (200, 520, 1250), 0.45),
}
VOWELS = frozenset(("IY", "IH", "EH", "AE", "AA", "AO", "UH", "UW", "AH", "ER", "EY", "AY", "OW", "AW", "OY"))


def length(phone: str, rate: float) -> int:
    """Return the number of steps of a phone in a voice whose phones are `rate` times as long."""
    return sum(stretched(phone, rate))


def stretched(phone: str, rate: float) -> list[int]:
    """Return the number of steps of each segment of a phone; bursts keep their length."""
    return [segment.steps if segment.steps < 7 else round(segment.steps * rate) for segment in PHONES[phone]]
