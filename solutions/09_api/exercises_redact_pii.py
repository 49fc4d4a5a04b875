"""redact_pii: texts with personal data and with what only looks like it; wrong patterns and right ones.

Every number and address is made up as it is drawn: telephone numbers from the range kept for
fiction, social security numbers that are never issued, domains that nobody can own.
The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import numpy as np

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def drawn(rng: np.random.Generator) -> dict[str, str]:
    """Return the parts of one person's data: a, b, c of a telephone number, s, t, u of a social security number."""
    names = rng.permutation(["ada", "grace.h", "li_wei", "o-neil", "sam+shop", "x99"])
    hosts = rng.permutation(["mail.example", "a-b.example", "post.shop.example", "example"])
    name, host = str(names[0]), str(hosts[0])
    return {
        "a": f"{int(rng.integers(201, 990))}", "b": "555", "c": f"01{int(rng.integers(0, 100)):02}",
        "s": ("000", "666")[int(rng.integers(2))], "t": f"{int(rng.integers(10, 99))}",
        "u": f"{int(rng.integers(1000, 9999))}", "mail": "@".join((name, f"{host}.org")), "name": name, "at": "@",
        "d": f"{int(rng.integers(2, 10))}",
    }  # fmt: skip


HELD = (
    "My number is {s}-{t}-{u}.", "SSN {s} {t} {u}, as on the card", "({s}-{t}-{u})", "{s}-{t}-{u}",
    "Call {a}-{b}-{c} today.", "call {a}.{b}.{c}", "fax {a} {b} {c}; ask for Lin", "Call ({a}) {b}-{c}.",
    "call ({a}){b}.{c}, please", "+1 {a} {b} {c}", "+1-{a}-{b}-{c}!", "+1{a}{b}{c} or +1{a}{b}{c}", "1-{a}-{b}-{c}",
    "tel: +1 ({a}) {b}-{c}", "Write to {mail}.", "<{mail}>", "{mail}|a table", "{mail}, {mail}\n{mail}",
    "Ann,{a}-{b}-{c},{mail},{s}-{t}-{u}\nBob,,,", "Two of them: {a}-{b}-{c}/{a}.{b}.{c}",
)  # fmt: skip
NEAR = (
    "order {a}{b}{c} of today", "part {d}{a}-{b}-{c}", "part {a}-{b}-{c}{d}", "batch {a}-{b}-{c}-{d}",
    "batch {d}-{a}-{b}-{c}", "version {d}.{a}.{b}.{c}", "serial SN{a}-{b}-{c}", "item {s}-{t}-{u}{d}",
    "item {d}{s}-{t}-{u}", "row {s}-{t}-{u}-{d}", "file {s}{t}{u}", "the local {b}-{c}", "{a}-{b}{c} pieces",
    "card {u} {u} {u} {u}", "2026-11-21, 18:55, 1{d}.{t} EUR", "ask {at}{name} or {name}{at}home", "x{at}y.z|w",
    "Nothing personal here: 3 red circles, 2 stars.", "",
)  # fmt: skip


def cases_for_redact_pii(rng: np.random.Generator) -> list[dict]:
    """Return texts that hold personal data, and near misses; each with data of its own."""
    texts = [text.format_map(drawn(rng)) for text in (*HELD, *NEAR)]
    both = [" / ".join((HELD[one], NEAR[other])).format_map(drawn(rng)) for one, other in ((0, 7), (7, 1), (14, 15))]
    return [{"args": [text], "kwargs": {}} for text in texts + both]


def redact_pii__pipe_among_the_letters(text):
    import re

    before, after = r"(?<!\w)(?<!\d[-.])", r"(?!\w)(?![-.]\d)"
    text = re.sub(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Z|a-z]{2,}", "[EMAIL]", text)
    text = re.sub(before + r"\d{3}([- ])\d{2}\1\d{4}" + after, "[SSN]", text)
    grouped = r"(?:\+1[-. ]?|1[-. ])?(?:\(\d{3}\)[-. ]?|\d{3}[-. ])\d{3}[-. ]\d{4}"
    return re.sub(before + rf"(?:{grouped}|\+1\d{{10}})" + after, "[PHONE]", text)


