"""The columns of a roster, also as Canvas, Moodle, Brightspace, ILIAS and Excel name them.

A file whose headings are all ours must contain nothing else, so that a misspelt heading is noticed. A file with
an LMS's headings may have further columns, which are ignored.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches

OURS = ("id", "first_name", "last_name", "email", "lms_user_id", "extension")
# Our column → the headings of LMSs, the best first; spaces, hyphens and case do not matter
THEIRS = {
    "id": "username user_name login login_id sis_login_id anmeldename benutzername nom_d_utilisateur "
    "nombre_de_usuario orgdefinedid org_defined_id student_id id_number student_number sis_user_id sis_id sid "
    "matriculation_number matrikelnummer id_nummer",
    "first_name": "firstname given_name forename vorname prénom nombre",
    "last_name": "lastname surname family_name nachname nom apellido_s",
    "full_name": "full_name student_name student vollständiger_name",
    "email": "email_address e_mail e_mail_address mail e_mail_adresse adresse_de_courriel dirección_de_correo",
    "lms_user_id": "lms_id identifier teilnehmer_innen_nr",
}
ALIASES = {heading: ours for ours, headings in THEIRS.items() for heading in headings.split()}
SHORTENED = re.compile(
    r"\d[.,]?\d*E\+\d+|\d+[.,]0", re.IGNORECASE
)  # how spreadsheets write long and whole numbers
FORMULA = re.compile(r'^="([^"]*)"$')  # how exports make Excel keep the zeros at the beginning of an id


@dataclass(frozen=True)
class Columns:
    """Where a file has which of our columns.

    names   for each column of the file, ours, or None if it is ignored
    ids     the columns that can serve as the id, the best first
    canvas  whether it is Canvas's gradebook, which has rows without a student
    theirs  whether the headings are an LMS's
    """

    names: tuple[str | None, ...]
    ids: tuple[int, ...]
    canvas: bool
    theirs: bool


def plain(heading: str) -> str:
    """Return a heading in lower case, with "_" for everything that is no letter or digit.

    >>> plain(" SIS Login ID"), plain("E-Mail-Adresse")
    ('sis_login_id', 'e_mail_adresse')
    """
    return re.sub(r"\W+", "_", heading.strip().lower()).strip("_")


def columns_of(header: list[str]) -> Columns:
    """Return which column of a file is which of ours; unknown headings count as ours only in our own files."""
    headings = [plain(text) for text in header]
    theirs = any(heading in ALIASES for heading in headings)
    canvas = {"student", "id"} <= set(headings) and bool(
        {"section", "sis_login_id", "sis_user_id"} & set(headings)
    )
    names: list[str | None] = []
    for heading in headings:
        name = heading if heading in OURS else ALIASES.get(heading)
        if canvas and heading == "id":
            name = "lms_user_id"
        names.append(name if name or theirs else heading)
    order = (
        ["id"] * (not canvas) + THEIRS["id"].split() + ["email", *THEIRS["email"].split()] + ["id"] * canvas
    )
    ids = [headings.index(heading) for heading in order if heading in headings]
    if not theirs:
        ids = [headings.index("id")] if "id" in headings else []
    return Columns(tuple(names), tuple(ids), canvas, theirs)


def misspelt(header: list[str]) -> str | None:
    """Return a heading that was probably meant as "extension", None if there is none."""
    unknown = [text for text in header if plain(text) != "extension"]
    near = get_close_matches("extension", [plain(text) for text in unknown], 1, 0.8)
    return next((text for text in unknown if near and plain(text) == near[0]), None)


def split_name(text: str) -> tuple[str, str]:
    """Return first and last name of a full name.

    >>> split_name("Smith, Ann Marie"), split_name("Ann Marie Smith"), split_name("Ann")
    (('Ann Marie', 'Smith'), ('Ann Marie', 'Smith'), ('Ann', ''))
    """
    if "," in text:
        last, _, first = text.partition(",")
        return first.strip(), last.strip()
    first, _, last = text.strip().rpartition(" ")
    return (first, last) if first else (last, "")
