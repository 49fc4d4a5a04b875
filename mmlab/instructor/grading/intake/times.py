"""Read the time of a submission as LMSs, nbgrader and people write it, or say that it cannot be read.

A time needs a date, an hour and minutes. Its zone is an offset, a zone's name or a known abbreviation. A time
without a zone is in the course's zone (`c.Exchange.timezone` in nbgrader_config.py), else in UTC. An
abbreviation that several zones share, such as IST, or CST in America and China, counts only if the course's
zone uses it; a course in America may also mean its neighbour's CST.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from mmlab.instructor.grading.intake.json_recovery import printable

MAX_OFFSET = timedelta(hours=14)
# Abbreviation → hours east of UTC. CET, EET, MET and WET are names in the time zone database, with summer time.
ABBREVIATIONS = {
    **dict.fromkeys(("Z", "UTC", "UT", "GMT"), 0.0),
    **{"WEST": 1, "BST": 1, "CEST": 2, "MEST": 2, "MEZ": 1, "MESZ": 2, "EEST": 3, "MSK": 3, "TRT": 3},
    **{"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7},
    **{"AKST": -9, "AKDT": -8, "HST": -10, "ADT": -3, "NST": -3.5, "NDT": -2.5, "BRT": -3, "ART": -3},
    **{"JST": 9, "KST": 9, "HKT": 8, "SGT": 8, "PHT": 8, "ICT": 7, "WIB": 7, "PKT": 5, "NPT": 5.75},
    **{"AEST": 10, "AEDT": 11, "ACST": 9.5, "ACDT": 10.5, "AWST": 8, "NZST": 12, "NZDT": 13},
    **{"SAST": 2, "CAT": 2, "EAT": 3, "WAT": 1},
}
SEASONAL = ("CET", "EET", "MET", "WET")
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
COMPACT_CLOCK = r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?:\.?(?P<fraction>\d{3,9}))?"
NAMED_MONTH = r"(?:(?P<month>[A-Za-z]{3,9})\.? (?P<day>\d{1,2})|(?P<day_>\d{1,2})\.? (?P<month_>[A-Za-z]{3,9})\.?),? (?P<year>\d{4}),?"
LETTERED_CLOCK = r"(?P<hour>\d{1,2}):?(?P<minute>\d\d)(?::(?P<second>\d\d))?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
AMBIGUOUS_CLOCK = re.compile(r" \d{3}$")  # 559: in the morning or in the evening?
FORMATS = tuple(
    re.compile(rf"{text}\s*(?P<zone>.*)", re.DOTALL)
    for text in (
        rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?:[Tt_]|\s+){CLOCK}",
        rf"(?P<year>\d{{4}})/(?P<month>\d\d)/(?P<day>\d\d)\s+{CLOCK}",
        r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)[-_ ](?P<hour>\d\d)-(?P<minute>\d\d)(?:-(?P<second>\d\d))?",
        rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d)[Tt_-]?{COMPACT_CLOCK}",
        rf"(?:[A-Za-z]{{3,9}},? )?{NAMED_MONTH}(?: at)? {LETTERED_CLOCK}",
    )
)
OFFSET = re.compile(r"(?:UTC|GMT|UT)?\s*([+\u2212-])(\d{1,2})(?::?(\d\d))?")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)+|[A-Za-z]{1,5}")


@dataclass(frozen=True)
class Time:
    """A time of submission.

    utc      ISO 8601 in UTC; None if there is no time, or it cannot be read
    problem  why it cannot be read, "" if it can
    assumed  whether its zone was assumed to be UTC, because neither the text nor the course names one
    """

    utc: str | None = None
    problem: str = ""
    assumed: bool = False


def read(text: str, zone: tzinfo | None = None) -> Time:
    """Return the time that a text gives; a text of white space gives none.

    zone  the course's time zone, for times that name none

    >>> read("2026-07-20 17:59:01 CEST").utc, read("Jul 20, 2026 559 PM").utc
    ('2026-07-20T15:59:01+00:00', '2026-07-20T17:59:00+00:00')
    >>> read("20.07.2026 23:59").problem
    "the time '20.07.2026 23:59' cannot be read"
    """
    text = " ".join(text.split())  # the narrow space of "5:59\u202fPM" too
    if not text:
        return Time()
    unreadable = Time(problem=f"the time {printable(text)!r} cannot be read")
    match = (
        None
        if AMBIGUOUS_CLOCK.search(text)
        else next(filter(None, (form.fullmatch(text) for form in FORMATS)), None)
    )
    try:
        naive = match and _naive(match.groupdict())
        if naive is None:
            return unreadable
        name = match["zone"].strip()
        if not name:
            aware, assumed = naive.replace(tzinfo=zone or UTC), zone is None
        else:
            aware, assumed = _in_zone(naive, name, zone), False
        return Time(aware.astimezone(UTC).isoformat(), assumed=assumed) if aware else unreadable
    except (ValueError, OverflowError):
        return unreadable


def moment(text: str, zone: tzinfo | None = None) -> str | None:
    """Return a time as ISO 8601 in UTC; None if the text is not a time.

    >>> moment("2026-02-03 04:05:06.789 CET"), moment("20260203T040506"), moment("soon")
    ('2026-02-03T03:05:06.789000+00:00', '2026-02-03T04:05:06+00:00', None)
    """
    return read(text, zone).utc


def _naive(parts: dict[str, str | None]) -> datetime | None:
    """Return the date and time of a match, without a zone; None for an unknown month or an hour without AM or PM."""
    month, day = parts.get("month") or parts.get("month_"), parts.get("day") or parts.get("day_")
    if not month.isdecimal():
        if month[:3].lower() not in MONTHS:
            return None
        month = 1 + MONTHS.index(month[:3].lower())
    hour = int(parts["hour"])
    if half := parts.get("half"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (half in "pP")
    micro = int((parts.get("fraction") or "0").ljust(6, "0")[:6])
    second = int(parts.get("second") or 0)
    return datetime(int(parts["year"]), int(month), int(day), hour, int(parts["minute"]), second, micro)


def _in_zone(naive: datetime, name: str, zone: tzinfo | None) -> datetime | None:
    """Return a time in the zone that its text names, None if the name is unknown or shared by several zones."""
    from dateutil import tz

    name = re.sub(
        r"(?<=\S)\s*(?:\([^()]*\)|\[[^][]*\])$", "", name
    )  # "+0200 (CEST)", "+02:00[Europe/Berlin]"
    name = re.sub(r"^\((.*)\)$", r"\1", name)
    if match := OFFSET.fullmatch(name):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if offset > MAX_OFFSET or int(match[3] or 0) > 59:
            return None
        return naive.replace(tzinfo=timezone(offset if match[1] == "+" else -offset))
    if not NAME.fullmatch(name):
        return None
    if "/" in name:
        named_zone = tz.gettz(name)
        return naive.replace(tzinfo=named_zone) if named_zone else None
    name = name.upper()
    seasonal = tz.gettz(name) if name in SEASONAL else None
    for known in filter(None, (zone, seasonal)):
        for fold in (0, 1):  # when summer time ends, an hour comes twice, with different abbreviations
            local = naive.replace(tzinfo=known, fold=fold)
            if local.tzname() == name:
                return local
    if seasonal:
        return naive.replace(tzinfo=seasonal)
    if name == "CST" and zone and timedelta(hours=-10) <= zone.utcoffset(naive) <= timedelta(hours=-3):
        return naive.replace(tzinfo=timezone(timedelta(hours=-6)))
    hours = ABBREVIATIONS.get(name)
    return None if hours is None else naive.replace(tzinfo=timezone(timedelta(hours=hours)))