def redact_pii__any_ten_digits(text):
    import re

    before, after = r"(?<!\w)(?<!\d[-.])", r"(?!\w)(?![-.]\d)"
    text = re.sub(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}", "[EMAIL]", text)
    text = re.sub(before + r"\d{3}([- ])\d{2}\1\d{4}" + after, "[SSN]", text)
    grouped = r"(?:\+1[-. ]?|1[-. ])?(?:\(\d{3}\)[-. ]?|\d{3}[-. ]?)\d{3}[-. ]?\d{4}"
    return re.sub(before + grouped + after, "[PHONE]", text)


def redact_pii__no_edges(text):
    import re

    text = re.sub(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}", "[EMAIL]", text)
    text = re.sub(r"\d{3}([- ])\d{2}\1\d{4}", "[SSN]", text)
    grouped = r"(?:\+1[-. ]?|1[-. ])?(?:\(\d{3}\)[-. ]?|\d{3}[-. ])\d{3}[-. ]\d{4}"
    return re.sub(rf"{grouped}|\+1\d{{10}}", "[PHONE]", text)


def redact_pii__no_brackets(text):
    import re

    before, after = r"(?<!\w)(?<!\d[-.])", r"(?!\w)(?![-.]\d)"
    text = re.sub(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}", "[EMAIL]", text)
    text = re.sub(before + r"\d{3}([- ])\d{2}\1\d{4}" + after, "[SSN]", text)
    grouped = r"(?:\+1[-. ]?|1[-. ])?\d{3}[-. ]\d{3}[-. ]\d{4}"
    return re.sub(before + rf"(?:{grouped}|\+1\d{{10}})" + after, "[PHONE]", text)


def redact_pii__leaves_the_opening_bracket(text):
    import re

    before, after = r"(?<!\w)(?<!\d[-.])", r"(?!\w)(?![-.]\d)"
    text = re.sub(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}", "[EMAIL]", text)
    text = re.sub(before + r"\d{3}([- ])\d{2}\1\d{4}" + after, "[SSN]", text)
    grouped = r"(?:\+1[-. ]?|1[-. ])?\b\(?(?:\d{3}\)[-. ]?|\d{3}[-. ])\d{3}[-. ]\d{4}"
    return re.sub(before + rf"(?:{grouped}|\+1\d{{10}})" + after, "[PHONE]", text)


def redact_pii__hyphens_only(text):
    import re

    before, after = r"(?<!\w)(?<!\d[-.])", r"(?!\w)(?![-.]\d)"
    text = re.sub(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}", "[EMAIL]", text)
    text = re.sub(before + r"\d{3}-\d{2}-\d{4}" + after, "[SSN]", text)
    grouped = r"(?:\+1[-. ]?|1[-. ])?(?:\(\d{3}\)[-. ]?|\d{3}[-. ])\d{3}[-. ]\d{4}"
    return re.sub(before + rf"(?:{grouped}|\+1\d{{10}})" + after, "[PHONE]", text)


def redact_pii__no_country_code(text):
    import re

    before, after = r"(?<!\w)", r"(?!\w)(?![-.]\d)"
    text = re.sub(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}", "[EMAIL]", text)
    text = re.sub(before + r"(?<!\d[-.])\d{3}([- ])\d{2}\1\d{4}" + after, "[SSN]", text)
    before += r"(?<![02-9][-.])(?<!\w1[-.])"  # a 1 and a dash may stand in front, and stay
    return re.sub(before + r"(?:\(\d{3}\)[-. ]?|\d{3}[-. ])\d{3}[-. ]\d{4}" + after, "[PHONE]", text)


