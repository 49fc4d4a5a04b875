"""The students of a roster, matches by what an export says of them: an id, a number, an e-mail address or a name."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from unicodedata import category

from mmlab.instructor.unicode_names import canonical

if TYPE_CHECKING:
    from mmlab.instructor.grading.gradebook.roster import Person

MAX_ID = 100  # characters


def safe_id(text: str) -> str:
    """Return a text as a student's id, which is the name of a folder: in NFC, with "_" for other characters.

    Combining marks stay, because in many scripts they tell two names apart.

    >>> safe_id(" Zoe\\u0308 O'Neil "), safe_id("../ann"), safe_id("a__b")
    ('Zoë_O_Neil', 'ann', 'a__b')
    """
    characters = (
        character if re.match(r"[\w.@+-]", character) or category(character)[0] == "M" else "\0"
        for character in canonical(text.strip())
    )
    return re.sub("\0+", "_", "".join(characters)).strip("._")[:MAX_ID]


class KnownStudents:
    """A roster's students. Each method returns an id of the roster, or None if none or several fit.

    people  the people of the roster; empty if there is no roster
    """

    def __init__(self, people: Iterable["Person"] = ()):
        people = list(people)
        self._exact = {person.id for person in people}
        self._ids: dict[str, set[str]] = {}
        self._numbers: dict[str, set[str]] = {}
        self._names: dict[str, set[str]] = {}
        aliases: dict[str, set[str]] = {}
        for person in people:
            details = person.details
            for text in (person.id, details.get("email", "")):
                _add(self._ids, _folded(text), person.id)
            for text in person.aliases:
                _add(aliases, _folded(text), person.id)
            _add(self._numbers, details.get("lms_user_id", ""), person.id)
            first, last = details.get("first_name", ""), details.get("last_name", "")
            for name in (first + last, last + first):
                _add(self._names, _letters(name), person.id)
        self._ids = aliases | self._ids  # an id or e-mail address counts before another student's login

    def __bool__(self) -> bool:
        return bool(self._ids)

    def by_id(self, text: str) -> str | None:
        """Return the student with this id or e-mail address."""
        exact = canonical(text.strip())
        return exact if exact in self._exact else _only(self._ids, _folded(text))

    def by_number(self, text: str) -> str | None:
        """Return the student with this number in the LMS (`lms_user_id`)."""
        return _only(self._numbers, text)

    def by_name(self, text: str) -> str | None:
        """Return the student whose first and last name are these, in either order."""
        return _only(self._names, _letters(text))

    def at_end(self, text: str, separator: str = "_") -> str | None:
        """Return the student whose id ends a text, after a separator; the longest id, if several do."""
        parts = text.split(separator)
        tails = (separator.join(parts[index:]) for index in range(1, len(parts)))
        return next(filter(None, map(self.by_id, tails)), None)


def _add(index: dict[str, set[str]], key: str, student: str) -> None:
    if key:
        index.setdefault(key, set()).add(student)


def _only(index: dict[str, set[str]], key: str) -> str | None:
    matches = index.get(key, set()) if key else set()
    return next(iter(matches)) if len(matches) == 1 else None


def _folded(text: str) -> str:
    return safe_id(text).casefold()


def _letters(text: str) -> str:
    """Return a name's letters, marks and digits only, because an LMS drops spaces, commas and apostrophes."""
    return "".join(character for character in canonical(text).casefold() if category(character)[0] in "LMN")
