"""redact_pii: a text without e-mail addresses, social security and telephone numbers.

Every number and address is made up as it is drawn: telephone numbers from the range kept for
fiction, social security numbers that are never issued, domains that nobody can own.
"""

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake


def drawn(rng):
    """Return the parts of one person's data: a, b, c of a telephone number, s, t, u of a social security number, mail."""
    name = str(rng.choice(["ada", "grace.h", "li_wei", "o-neil", "sam+shop", "x99"]))
    host = str(rng.choice(["mail.example", "a-b.example", "post.shop.example", "example"]))
    digits = {
        "a": rng.integers(201, 990),
        "s": rng.choice(["000", "666"]),
        "t": rng.integers(10, 99),
        "u": rng.integers(1000, 9999),
    }
    return {key: str(value) for key, value in digits.items()} | {
        "b": "555",
        "c": f"01{int(rng.integers(0, 100)):02}",
        "d": str(rng.integers(2, 10)),
        "mail": f"{name}@{host}.org",
    }


TEXTS = (
    "My number is {s}-{t}-{u}.",
    "call ({a}) {b}-{c}, or {mail}",
    "Ann,{a}-{b}-{c},{mail},{s}-{t}-{u}\nBob,,,",
    "+1{a}{b}{c} or +1{a}{b}{c}",
    "tel: +1 ({a}) {b}-{c} / part {d}{a}-{b}-{c}",
    "SSN {s} {t} {u}, file {s}{t}{u}",
    "order {a}{b}{c} of today, card {u} {u} {u} {u}",
    "2026-11-21, 18:55, 1{d}.{t} EUR, {mail}|a table",
    "{mail}, {mail}\n{mail}",
)
PERSON = {
    "a": "212",
    "b": "555",
    "c": "0147",
    "s": "666",
    "t": "45",
    "u": "6789",
    "at": "@",
    "mail": "@".join(("li", "mail.example.org")),
}


def calls(*texts):
    """Return one case for each text, with one person's data in it; a ¦ divides texts."""
    texts = [text for line in texts for text in line.split(" ¦ ")]
    return [{"args": [text.format_map(PERSON)], "kwargs": {}} for text in texts]


def cases(rng):
    """Lines of logs and letters; each with data of its own."""
    return [{"args": [text.format_map(drawn(rng))], "kwargs": {}} for text in TEXTS]


