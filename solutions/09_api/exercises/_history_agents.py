"""Right and buggy support agents for bug_hunt_history, each with one fault or none.

An agent is a function of the whole dialogue, with the failed calls in it: a version of
the grader's lies behind a wire that values and errors cross, and open objects do not.
"""

from mmlab.check import syntax
from mmlab.cli import notebook
from mmlab.instructor.authoring.exercise import edited


def right_grows_by_pairs(turns, messages, screenshots):
    history, requests = [], []
    for turn in turns:
        asked = {"role": "user", "text": turn["text"], "screenshot": turn["screenshot"]}
        kept = min(len(history), (messages - 1) // 2 * 2)
        request, left = [], screenshots
        for message in reversed([*history[len(history) - kept :], asked]):
            request.insert(0, {**message, "screenshot": message["screenshot"] if left > 0 else None})
            left -= message["screenshot"] is not None
        requests.append(request)
        if turn["reply"] is not None:
            history += [asked, {"role": "assistant", "text": turn["reply"], "screenshot": None}]
    return requests


def right_rolls_back(turns, messages, screenshots):
    history, requests = [], []
    for turn in turns:
        history.append({"role": "user", "text": turn["text"], "screenshot": turn["screenshot"]})
        while len(history) > messages:
            history = history[2:]
        shots = [index for index, message in enumerate(history) if message["screenshot"] is not None]
        shown = shots[-screenshots:]
        request = [message | {"screenshot": None} for message in history]
        for index in shown:
            request[index]["screenshot"] = history[index]["screenshot"]
        requests.append(request)
        if turn["reply"] is None:
            history.pop()
        else:
            history.append({"role": "assistant", "text": turn["reply"], "screenshot": None})
    return requests


def right_from_the_start(turns, messages, screenshots):
    requests = []
    for number, turn in enumerate(turns):
        answered = [earlier for earlier in turns[:number] if earlier["reply"] is not None]
        answered = answered[max(0, len(answered) - (messages - 1) // 2) :]
        request = []
        for earlier in answered:
            request.append({"role": "user", "text": earlier["text"], "screenshot": earlier["screenshot"]})
            request.append({"role": "assistant", "text": earlier["reply"], "screenshot": None})
        request.append({"role": "user", "text": turn["text"], "screenshot": turn["screenshot"]})
        old = [message for message in request if message["screenshot"] is not None]
        for message in old[: max(0, len(old) - screenshots)]:
            message["screenshot"] = None
        requests.append(request)
    return requests


def right_counts_what_follows(turns, messages, screenshots):
    spoken, requests = [], []
    for turn in turns:
        now = [("user", turn["text"], turn["screenshot"])]
        sent = spoken + now
        if len(sent) > messages:
            sent = sent[len(sent) - messages + (messages + 1) % 2 :]
        request = []
        for index, (role, text, shot) in enumerate(sent):
            newer = sum(later[2] is not None for later in sent[index + 1 :])
            request.append({"role": role, "text": text, "screenshot": shot if newer < screenshots else None})
        requests.append(request)
        if turn["reply"] is not None:
            spoken = spoken + now + [("assistant", turn["reply"], None)]
    return requests


def right_names_the_screenshot_first(turns, messages, screenshots):
    requests, pairs = [], []
    for turn in turns:
        room = (messages - 1) // 2
        spoken = [message for pair in pairs[max(0, len(pairs) - room) :] for message in pair]
        spoken.append((turn["screenshot"], turn["text"], "user"))
        left, request = screenshots, []
        for screenshot, text, role in spoken[::-1]:
            request.append({"screenshot": screenshot if left else None, "text": text, "role": role})
            left -= bool(left and screenshot)
        requests.append(request[::-1])
        if turn["reply"] is not None:
            pairs.append((spoken[-1], (None, turn["reply"], "assistant")))
    return requests


def buggy(name, edits):
    """Return right_rolls_back with one fault, called buggy_NAME."""
    source = syntax.source_of(right_rolls_back).replace("right_rolls_back", f"buggy_{name}")
    return notebook.define(edited(source, edits, name), f"buggy_{name}", {})


CUT, FAILED, NEWEST, SENT = (
    "while len(history) > messages:",
    "history.pop()",
    "[-screenshots:]",
    "        requests.append(request)\n",
)
REPLY = '"text": turn["reply"], "screenshot": None'
NO_PAIRS = {
    CUT: 'while len(history) > messages or history[0]["role"] == "assistant":',
    "history[2:]": "history[1:]",
}
FAILS = '        if turn["reply"] is None:\n'
NEWEST_SHOTS = 'if message["screenshot"] is not None]'
TWICE_FAILED = {
    "history, requests = [], []": "history, requests, failed = [], [], False",
    '        history.append({"role": "user"': '        asked = {"role": "user"',
    '"screenshot": turn["screenshot"]})': '"screenshot": turn["screenshot"]}\n        history.append(asked)',
    "    return requests": '        failed = turn["reply"] is None\n    return requests',
}
OLD_TEXTS = """        for index, message in enumerate(history):
            if message["screenshot"] is not None and index not in shown:
                request[index]["text"] = "an old screenshot"
"""
TWICE = """        for index in range(1, len(request), 2):
            request[index]["screenshot"] = request[index - 1]["screenshot"]
"""
MOVED = TWICE + '            request[index - 1]["screenshot"] = None\n'
NEWEST_FIRST = """        pairs = [request[at : at + 2] for at in range(0, len(request) - 1, 2)]
        request = [message for pair in reversed(pairs) for message in pair] + request[-1:]
"""

VERSIONS = (
    right_grows_by_pairs,
    right_rolls_back,
    right_from_the_start,
    right_counts_what_follows,
    right_names_the_screenshot_first,
    buggy("failed_turn_stays", NO_PAIRS | {FAILED: "pass"}),
    buggy(
        "error_as_a_reply",
        {'turn["reply"] is None': "False", REPLY: REPLY.replace(",", ' or "An error occurred.",', 1)},
    ),
    buggy("failure_forgets_everything", {FAILED: "history = []"}),
    buggy("every_screenshot_again", {NEWEST: ""}),
    buggy("first_screenshots_stay", {NEWEST: "[:screenshots]"}),
    buggy("newest_screenshot_only", {NEWEST: "[-1:]"}),
    buggy("history_without_end", {CUT: "while False:"}),
    buggy("drops_a_turn_too_early", {CUT: "while len(history) >= max(messages, 2):"}),
    buggy("starts_with_a_reply", {"history[2:]": "history[1:]"}),
    buggy(
        "failure_costs_a_screenshot",
        {SENT: f"{SENT}        history = [dict(message) for message in request]\n"},
    ),
    buggy("reply_carries_the_screenshot", {SENT: TWICE + SENT}),
    buggy("text_goes_with_its_screenshot", {SENT: OLD_TEXTS + SENT}),
    buggy("newest_turn_first", {SENT: NEWEST_FIRST + SENT}),
    buggy("last_pair_always_stays", {CUT: CUT.replace("messages", "max(messages, 3)")}),
    buggy("two_screenshots_at_least", {NEWEST: "[-max(screenshots, 2) :]"}),
    buggy("one_request_too_many", {"return requests": "return [*requests, history[-messages:]]"}),
    buggy("every_message_is_the_users", {'"assistant"': '"user"'}),
    buggy("nothing_sent_in_a_failed_turn", {SENT: f"{FAILS}            request = []\n{SENT}"}),
    buggy(
        "failed_turn_without_its_screenshot",
        {SENT: f'{FAILS}            request[-1]["screenshot"] = None\n{SENT}'},
    ),
    buggy(
        "no_request_of_a_failed_turn",
        {SENT: SENT.replace("        ", '        if turn["reply"] is not None:\n            ')},
    ),
    buggy("last_request_is_missing", {"return requests": "return requests[:-1]"}),
    buggy("failed_turn_knows_no_limit", {CUT: f'{CUT[:-1]} and turn["reply"] is not None:'}),
    buggy(
        "failed_turn_sends_every_screenshot",
        {NEWEST: '[-(screenshots if turn["reply"] is not None else 99) :]'},
    ),
    buggy("first_failure_stays", NO_PAIRS | {FAILED: "history = history[:-1] or history"}),
    buggy(
        "second_failure_in_a_row_stays",
        NO_PAIRS | {FAILED: "history.pop()\n            history += [asked] * failed", **TWICE_FAILED},
    ),
    buggy("five_messages_at_most", {CUT: CUT.replace("messages", "min(messages, 5)")}),
    buggy("two_screenshots_at_most", {NEWEST: "[-min(screenshots, 2) :]"}),
    buggy("limit_of_one_screenshot_only", {NEWEST: "[-1 if screenshots == 1 else 0 :]"}),
    buggy("reply_takes_the_screenshot", {SENT: MOVED + SENT}),
    buggy("one_screenshot_more", {NEWEST: "[-screenshots - 1 :]"}),
    buggy(
        "counts_turns_for_screenshots",
        {NEWEST_SHOTS: NEWEST_SHOTS[:-1] + " and index > len(history) - 2 * screenshots]"},
    ),
    buggy("forgets_all_when_full", {"history[2:]": "history[-1:]"}),
    buggy("failure_forgets_the_turn_before", {FAILED: "history = history[:-3]"}),
)
