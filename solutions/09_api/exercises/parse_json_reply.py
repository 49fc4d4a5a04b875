"""parse_json_reply: the JSON object in a model's reply."""

import json

from _replies import bad_replies, good_replies

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake


def calls(*texts):
    """Return one case for each text; a ¦ divides texts."""
    return [{"args": [text], "kwargs": {}} for line in texts for text in line.split(" ¦ ")]


def cases(rng):
    """Replies as models write them: an invoice bare, fenced, in prose, cut short, with a fault in its JSON."""
    return calls(*good_replies(rng), *bad_replies(rng))


CLAUSES = {
    "it begins at the first { or [": calls(
        'He said "read it": {"a": 1} ¦ 1 NaN } ] {"a": 1} ¦ All in [euros]: {"a": 1} ¦ '
        '{notes} {"a": 1} ¦ [] {"a": 1} ¦ {x}, as asked:\n```json\n{"a": 1}\n``` ¦ ```\n[\n``` {"a": 1}',
        '5" long: {"a": 1} ¦ don\'t: {"a": 1} ¦ C:\\{"a": 1} ¦ "{\\"a\\": 1}" ¦ "a": 1, {"b": 2} ¦ ({"a": 1}) ¦ '
        '\ufeff{"a": 1} ¦ As in [1]: {"a": 1} ¦ [x](y) {"a": 1} ¦ ={"a": 1} ¦ <b>{"a": 1}</b> ¦ -Infinity {"a": 1} ¦ // {"a": 1} ¦ json{"a": 1} ¦ ${"a": 1}',
        '```json\n{"a": 1} ¦ ```json{"a": 1}``` ¦ ```json\n```\n{"a": 1} ¦ <think>{ or [?</think>{"a": 1}',
        "so " * 2000 + '{"a": 1}',
    ),
    "it ends where it ends": calls(
        '{"a": 1}} ¦ {"a": 1}{"b": 2} ¦ {"a": 1}] NaN ¦ {"a": {}} {"b": 2, "b": 3} ¦ '
        '{"a": "}\\"}"} } ¦ {} ¦ {}[1] ¦ {"a": "C:\\\\"} and {more} ¦ {"a\\\\": "\\\\", "b": "}"} ] ¦ '
        '{"a": "\\\\\\""} } ¦ {"a": "\\\\\\\\"}"} ¦ {"a": "\\"", "b": "\\\\"}, {"c": "d"} ¦ {"a": "{"} ¦ {"a": "]"} ¦ '
        '{"a": ["["]} ] ¦ {"a": 1}{"a": NaN} ¦ {"a": 1}, ¦ {"a": 1}" ¦ {"a": 1}\\ ¦ {"a": 1}\x00 ¦ {"a": 1} "a": 2 ¦ {"a": {"b": 1}},}'
    ),
    "deep and long": calls(
        '{"a":' * 45 + "1" + "}" * 45,
        '{"a": ' + "[" * 45 + "{}" + "]" * 45 + "}}",
        '{"a":' * 45 + "1" + "}" * 44,
        '{"a":' * 45 + '{"b": 1, "b": 2}' + "}" * 45,
        '{"a":' * 45 + "NaN" + "}" * 45,
        json.dumps({"n": [0, 1, 2] * 400, "t": "word \\ " * 1200} | {str(n): n for n in range(30)}) + " {}",
        "{" + ", ".join(f'"{n % 299}": 1' for n in range(300)) + "}",
        '{"a": [' + '{"b": 1}, ' * 1100 + '{"b": 1, "c": 2, "b": 1}]}',
        '{"a": [' + "1, " * 1100 + "Infinity]}",
    ),
    "as json reads it": calls(
        '{"a": 1e999, "b": [[-1e999]], "c": 1E2, "d": 12345678901234567890, "e": 1.0, "f": -0.5e-3} ¦ '
        '{"\\u00e9": "\\ud83d\\ude00 \\/ \\n \\"", "è": ["2\u20283", ""]} ¦ '
        '{"a": "NaN", "Infinity": ["-Infinity, NaN"]} ¦ '
        '{" A ": "  two  blanks // and # and /* these */ ", "a": "it\'s \\u201cso\\u201d “so” ```json {} ```"} ¦ '
        '{"a": "&amp; &quot;b&quot; <br> %20 \\\\n ,] ,} None True \\\\u0041", "&lt;": "\u00a0é ﬁ ①\u200b"} ¦ '
        '{\t"a"\r\n:\n[ true , false,null, [ ],{"":{ }} ]\n} ¦ '
        '{"a": "C:\\\\new\\\\table", "b": "one\\ntwo\\tthree\\r\\n\\b\\f", "c\\nd": "\\u000a", "e": "\\\\u0041"} ¦ '
        '{"url": "https://example.org/a//b#c?d=%7B1%7D", "e\u0301": "e\u0301 é \x7f\x85\u2028"} ¦ '
        '{"a": 0.1, "b": 1.10, "c": -0.0, "d": 1E+2, "e": 5e-324, "f": 2e0, "g": -12, "h": 0, "i": 3.0000000000000001} ¦ '
        '{"a": "null", "b": "true", "c": "1", "d": "", "e": " ", "f": "none", "null": null, "1": "1.50"} ¦ '
        '{"a": "{\\"b\\": 1, \\"b\\": 2}", "b": "[1, NaN]", "c": "a: 1, a: 1", "d": "```", "e": "\'x\'"} ¦ '
        '{"a": "  ", "b": " c ", " b": "\u00a0", "B": [], "é": 1, "É": 2} ¦ {"a": [[], {}, "", 0, 0.0, false, null]}'
    ),
    "no { and no [": calls(
        "I'm sorry, but I can't help with reading this document.", "", "null", '"text"', "```json\n```"
    ),
    "cut short": calls(
        "{",
        "[",
        '{"a": {"b": 1}',
        '{"a": [{"b": 1}, ',
        '{"a": "x',
        '{"a": "x}',
        '[{"a": 1}, {"b',
        '{"a": 1e}',
    ),
    "no JSON": calls(
        '{\'total\': 5} ¦ {"a": True} ¦ {"a": nan} ¦ {a: 1} ¦ {"a": 1,} ¦ {"a": [1,]} ¦ {"a": 01} ¦ '
        '{"a": .5} ¦ {"a": +1} ¦ {"a" 1} ¦ {"a"} ¦ {{"a": 1}} ¦ {"a": 1 /* one */} ¦ {"a": "\\x41"} ¦ '
        '{"a": 1; "b": 2} ¦ {1: "a"} ¦ {"a": [}]} ¦ '
        '{"a": 1 "b": 2} ¦ {"a": 1,, "b": 2} ¦ {,} ¦ {"a":} ¦ {"a": 1] ¦ {"a": [1} ¦ {"a": tru} ¦ {"a": "b" "c"} ¦ '
        '{"a": 0x10} ¦ {"a": 1_000} ¦ {"a": 1,000} ¦ {"a": "\\u12"} ¦ {"a": \'1\'} ¦ {"a": TRUE} ¦ {"a": undefined} ¦ {"a": 1.} ¦ '
        '{"a": -} ¦ {"a":\u00a01} ¦ {\x0c"a": 1} ¦ {\u2028"a": 1} ¦ {\ufeff"a": 1} ¦ {"a": ٣} ¦ {"a": １} ¦ {"a": \\"b\\"} ¦ {"a": "b\\"} ¦ '
        '{"a": (1)} ¦ {"a": {1}} ¦ {"a"= 1} ¦ {"a" => 1} ¦ {"a": b} ¦ {"a": `b`} ¦ {"a": 1 ... } ¦ {null: 1} ¦ {"a": -nan} ¦ {"a": inf} ¦ '
        '{“a”: 1} ¦ {"a": 1 // one\n} ¦ {"a": 1 # one\n} ¦ {&quot;a&quot;: 1} ¦ {"a": None} ¦ {"a": 1,\n}'
    ),
    "a raw control character in a string": calls(
        '{"a": "two\nlines"} ¦ {"a": "\t"} ¦ {"a": ["\x00"]} ¦ {"\n": 1} ¦ {"a": "two\r\nlines"} ¦ {"a": "\x1f"} ¦ '
        '{"a": "\r"} ¦ {"a": {"b": "c\n"}} ¦ ```json\n{"a": "\\n\n"}\n``` ¦ {"a": "\\\n"}'
    ),
    "a list": calls('[] ¦ [{"a": 1}] ¦ [1, 2] and so on ¦ [[{"a": 1}]]'),
    "a key twice in one object": calls(
        '{"a": 1, "a": 1} ¦ {"a": 1, "b": 2, "\\u0061": 3} ¦ {"a": {"b": 1, "b": 2}} ¦ '
        '{"a": [[{"b": 1, "c": 2, "b": 3}]]} ¦ '
        '{"a": {"a": {"a": 1}}, "b": [{"a": 1}, {"a": 2}], "A": 3} ¦ {"a": null, "a": 1} ¦ {"a": 1, "a": null} ¦ '
        '{"a": 0, "a": 0} ¦ {"a": {}, "a": {}} ¦ {"a": [], "b": 1, "a": []} ¦ {"": 1, "": 2} ¦ {"a": 1, "a": 2, "a": 3} ¦ '
        '{"a": "", "a": ""} ¦ {"a": false, "a": true} ¦ {"é": 1, "\\u00e9": 2} ¦ {"a": {"b": {"c": 1}, "b": {"d": 1}}} ¦ '
        '[{"a": 1, "a": 2}] ¦ {"a": [{"b": 1}, {"b": 1, "b": 1}]} ¦ {"a": 1, "b": {"a": 1}, "c": ["a", "a"]} ¦ {"a": "a", "b": "a"}'
    ),
    "NaN and Infinity": calls(
        '{"a": NaN} ¦ {"a": [[Infinity]]} ¦ {"a": {"b": [{"c": -Infinity}]}} ¦ {"a": [1, NaN, 2]} ¦ '
        '{"a": Infinity} ¦ {"a": -Infinity} ¦ {"a": 1, "b": NaN} ¦ {"a": 1e999, "b": NaN} ¦ {"a": -1e999} ¦ {"a": "x", "b": [[NaN]]}'
    ),
}