CLAUSES = {
    "nothing personal": calls(
        "Nothing personal here: 3 red circles, 2 stars.",
        "",
        "[EMAIL] [SSN] [PHONE]\t\n",
        "@ . - 1 +1 () ",
        "  two  blanks\r\nand \t a tab\u00a0\u2026 e\u0301 ﬁ \\1 \\g<0> %s {{}} \x00\n\n",
        "\r\n {mail} \r\n\t({a}) {b}-{c}\u00a0\\1 {s}-{t}-{u}\x00\n",
    ),
    "many of them": calls(
        "{mail} {a}-{b}-{c} {s}-{t}-{u}\n" * 300,
        "order {a}{b}{c} of today, " * 400 + "{mail}",
        "{a} {b} {c} " * 3 + "({a}) {b}-{c}, " * 40,
        "{s} {t} {u} " * 30,
        "word " * 3000 + "+1{a}{b}{c}",
    ),
    "what an address is made of": calls(
        "A.b_c%d+e-9{at}Mail-1.Example.ORG ¦ li{at}x.y.z.example.technology ¦ li{at}example.museum ¦ "
        "<mailto:{mail}> ¦ {at}li or li{at}home ¦ x{at}y.z|w ¦ li{at}b_c.org ¦ li{at}b..org ¦ "
        "li{at}.org ¦ li{at} mail.org ¦ li{at}{at}mail.org ¦ li{at}mail.c ¦ li{at}mail.o1g ¦ "
        "li{at}-.co ¦ _{at}1.co ¦ li{at}mail,org ¦ .li.{at}mail.org ¦ ..{at}a.bc ¦ %{at}a.bc ¦ -{at}-a-.bc ¦ 1{at}2.bc ¦ "
        "o'neil{at}mail.org ¦ a!b{at}mail.org ¦ a/b{at}mail.org ¦ a=b&c{at}mail.org ¦ #a{at}mail.org ¦ a~b{at}mail.org ¦ "
        "li{at}127.0.0.1 ¦ li{at}[10.0.0.1] ¦ li{at}\nmail.org ¦ li{at}mail.\norg ¦ li\n{at}mail.org ¦ li {at}mail.org ¦ "
        "li{at}mail .org ¦ li(at)mail.org ¦ li{at}mail.xn--p1ai ¦ li{at}MAIL.ORG ¦ LI{at}mail.Org ¦ li{at}a.b.c ¦ li{at}1.2.34",
        f"li{{at}}mail.{'x' * 70} ¦ {'l' * 90}{{at}}mail.org ¦ li{{at}}{'m' * 90}.org ¦ li{{at}}{'a.' * 40}org",
    ),
    "an address ends with its letters": calls(
        "{mail}. ¦ {mail}|a table ¦ {mail}2 ¦ {mail}_b ¦ {mail}-b ¦ li{at}mail.co.u ¦ "
        "{mail}{at}home.de ¦ {mail}é ¦ {mail}/a ¦ {mail}@ ¦ {mail},{mail}\n{mail} ¦ "
        "{mail}.. ¦ {mail}.2 ¦ {mail}._ ¦ {mail}:8080 ¦ {mail}?subject=x ¦ {mail}; ¦ '{mail}' ¦ {mail}% ¦ {mail}+ ¦ {mail}\t{mail} ¦ "
        "{mail}.-x ¦ {mail}中 ¦ {mail}\n ¦ é{mail} ¦ ({mail}) ¦ {mail}{at}"
    ),
    "letters of an address are A to Z": calls(
        "rené{at}mail.org ¦ renéb{at}mail.org ¦ li{at}mäil.org ¦ li{at}mail.orğ ¦ "
        "li{at}mail.co\u212a ¦ li{at}mail.co\u017f ¦ li{at}mail.\u212aco ¦ li{at}mai\u212a.org ¦ \u017fam{at}mail.org ¦ sam\u0131{at}mail.org ¦ "
        "li{at}ma\u0131l.org ¦ li{at}mail.co\u0131 ¦ l\u0130{at}mail.org ¦ li{at}mail.co\u0130 ¦ li{at}mail.coß ¦ ｌi{at}mail.org ¦ "
        "li{at}mail.ｏrg ¦ жук{at}mail.org ¦ li{at}почта.org ¦ li{at}mail.рф ¦ li\uff20mail.org"
    ),
    "an address wins": calls(
        "{a}-{b}-{c}{at}mail.org", "{s}-{t}-{u}.x{at}mail.org", "+1{a}{b}{c}{at}mail.org"
    ),
    "a social security number": calls(
        "{s}-{t}-{u} ¦ SSN {s} {t} {u}, on the card ¦ ({s}-{t}-{u}) ¦ {s}-{t} {u} ¦ {s} {t}-{u} ¦ "
        "{s}.{t}.{u} ¦ {s}{t}{u} ¦ {s}  {t}  {u} ¦ {s}\t{t}\t{u} ¦ {s}\n{t}\n{u} ¦ {s}-{t}{u} ¦ "
        "{s}/{t}/{u} ¦ {s}-{t}-678 ¦ {s}-4-{u} ¦ 66-{t}-{u} ¦ "
        "000-00-0000 ¦ 900-12-3456 ¦ 123 45 6789 ¦ {s}\u00a0{t}\u00a0{u} ¦ {s}\u2013{t}\u2013{u} ¦ {s}\u2011{t}\u2011{u} ¦ {s}_{t}_{u} ¦ "
        "{s}--{t}--{u} ¦ {s} - {t} - {u} ¦ {s}-{t}-\n{u} ¦ {s}-{t}-67890 ¦ {s}6-{t}-{u} ¦ +1-{s}-{t}-{u} ¦ +1 {s}-{t}-{u} ¦ "
        "{s}-{t}-{u} {s} {t} {u} ¦ SSN:{s}-{t}-{u}; ¦ {s}-{t}-{u},{a}-{b}-{c} ¦ {s} {t} {u} {a} {b} {c} ¦ ({s}) {t}-{u} ¦ -{s}-{t}-{u}"
    ),
    "a telephone number": calls(
        "{a}-{b}-{c} ¦ {a}.{b}.{c} ¦ fax {a} {b} {c}; ask ¦ {a}-{b}.{c} ¦ {a} {b}-{c} ¦ {a}.{b} {c} ¦ "
        "({a}) {b}-{c}. ¦ ({a}){b}.{c} ¦ ({a})-{b} {c} ¦ ({a}).{b}-{c} ¦ the local {b}-{c} ¦ "
        "{a}{b}{c} ¦ {a}{b}-{c} ¦ {a}-{b}{c} ¦ ({a}){b}{c} ¦ {a}) {b}-{c} ¦ ({a} {b}-{c} ¦ "
        "{a}\t{b}\t{c} ¦ ({a})\t{b}-{c} ¦ {a}\n{b}\n{c} ¦ {a}  {b}  {c} ¦ ({a})  {b}-{c} ¦ "
        "{a}/{b}/{c} ¦ {a}--{b}-{c} ¦ {a}-{b}-014 ¦ {a}-55-{c} ¦ 012-345-6789 ¦ (100) 055.0000 ¦ "
        "{a}-{b}-{c}/{a}.{b}.{c} ¦ 000-000-0000 ¦ {a} {b} {c} {a} {b} {c} ¦ {a}-{b}-{c}, {a}-{b}-{c} ¦ (({a}) {b}-{c}) ¦ "
        "({a}-{b}-{c}) ¦ [{a}.{b}.{c}] ¦ ({a}) ({b}) {c} ¦ ( {a} ) {b}-{c} ¦ ({a} ){b}-{c} ¦ (21) {b}-{c} ¦ (2129) {b}-{c} ¦ "
        "{a}\u00a0{b}\u00a0{c} ¦ {a}\u2013{b}\u2013{c} ¦ {a}\u2011{b}\u2011{c} ¦ {a}_{b}_{c} ¦ {a} - {b} - {c} ¦ {a}. {b}. {c} ¦ {a}-{b}-\n{c} ¦ "
        "({a})\n{b}-{c} ¦ ({a})--{b}-{c} ¦ [{a}] {b}-{c} ¦ tel:{a}-{b}-{c} ¦ {a}-{b}-{c}\n ¦ \n{a}-{b}-{c} ¦ {a}-{b}-{c}\t{a}-{b}-{c} ¦ "
        "{a},{b},{c} ¦ {a}:{b}:{c} ¦ {a}+{b}+{c} ¦ {a}-{b}-01475 ¦ {a}9-{b}-{c} ¦ ×{a}-{b}-{c}÷ ¦ \u201c{a}-{b}-{c}\u201d ¦ #{a}-{b}-{c}"
    ),
    "1 or +1 in front": calls(
        "+1 {a} {b} {c} ¦ +1-{a}-{b}-{c}! ¦ +1.{a}.{b}.{c} ¦ +1{a}-{b}-{c} ¦ +1({a}) {b}-{c} ¦ "
        "+1 ({a}){b} {c} ¦ 1-{a}-{b}-{c} ¦ 1 {a}.{b}-{c} ¦ 1.({a}) {b}-{c} ¦ 1{a}-{b}-{c} ¦ "
        "+2 {a} {b} {c} ¦ +1\t{a} {b} {c} ¦ +1  {a} {b} {c} ¦ 2 {a} {b} {c} ¦ "
        "+1-({a})-{b}-{c} ¦ +1.({a}){b}.{c} ¦ 1.{a}.{b}.{c} ¦ 1-({a}){b}-{c} ¦ 1({a}) {b}-{c} ¦ 1{a} {b} {c} ¦ (1) {a}-{b}-{c} ¦ "
        "(+1) {a} {b} {c} ¦ + 1 {a} {b} {c} ¦ ++1 {a} {b} {c} ¦ -1 {a} {b} {c} ¦ 01 {a} {b} {c} ¦ 11 {a} {b} {c} ¦ +11 {a} {b} {c} ¦ "
        "+1 1 {a} {b} {c} ¦ x1-{a}-{b}-{c} ¦ x1 {a}-{b}-{c} ¦ é+1 {a}-{b}-{c} ¦ 7-1 {a}-{b}-{c} ¦ 7-1-{a}-{b}-{c} ¦ 7+1-{a}-{b}-{c} ¦ "
        "+1--{a}-{b}-{c} ¦ 1\n{a}-{b}-{c} ¦ 001-{a}-{b}-{c} ¦ +44 {a} {b} {c} ¦ no. 1 {a}-{b}-{c} ¦ 1, {a}-{b}-{c}"
    ),
    "+1 and ten digits": calls(
        "+1{a}{b}{c} ¦ +1{a}{b}{c}9 ¦ +2{a}{b}{c} ¦ 1{a}{b}{c} ¦ x+1{a}{b}{c} ¦ +1 {a}{b}{c} ¦ +1-{a}{b}{c} ¦ 1 {a}{b}{c} ¦ +1{a}{b}014 ¦ +1{a}{b}{c}. ¦ "
        "+1{a}{b}-{c} ¦ +1{a}-{b}{c} ¦ +1({a}){b}{c} ¦ ++1{a}{b}{c} ¦ 7+1{a}{b}{c} ¦ -+1{a}{b}{c} ¦ 7-+1{a}{b}{c} ¦ +1\n{a}{b}{c} ¦ "
        "+1{a}{b}{c},+1{a}{b}{c} ¦ +1.{a}{b}{c} ¦ +10000000000 ¦ ({a}{b}{c}) ¦ +{a}{b}{c} ¦ +1{a}{b}{c}-x ¦ (+1{a}{b}{c})"
    ),
    "no letter, digit or underscore next to it": calls(
        *(
            text
            for number in ("{a}-{b}-{c}", "({a}) {b}-{c}", "{s}-{t}-{u}", "+1{a}{b}{c}")
            for text in (
                f"7{number}",
                f"{number}7",
                f"N{number}",
                f"{number}x",
                f"_{number}",
                f"{number}_",
                f"é{number}",
                f"{number}é",
                f"Ж{number}",
                f"{number}中",
            )
        )
    ),
    "no hyphen or dot between it and a digit": calls(
        *(
            text
            for number in ("{a}-{b}-{c}", "{s} {t} {u}", "({a}){b}-{c}", "+1{a}{b}{c}")
            for text in (
                f"7-{number}",
                f"7.{number}",
                f"{number}-7",
                f"{number}.7",
                f"{number}-x",
                f"{number}.",
                f"a-{number}",
                f".{number}-",
                f"7 {number} 7",
                f"7/{number}:7",
                f"7,{number},7",
                f"7--{number}--7",
            )
        )
    ),
}