def redact_pii__one_pattern(text):
    import re

    pattern = r"""
        (?P<EMAIL> [A-Za-z0-9._%+-]+ @ (?:[A-Za-z0-9-]+[.])+ [A-Za-z]{2,} )
      | (?<!\w)(?<!\d[-.]) (?:
            (?P<SSN> \d{3} (?: -\d{2}- | [ ]\d{2}[ ] ) \d{4} )
          | (?P<PHONE> [+]1\d{10}
              | (?: [+]1[-. ]? | 1[-. ] )? (?: [(]\d{3}[)] [-. ]? | \d{3}[-. ] ) \d{3} [-. ] \d{4} )
        ) (?!\w)(?![-.]\d)
    """
    return re.sub(pattern, lambda found: f"[{found.lastgroup}]", text, flags=re.VERBOSE)


def redact_pii__place_by_place(text):
    import re

    local = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-"
    ways = {
        "[EMAIL]": [r"[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z]+"],
        "[SSN]": [r"\d\d\d-\d\d-\d\d\d\d", r"\d\d\d \d\d \d\d\d\d"],
        "[PHONE]": [lead + area + r"\d\d\d[-. ]\d\d\d\d" for lead in (r"\+1[-. ]?", "1[-. ]", "")
                    for area in (r"\(\d\d\d\)[-. ]?", r"\d\d\d[-. ]")] + [r"\+1\d{10}"],
    }  # fmt: skip
    out, here = "", 0
    while here < len(text):
        for mark, patterns in ways.items():
            found = next(filter(None, (re.compile(way).match(text, here) for way in patterns)), None)
            if found is None:
                continue
            if mark == "[EMAIL]":
                alone = here == 0 or text[here - 1] not in local
            else:
                alone = re.search(r"(\w|\d[-.])$", text[:here]) is None
                alone = alone and re.match(r"\w|[-.]\d", text[found.end() :]) is None
            if alone:
                out, here = out + mark, found.end()
                break
        else:
            out, here = out + text[here], here + 1
    return out


EXERCISE = Exercise(
    name="redact_pii",
    difficulty=3,
    importance=4,
    minutes=20,
    hints=(
        "An edge is a question about a neighbour that is not part of the match: `(?<!\\w)` says that no letter or "
        "digit stands before, `(?<!\\d[-.])` that no digit with a dash or dot does, `(?!\\w)` and `(?![-.]\\d)` the "
        "same of what follows. `\\b` knows less: a dash and a dot are edges to it, and so is an opening bracket.",
        "`([- ])` catches a separator and `\\1` asks for the same one again.",
        "Three calls of re.sub do: one each for e-mail addresses, SSNs and telephone numbers. The area code is either "
        "`\\(\\d{3}\\)[-. ]?` or `\\d{3}[-. ]`, and `(?:…)?` in front makes the country code optional.",
    ),
    driver=Driver("call"),
    cases=cases_for_redact_pii,
    compare=Compare("equal"),
    misconceptions=(
        Misconception(
            redact_pii__pipe_among_the_letters,
            "your addresses run on over a |, which [A-Z|a-z] counts among the letters",
            "write [A-Za-z]: inside brackets a | is a letter like any other",
        ),
        Misconception(
            redact_pii__any_ten_digits,
            "your telephone numbers include any ten digits in a row, such as an order's number",
            "ask for separators between the groups, or for +1 in front",
        ),
        Misconception(
            redact_pii__no_edges,
            "your patterns find numbers inside longer ones, such as a part's number",
            "ask about the neighbours: (?<!…) in front and (?!…) behind",
        ),
        Misconception(
            redact_pii__no_brackets,
            "your telephone numbers miss those with the area code in parentheses",
            r"allow \(\d{3}\) for the area code",
        ),
        Misconception(
            redact_pii__leaves_the_opening_bracket,
            "your pattern leaves the opening bracket of the area code behind",
            r"use (?<!\w) in place of \b: between a blank and a bracket there is no \b",
        ),
        Misconception(
            redact_pii__hyphens_only,
            "your social security numbers miss those with blanks",
            r"allow both separators: ([- ]), and \1 for the second",
        ),
        Misconception(
            redact_pii__no_country_code,
            "your telephone numbers begin after the country code, which stays, or are missed with it",
            "let +1, or 1 and a separator, stand in front as part of the number",
        ),
    ),
    alternates=(redact_pii__one_pattern, redact_pii__place_by_place),
)
