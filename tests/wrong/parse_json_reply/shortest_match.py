def parse_json_reply(text):
    import json
    import re

    found = re.search(r"\{.*?\}", text, re.DOTALL)  # ends at the first closing brace of all
    if found is None:
        raise ValueError("no object")
    return json.loads(found[0])