EDGES = r'r"(?<!\w)(?<!\d[-.])", r"(?!\w)(?![-.]\d)"'
AREA = r"\(\d{3}\)[-. ]?|\d{3}[-. ])"
REST = r"\d{3}[-. ]\d{4}"

EXERCISE = Exercise(
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
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "pipe_among_the_letters",
            {"[A-Za-z]{2,}": "[A-Z|a-z]{2,}"},
            "your addresses run on over a |, which [A-Z|a-z] counts among the letters",
            "write [A-Za-z]: inside brackets a | is a character like any other",
        ),
        mistake(
            "any_ten_digits",
            {f"{AREA}{REST}": f"{AREA[:-1]}?){REST.replace('[-. ]', '[-. ]?')}"},
            "your telephone numbers include any ten digits in a row, such as an order's number",
            "ask for separators between the groups, or for +1 in front",
        ),
        mistake(
            "no_edges",
            {EDGES: '"", ""'},
            "your patterns find numbers inside longer ones, such as a part's number",
            "ask about the neighbours: (?<!…) in front and (?!…) behind",
        ),
        mistake(
            "no_brackets",
            {f"(?:{AREA}": r"\d{3}[-. ]"},
            "your telephone numbers miss those with the area code in parentheses",
            r"allow \(\d{3}\) for the area code",
        ),
        mistake(
            "leaves_the_opening_bracket",
            {f"(?:{AREA}": r"\b\(?(?:" + AREA[2:]},
            "your pattern leaves the opening bracket of the area code behind",
            r"use (?<!\w) in place of \b: between a blank and a bracket there is no \b",
        ),
        mistake(
            "hyphens_only",
            {r"([- ])\d{2}\1": r"-\d{2}-"},
            "your social security numbers miss those with blanks",
            r"allow both separators: ([- ]), and \1 for the second",
        ),
        mistake(
            "no_country_code",
            {
                r"(?:\+1[-. ]?|1[-. ])?(?:": "(?:",
                r'before + rf"(?:{grouped}|\+1\d{{10}})"': r'r"(?<!\w)(?<![02-9][-.])(?<!\w1[-.])" + grouped',
            },
            "your telephone numbers begin after the country code, which stays, or are missed with it",
            "let +1, or 1 and a separator, stand in front as part of the number",
        ),
    ),
    alternates=(
        Answer("edges_in_one", {EDGES: r'r"(?<!\w)(?<![0-9][.-])", r"(?![.-]?\d|\w)"'}, "other edges"),
        Answer(
            "ssn_spelled_out",
            {r"\d{3}([- ])\d{2}\1\d{4}": r"(?:\d{3}-\d{2}-\d{4}|\d{3} \d{2} \d{4})"},
            "no back reference",
        ),
    ),
)
