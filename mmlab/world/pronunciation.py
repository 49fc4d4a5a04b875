"""Text to spoken words, and words to phones and back.

A word of the lexicon has its usual pronunciation; any other word is spelled by rules
that give every letter, and some groups of letters, a phone of its own. No two words
have the same phones: the second of two homophones begins with a short murmur (GL), so
that speech can be transcribed exactly.
"""

import re
import unicodedata
from functools import lru_cache

from mmlab.errors import InputError

UNITS = {
    "a": "AE",
    "b": "B",
    "c": "C",
    "d": "D",
    "e": "EH",
    "f": "F",
    "g": "G",
    "h": "HH",
    "i": "IH",
    "j": "JH",
    "k": "K",
    "l": "L",
    "m": "M",
    "n": "N",
    "o": "AA",
    "p": "P",
    "q": "Q",
    "r": "R",
    "s": "S",
    "t": "T",
    "u": "AH",
    "v": "V",
    "w": "W",
    "x": "X",
    "y": "Y",
    "z": "Z",
    "th": "TH",
    "sh": "SH",
    "ch": "CH",
    "ng": "NG",
    "ee": "IY",
    "oo": "UW",
    "ay": "EY",
    "oa": "OW",
    "ou": "AW",
    "oi": "OY",
    "er": "ER",
    "or": "AO",
    "igh": "AY",
}
_LETTERS = {phone: unit for unit, phone in UNITS.items()}
_UNIT = re.compile("|".join(sorted(UNITS, key=len, reverse=True)))
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SIGNS = {
    "%": "percent",
    "€": "euros",
    "$": "dollars",
    "£": "pounds",
    "&": "and",
    "+": "plus",
    "=": "equals",
    "°": "degrees",
    "@": "at",
    "×": "times",
}
_TOKEN = re.compile(r"[€$£]?\d[\d,]*(?:\.\d+)?|[a-z]+|[%€$£&+=°@×]|[.,;:!?\n]")

