"""Unusual right answers of redact_pii."""

from mmlab.instructor.authoring.exercise import Answer

BEFORE, AFTER = r'before, after = r"(?<!\w)(?<!\d[-.])"', r'r"(?!\w)(?![-.]\d)"'


def function_of_the_match(text):
    import re

    text = re.sub(r"[\w.%+-]+@(?:[A-Za-z\d-]+\.)+[A-Za-z]{2,}", "[EMAIL]", text, flags=re.ASCII)
    sep, number = "[-. ]", r"[0-9]{3}[-. ][0-9]{4}"
    area = rf"(?:[(][0-9]{{3}}[)]{sep}?|[0-9]{{3}}{sep})"
    forms = [rf"[+]1{sep}?{area}{number}", rf"1{sep}{area}{number}", rf"{area}{number}", r"[+]1[0-9]{10}"]
    kinds = {"[SSN]": ["[0-9]{3}-[0-9]{2}-[0-9]{4}", "[0-9]{3} [0-9]{2} [0-9]{4}"], "[PHONE]": forms}

    def checked(match):
        before, after = text[: match.start()], text[match.end() :]
        joined = re.search(r"\w\Z|\d[-.]\Z", before) or re.match(r"\w|[-.]\d", after)
        return match[0] if joined else mark

    for mark, patterns in kinds.items():
        for pattern in patterns:
            text = re.sub(rf"(?<!\w)(?<!\d[-.]){pattern}(?!\w)(?![-.]\d)", checked, text)
    return text


def one_pattern(text):
    import re

    pattern = r"""
        (?P<EMAIL> [A-Za-z0-9._%+-]+ @ (?:[A-Za-z0-9-]+[.])+ [A-Za-z]{2,} )
      | (?<!\w)(?<!\d[-.]) (?:
            (?P<SSN> \d{3} (?: -\d{2}- | [ ]\d{2}[ ] ) \d{4} )
          | (?P<PHONE> [+]1\d{10}
              | (?: [+]1[-. ]? | 1[-. ] )? (?: [(]\d{3}[)] [-. ]? | \d{3}[-. ] ) \d{3} [-. ] \d{4} )
        ) (?!\w)(?![-.]\d)
    """
    return re.sub(pattern, lambda match: f"[{match.lastgroup}]", text, flags=re.VERBOSE)


def place_by_place(text):
    import re

    local = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-"
    ways = {
        "[EMAIL]": [r"[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z]+"],
        "[SSN]": [r"\d\d\d-\d\d-\d\d\d\d", r"\d\d\d \d\d \d\d\d\d"],
        "[PHONE]": [
            lead + area + r"\d\d\d[-. ]\d\d\d\d"
            for lead in (r"\+1[-. ]?", "1[-. ]", "")
            for area in (r"\(\d\d\d\)[-. ]?", r"\d\d\d[-. ]")
        ]
        + [r"\+1\d{10}"],
    }
    out, here = "", 0
    while here < len(text):
        for mark, patterns in ways.items():
            match = next(filter(None, (re.compile(way).match(text, here) for way in patterns)), None)
            if match is None:
                continue
            if mark == "[EMAIL]":
                alone = here == 0 or text[here - 1] not in local
            else:
                alone = re.search(r"(\w|\d[-.])\Z", text[:here]) is None
                alone = alone and re.match(r"\w|[-.]\d", text[match.end() :]) is None
            if alone:
                out, here = out + mark, match.end()
                break
        else:
            out, here = out + text[here], here + 1
    return out


ANSWERS = (
    Answer("function_of_the_match", function_of_the_match, "one form after the other, each looked at twice"),
    Answer("one_pattern", one_pattern, "one pattern with named groups"),
    Answer("place_by_place", place_by_place, "a scanner"),
)