def by_eval(text):
    start, end = text.find("{"), text.rfind("}")
    if min(start, end) < 0 or "[" in text[:start]:
        raise ValueError("no object")
    source = text[start : end + 1]
    if "\0" in source:  # eval itself raises ValueError before Python 3.11.4
        raise SyntaxError("source code string cannot contain null bytes")
    return eval(source, {"true": True, "false": False, "null": None})


START = 're.search(r"[\\[{]", text)'
FIND = f"""start = {START}
    if start is None:
        raise ValueError("no {{ and no [ in the reply")
"""
READ = "json.JSONDecoder(object_pairs_hook=once, parse_constant=refused).raw_decode(text, start.start())"
LOADS = "json.loads({}, object_pairs_hook=once, parse_constant=refused), None"
EVERY_BRACE = f"""value = None
    for start in re.finditer(r"\\{{", text):
        try:
            value, _ = {READ}
            break
        except json.JSONDecodeError:
            continue  # no object begins at this brace
"""

EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=15,
    hints=(
        "`json.JSONDecoder(…).raw_decode(text, start)` reads one JSON value that begins at `start` and ignores "
        "what follows it. It returns the value and the position of its end.",
        "json.loads and JSONDecoder both take `object_pairs_hook=f`: f gets the list of (key, value) pairs of each "
        "object and returns the value to use for it. A key that occurs twice is in that list twice.",
        "They also take `parse_constant=f`, which is called with the words NaN, Infinity and -Infinity.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "slices_the_fence_off",
            {
                FIND: 'text = text.strip()\n    if text.startswith("```"):\n        text = text[7:-3]\n',
                READ: LOADS.format("text"),
            },
            "your parser takes the whole reply, or cuts a fixed number of characters off a fence",
            "begin at the first { of the text and let the JSON decoder find the end",
        ),
        mistake(
            "eval",
            by_eval,
            "your parser runs the reply as Python: whoever writes the reply runs code on your machine",
            "use json; what is not JSON raises ValueError by itself",
        ),
        mistake(
            "empty_on_failure",
            {
                'raise ValueError("no { and no [ in the reply")': "return {}",
                f"value, _ = {READ}": f"try:\n        value, _ = {READ}\n    except ValueError:\n        return {{}}",
                'raise ValueError("a list in place of an object")': "return {}",
            },
            "your parser returns {} where there is nothing to read, and nobody notices",
            "raise ValueError: the caller decides what a missing answer means",
        ),
        mistake(
            "last_key_wins",
            {"object_pairs_hook=once, ": ""},
            "your parser keeps the last of two values that stand under one key",
            "pass object_pairs_hook, and raise ValueError when a key comes twice",
        ),
        mistake(
            "first_to_last_brace",
            {START: 're.search(r"\\{.*\\}", text, re.DOTALL)', READ: LOADS.format("start[0]")},
            "your parser reads from the first brace to the last one of the whole reply",
            "stop where the object ends: raw_decode does",
        ),
        mistake(
            "any_object_will_do",
            {FIND: EVERY_BRACE, f"    value, _ = {READ}\n": ""},
            "your parser finds a part of a reply that was cut short, and takes it for the whole",
            "try at the first { or [ only",
        ),
        mistake(
            "any_json_will_do",
            {"not isinstance(value, dict)": "False"},
            "your parser gives back a list",
            "raise ValueError unless the value is a dict",
        ),
        mistake(
            "accepts_nan",
            {", parse_constant=refused": ""},
            "your parser takes NaN or Infinity for a number",
            "pass parse_constant, and raise ValueError there",
        ),
    ),
    alternates=(
        Answer(
            "counts_the_keys",
            {"len(values) < len(pairs)": "sorted(values) != sorted(key for key, _ in pairs)"},
            "compares the keys, not their number",
        ),
        Answer(
            "cuts_the_text_off",
            {READ: READ.replace("text, start.start()", "text[start.start() :]")},
            "begins there",
        ),
    ),
    forbids=("mmlab.api.client.replies",),
)