# The vocabulary of the world comes first, so that its words never get the murmur.
_LEXICON = """
a AH|an AE N|the DH AH|this DH IH S|there DH EH R|is IH Z|are AA R|on AA N|of AH V|to T UH|with W IH DH|and AE N D
shows SH OW Z|background B AE K G R AW N D|picture P IH K CH ER|image IH M IH JH|drawing D R AO IH NG|left L EH F T
right R AY T|above AH B AH V|below B IH L OW|small S M AO L|large L AA R JH|red R EH D|orange AO R IH N JH
yellow Y EH L OW|green G R IY N|cyan S AY AE N|blue B L UW|purple P ER P AH L|pink P IH NG K|black B L AE K
grey G R EY|white W AY T|circle S ER K AH L|circles S ER K AH L Z|square S K W EH R|squares S K W EH R Z
triangle T R AY AE NG G AH L|triangles T R AY AE NG G AH L Z|cross K R AO S|crosses K R AO S IH Z|star S T AA R
stars S T AA R Z|ring R IH NG|rings R IH NG Z|shape SH EY P|shapes SH EY P S|zero Z IY R OW|one W AH N|two T UW
three TH R IY|four F AO R|five F AY V|six S IH K S|seven S EH V AH N|eight EY T|nine N AY N|ten T EH N
eleven IH L EH V AH N|twelve T W EH L V|thirteen TH ER T IY N|fourteen F AO R T IY N|fifteen F IH F T IY N
sixteen S IH K S T IY N|seventeen S EH V AH N T IY N|eighteen EY T IY N|nineteen N AY N T IY N|twenty T W EH N T IY
thirty TH ER T IY|forty F AO R T IY|fifty F IH F T IY|sixty S IH K S T IY|seventy S EH V AH N T IY|eighty EY T IY
ninety N AY N T IY|hundred HH AH N D R AH D|thousand TH AW Z AH N D|million M IH L Y AH N|point P OY N T
how HH AW|many M EH N IY|what W AH T|colour K AH L ER|size S AY Z|kind K AY N D|more M AO R|larger L AA R JH ER
than DH AE N|yes Y EH S|no N OW
i AY|you Y UW|he HH IY|she SH IY|it IH T|we W IY|they DH EY|me M IY|my M AY|your Y AO R|our AW ER|her HH ER|his HH IH Z
be B IY|been B IH N|was W AA Z|were W ER|have HH AE V|has HH AE Z|had HH AE D|do D UW|does D AH Z|did D IH D
can K AE N|could K UH D|will W IH L|would W UH D|should SH UH D|may M EY|must M AH S T|not N AA T|or AO|but B AH T
if IH F|then DH EH N|that DH AE T|these DH IY Z|those DH OW Z|for F ER|from F R AH M|by B AY|at AE T|in IH N|into IH N T UW
up AH P|down D AW N|out AW T|over OW V ER|under AH N D ER|between B IH T W IY N|after AE F T ER|before B IH F AO R
who HH UW|when W EH N|where W EH R|why W AY|which W IH CH|all AO L|some S AH M|any EH N IY|each IY CH|every EH V R IY
both B OW TH|other AH DH ER|same S EY M|first F ER S T|second S EH K AH N D|third TH ER D|last L AE S T|next N EH K S T
new N UW|old OW L D|good G UH D|great G R EY T|please P L IY Z|thank TH AE NG K|thanks TH AE NG K S|hello HH AH L OW
call K AO L|say S EY|said S EH D|see S IY|look L UH K|show SH OW|tell T EH L|make M EY K|made M EY D|take T EY K
move M UW V|moves M UW V Z|turn T ER N|turns T ER N Z|appear AH P IH R|appears AH P IH R Z|open OW P AH N|close K L OW Z
start S T AA R T|stop S T AA P|play P L EY|put P UH T|find F AY N D|give G IH V|draw D R AO|read R IY D|write R AY T
time T AY M|today T UH D EY|tomorrow T UH M AA R OW|day D EY|week W IY K|month M AH N TH|year Y IY R|hour AW R
minute M IH N AH T|monday M AH N D EY|tuesday T UW Z D EY|wednesday W EH N Z D EY|thursday TH ER Z D EY
friday F R AY D EY|saturday S AE T ER D EY|sunday S AH N D EY|january JH AE N Y UW EH R IY|february F EH B R UW EH R IY
march M AA R CH|april EY P R IH L|june JH UW N|july JH UW L AY|august AO G AH S T|september S EH P T EH M B ER
october AA K T OW B ER|november N OW V EH M B ER|december D IH S EH M B ER
meeting M IY T IH NG|team T IY M|plan P L AE N|project P R AA JH EH K T|report R IH P AO R T|order AO R D ER
invoice IH N V OY S|total T OW T AH L|price P R AY S|cost K AO S T|euros Y UH R OW Z|dollars D AA L ER Z|pounds P AW N D Z
percent P ER S EH N T|number N AH M B ER|name N EY M|page P EY JH|text T EH K S T|word W ER D|words W ER D Z
model M AA D AH L|data D EY T AH|sound S AW N D|speech S P IY CH|voice V OY S|video V IH D IY OW|question K W EH S CH AH N
answer AE N S ER|people P IY P AH L|person P ER S AH N|customer K AH S T AH M ER|company K AH M P AH N IY
work W ER K|light L AY T|dark D AA R K|big B IH G|little L IH T AH L|long L AO NG|short SH AO R T|high HH AY|low L OW
water W AO T ER|house HH AW S|home HH OW M|world W ER L D|plus P L AH S|minus M AY N AH S|equals IY K W AH L Z
times T AY M Z|degrees D IH G R IY Z|budget B AH JH AH T|launch L AO N CH|ship SH IH P|send S EH N D|test T EH S T
b B IY|c S IY|d D IY|e IY|f EH F|g JH IY|h EY CH|j JH EY|k K EY|l EH L|m EH M|n EH N|o OW|p P IY|q K Y UW|r AA R
s EH S|t T IY|u Y UW|v V IY|w D AH B AH L Y UW|x EH K S|y W AY|z Z EH D
"""


