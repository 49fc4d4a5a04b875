"""Wrong answers to convert_conversation."""

from mmlab.instructor.authoring.exercise import Answer

DIRECTION = 'if turns and "role" in turns[0]:'
KEYS = "if set(turn) != {speaker, text}:"
ORDER = "if turn[speaker] not in expected:"
NEXT = "expected = {assistant} if turn[speaker] == user else {user}"
APPEND = "converted.append({new_speaker: names[turn[speaker]], new_text: turn[text]})"
START = 'expected = {"system", user}'

ANSWERS = (
    Answer("never_back", {DIRECTION: "if False:"}, "both directions"),
    Answer("never_forward", {DIRECTION: "if True:"}, "both directions"),
    Answer("empty_list_fails", {DIRECTION: 'if "role" in turns[0]:'}, "an empty list stays empty"),
    Answer("placeholders_removed", {"new_text: turn[text]}": 'new_text: turn[text].replace("<image>", "")}'}, "the text as it is"),
    Answer("placeholder_lines_removed", {"new_text: turn[text]}": 'new_text: turn[text].removeprefix("<image>\\n")}'}, "the text as it is"),
    Answer("ends_stripped", {"new_text: turn[text]}": "new_text: turn[text].strip()}"}, "the text as it is"),
    Answer("line_breaks_removed", {"new_text: turn[text]}": 'new_text: turn[text].replace("\\n", " ")}'}, "the text as it is"),
    Answer("names_in_the_text_too", {"new_text: turn[text]}": 'new_text: turn[text].replace("gpt", "assistant")}'}, "only the speaker changes"),
    Answer("names_left", {"names[turn[speaker]]": "turn[speaker]"}, "human becomes user"),
    Answer("keys_left", {APPEND: "converted.append({speaker: names[turn[speaker]], text: turn[text]})"}, "the keys change too"),
    Answer("system_is_the_user", {'(*new_names, "system"))': "(*new_names, new_names[0]))"}, "system stays system"),
    Answer("system_left_out", {APPEND: 'if turn[speaker] != "system":\n            converted.append({new_speaker: names[turn[speaker]], new_text: turn[text]})'}, "system stays system"),
    Answer("order_ignored", {ORDER: "if turn[speaker] not in names:"}, "ValueError for another order"),
    Answer("unknown_speakers_pass", {ORDER: "if False:", "names[turn[speaker]]": "names.get(turn[speaker], turn[speaker])"}, "ValueError"),
    Answer("unknown_speakers_are_users", {ORDER: "if turn[speaker] in names and turn[speaker] not in expected:", "names[turn[speaker]]": "names.get(turn[speaker], new_names[0])"}, "ValueError"),
    Answer("any_case", {ORDER: "if turn[speaker].lower() not in expected:", "names[turn[speaker]]": "names[turn[speaker].lower()]", NEXT: NEXT.replace("turn[speaker]", "turn[speaker].lower()")}, "Human is no speaker"),
    Answer("gpt_may_begin", {START: 'expected = {"system", user, assistant}'}, "human is first"),
    Answer("system_not_allowed", {START: "expected = {user}"}, "one system turn may come first"),
    Answer("system_needed", {START: 'expected = {"system"}'}, "the system turn is optional"),
    Answer("system_anywhere", {NEXT: NEXT.replace("{assistant} if", "{assistant, 'system'} if").replace("else {user}", "else {user, 'system'}")}, "only first"),
    Answer("two_system_turns", {NEXT: NEXT + '\n        if turn[speaker] == "system":\n            expected = {"system", user}'}, "one system turn"),
    Answer("gpt_after_system", {NEXT: 'expected = {user} if turn[speaker] == assistant else {assistant}'}, "human comes first after system"),
    Answer("human_twice", {NEXT: NEXT.replace("{assistant} if", "{assistant, user} if")}, "they alternate"),
    Answer("gpt_twice", {NEXT: NEXT.replace("else {user}", "else {user, assistant} if turn[speaker] == assistant else {user}")}, "they alternate"),
    Answer("must_end_with_gpt", {"    return converted": "    if assistant in expected:\n        raise ValueError('no answer')\n    return converted"}, "it may end with either"),
    Answer("must_not_be_empty", {"    converted = []": "    if not turns:\n        raise ValueError('empty')\n    converted = []"}, "an empty list"),
    Answer("further_keys_pass", {KEYS: "if not {speaker, text} <= set(turn):"}, "exactly the two keys"),
    Answer("missing_text_is_empty", {KEYS: "if set(turn) | {text} != {speaker, text}:", "turn[text]})": 'turn.get(text, "")})'}, "ValueError"),
    Answer("wrong_error", {"raise ValueError(f\"a turn": "raise KeyError(f\"a turn"}, "ValueError"),
    Answer("changed_in_place", {APPEND: APPEND + "\n        turn[text] = ''"}, "nothing is changed in place"),
    Answer("tuple_returned", {"return converted": "return tuple(converted)"}, "a list"),
)  # fmt: skip
