def parse_json_reply(text):
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