def spoken(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are spoken: in lower case, with numbers written out.

    Accents, quotes, dashes and other scripts are dropped.

    raises  InputError  when it is not a str

    >>> spoken("Pay €12.50, i.e. 3 x 4!")
    ('pay', 'twelve', 'point', 'five', 'zero', 'euros', 'i', 'e', 'three', 'x', 'four')
    """
    return tuple(word for phrase in phrases(text) for word in phrase[0])


def phrases(text: str) -> list[tuple[list[str], str]]:
    """Return ([words], punctuation mark) of each phrase; the mark is "" at the end of a text without one."""
    if not isinstance(text, str):
        raise InputError(f"a {type(text).__name__} instead of a text", "a str", "pass a caption")
    plain = "".join(
        sign if sign in _SIGNS else unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
        for sign in text.lower().replace("'", "").replace("\u2019", "")
    )
    pairs, words = [], []
    for token in _TOKEN.findall(plain):
        if token in ".,;:!?\n":
            if words:
                pairs.append((words, token))
            words = []
        elif token in _SIGNS:
            words.append(_SIGNS[token])
        elif token.isalpha():
            words.append(token)
        else:
            words += _number(token.lstrip("€$£")) + [_SIGNS[sign] for sign in token[:1] if sign in _SIGNS]
    return pairs + ([(words, "")] if words else [])


def _number(digits: str) -> list[str]:
    """Return the words of a number in digits."""
    whole, _, part = digits.replace(",", "").partition(".")
    if len(whole) > 9 or whole[0] == "0" and len(whole) > 1:
        names = [_SMALL[int(digit)] for digit in whole]
    else:
        names = _cardinal(int(whole))
    return names + (["point", *(_SMALL[int(digit)] for digit in part)] if part else [])


def _cardinal(number: int) -> list[str]:
    """Return the words of an integer below a thousand million."""
    for size, name in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = _cardinal(number % size) if number % size else []
            return [*_cardinal(number // size), name, *rest]
    if number < 20:
        return [_SMALL[number]]
    return [_TENS[number // 10 - 2], *([_SMALL[number % 10]] if number % 10 else [])]


@lru_cache(maxsize=1)
def lexicon() -> dict[str, tuple[str, ...]]:
    """Return word → phones of the words that are not spelled by rule; no two have the same phones."""
    phones_by_word, used = {}, set()
    for entry in _LEXICON.replace("\n", "|").strip("|").split("|"):
        word, *phones = entry.split()
        while tuple(phones) in used:
            phones.insert(0, "GL")
        phones_by_word[word] = tuple(phones)
        used.add(tuple(phones))
    return phones_by_word


@lru_cache(maxsize=1)
def _words() -> dict[tuple[str, ...], str]:
    """Return phones → word of the lexicon."""
    return {phones: word for word, phones in lexicon().items()}


@lru_cache(maxsize=4096)
def phones_of(word: str) -> tuple[str, ...]:
    """Return the phones of one word in lower-case letters.

    >>> phones_of("star"), phones_of("zig")
    (('S', 'T', 'AA', 'R'), ('Z', 'IH', 'G'))
    """
    if word in lexicon():
        return lexicon()[word]
    spelled = tuple(UNITS[unit] for unit in _UNIT.findall(word))
    while spelled in _words():
        spelled = ("GL", *spelled)
    return spelled


def word_of(phones) -> str | None:
    """Return the word with these phones, or None when no word has them.

    >>> word_of(("S", "T", "AA", "R")), word_of(("Z", "IH", "G")), word_of(("DH", "ZH"))
    ('star', 'zig', None)
    """
    phones = tuple(phones)
    if phones in _words():
        return _words()[phones]
    bare = phones
    while bare and bare[0] == "GL":
        bare = bare[1:]
    word = "".join(_LETTERS.get(phone, "?") for phone in bare)
    return word if word and "?" not in word and phones_of(word) == phones else None
