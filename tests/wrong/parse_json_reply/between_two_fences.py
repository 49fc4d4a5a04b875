def parse_json_reply(text):
    import json

    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    def refused(word):
        raise ValueError(f"{word} is no JSON")

    if "```" in text:  # and where a value holds a fence?
        text = text.split("```")[1].removeprefix("json").removeprefix("JSON")
    start = text.index("{")
    if "[" in text[:start]:
        raise ValueError("no object")
    return json.JSONDecoder(object_pairs_hook=once, parse_constant=refused).raw_decode(text, start)[0]
