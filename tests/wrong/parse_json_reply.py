"""Wrong answers of parse_json_reply that its mistakes do not name."""

from mmlab.instructor.authoring.exercise import Answer

START = 're.search(r"[\\[{]", text)'
READ = "json.JSONDecoder(object_pairs_hook=once, parse_constant=refused).raw_decode(text, start.start())"
NAN = "    def refused"
CHECK = "if not isinstance(value, dict)"


def shortest_match(text):
    import json
    import re

    match = re.search(r"\{.*?\}", text, re.DOTALL)
    if match is None:
        raise ValueError("no object")
    return json.loads(match[0])


def twice_at_the_top_only(text):
    import json
    import re

    seen = []

    def refused(word):
        raise ValueError(f"{word} is no JSON")

    start = re.search(r"[\[{]", text)
    if start is None:
        raise ValueError("no JSON in this reply")
    decoder = json.JSONDecoder(object_pairs_hook=lambda pairs: seen.append(pairs) or dict(pairs), parse_constant=refused)
    value, _ = decoder.raw_decode(text, start.start())
    if not isinstance(value, dict) or len(value) < len(seen[-1]):  # the outermost object comes last
        raise ValueError("no object, or a key twice")
    return value


def braces_counted_escapes(text):
    import json

    def unique(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key twice")
        return dict(pairs)

    def refuse(word):
        raise ValueError(f"{word} is no JSON")

    brace, bracket = text.find("{"), text.find("[")
    if brace < 0 or -1 < bracket < brace:
        raise ValueError("no object")
    depth, inside = 0, False
    for at in range(brace, len(text)):
        if text[at] == '"' and text[at - 1] != "\\":
            inside = not inside
        elif not inside:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
        if not depth:
            return json.loads(text[brace : at + 1], object_pairs_hook=unique, parse_constant=refuse)
    raise ValueError("cut short")


ANSWERS = (
    Answer(
        "between_two_fences",
        {f"start = {START}": 'if "```" in text:\n        text = text.split("```")[1].removeprefix("json").removeprefix("JSON")\n'
                             f"    start = {START}"},
        "a value may hold a fence",
    ),
    Answer("shortest_match", shortest_match, "it ends where it ends"),
    Answer("twice_at_the_top_only", twice_at_the_top_only, "a key twice, at any depth"),
    Answer("control_characters_allowed", {"(object_pairs_hook=": "(strict=False, object_pairs_hook="}, "no raw line break in a string"),
    Answer(
        "finite_numbers_only",
        {CHECK: f'if "inf" in repr(value) or "nan" in repr(value):\n        raise ValueError("not finite")\n    {CHECK}'},
        "1e999 is JSON",
    ),
    Answer("no_word_nan", {START: f'{START} if "NaN" not in text and "Infinity" not in text else None'}, "a string may hold NaN"),
    Answer("nan_at_the_top_only",
           {", parse_constant=refused": "",
            CHECK: 'if value and any(repr(part) in ("nan", "-inf", "inf") for part in dict(value).values()):\n'
                   f'        raise ValueError("no JSON")\n    {CHECK}'}, "at any depth, and 1e999 is JSON"),
    Answer("equal_values_may_stand_twice", {"len(values) < len(pairs)": "any(values[key] != value for key, value in pairs)"},
           "a key stands twice, whatever its values"),
    Answer("keys_unique_in_the_whole", {"        return values\n": "        refused.keys = getattr(refused, 'keys', []) + list(values)\n"
           "        if len(set(refused.keys)) < len(refused.keys):\n            raise ValueError('twice')\n        return values\n"},
           "in one object"),
    Answer("keys_in_any_case", {"values = dict(pairs)": "values = {key.lower(): value for key, value in pairs}"}, "the keys as json reads them"),
    Answer("braces_only", {START: 're.search("{", text)'}, "a list is refused, whatever follows"),
    Answer("nothing_may_follow", {READ: "json.loads(text[start.start() :], object_pairs_hook=once, parse_constant=refused), None"},
           "anything may follow"),
    Answer("floats_only", {"(object_pairs_hook=": "(parse_int=float, object_pairs_hook="}, "the values that json reads"),
    Answer("no_empty_object", {CHECK: f"{CHECK} or not value"}, "{} is an object"),
    Answer("mends_commas", {f"start = {START}": f'text = re.sub(r",(\\s*[\\]}}])", r"\\1", text)\n    start = {START}'}, "not valid JSON"),
    Answer("mends_quotes", {f"start = {START}": f"text = text if '\"' in text else text.replace(\"'\", '\"')\n    start = {START}"},
           "not valid JSON"),
    Answer("key_error", {'raise ValueError(f"a key twice': 'raise KeyError(f"a key twice'}, "ValueError"),
    Answer("fence_first", {"    start = ": "    fence = re.search(r'```(?:json)?\\s*(\\{.*)', text, re.DOTALL)\n    text = fence[1] if fence else text\n    start = "},
           "the first brace, in a fence or not"),
    Answer("curly_quotes_straightened", {"    start = ": "    text = text.replace('“', '\"').replace('”', '\"')\n    start = "}, "not valid"),
    Answer("html_unescaped", {"    start = ": "    text = __import__('html').unescape(text)\n    start = "}, "the values that json reads"),
    Answer("comments_cut", {"    start = ": "    text = re.sub(r'(?<!:)//[^\\n]*', '', text)\n    start = "}, "the values that json reads"),
    Answer("braces_counted_escapes", braces_counted_escapes, "it ends where it ends: after a string that ends in a backslash"),
    Answer("escaped_line_breaks_become_blanks", {"    start = ": "    text = text.replace('\\\\n', ' ')\n    start = "}, "the values that json reads"),
    Answer("twice_and_not_thrice", {"len(values) < len(pairs)": "any([key for key, _ in pairs].count(once) == 2 for once in values)"}, "a key stands twice, or more often"),
    Answer("nothing_is_no_value", {"len(values) < len(pairs)": "any(value is not None and values[key] != value for key, value in pairs)"}, "a key stands twice, whatever its values"),
    Answer("no_object_behind_it", {"value, _ =": "value, end =", CHECK: f"if text[end:].lstrip().startswith(('{{', '[')):\n        raise ValueError('two')\n    {CHECK}"}, "anything may follow"),
    Answer("blanks_of_every_kind", {"    start = ": "    text = text.replace('\\u00a0', ' ')\n    start = "}, "not valid JSON"),
)  # fmt: skip
