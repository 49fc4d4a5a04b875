"""Right and buggy support agents for bug_hunt_history, each with one fault or none.

An agent is a function of the whole dialogue, with the failed calls in it: a version of
the grader's lies behind a wire that values and errors cross, and open objects do not.
"""


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
        shown = [place for place, message in enumerate(history) if message["screenshot"] is not None][-screenshots:]
        requests.append([
            {**message, "screenshot": message["screenshot"] if place in shown else None}
            for place, message in enumerate(history)
        ])  # fmt: skip
        if turn["reply"] is None:
            history.pop()
        else:
            history.append({"role": "assistant", "text": turn["reply"], "screenshot": None})
    return requests


def right_from_the_start(turns, messages, screenshots):
    requests = []
    for number, turn in enumerate(turns):
        answered = [one for one in turns[:number] if one["reply"] is not None]
        answered = answered[max(0, len(answered) - (messages - 1) // 2) :]
        request = []
        for one in answered:
            request.append({"role": "user", "text": one["text"], "screenshot": one["screenshot"]})
            request.append({"role": "assistant", "text": one["reply"], "screenshot": None})
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
        said = spoken + now
        if len(said) > messages:
            said = said[len(said) - messages + (messages + 1) % 2 :]
        requests.append([
            {
                "role": role,
                "text": text,
                "screenshot": shot if sum(later[2] is not None for later in said[place + 1 :]) < screenshots else None,
            }
            for place, (role, text, shot) in enumerate(said)
        ])  # fmt: skip
        if turn["reply"] is not None:
            spoken = spoken + now + [("assistant", turn["reply"], None)]
    return requests


def buggy_failed_turn_stays(turns, messages, screenshots):
    history, requests = [], []
    for turn in turns:
        history.append({"role": "user", "text": turn["text"], "screenshot": turn["screenshot"]})
        sent = history[-messages:]
        if sent[0]["role"] == "assistant":
            sent = sent[1:]
        shown = [place for place, message in enumerate(sent) if message["screenshot"] is not None][-screenshots:]
        requests.append([
            {**message, "screenshot": message["screenshot"] if place in shown else None}
            for place, message in enumerate(sent)
        ])  # fmt: skip
        if turn["reply"] is not None:
            history.append({"role": "assistant", "text": turn["reply"], "screenshot": None})
    return requests


def buggy_error_as_a_reply(turns, messages, screenshots):
    history, requests = [], []
    for turn in turns:
        asked = {"role": "user", "text": turn["text"], "screenshot": turn["screenshot"]}
        kept = min(len(history), (messages - 1) // 2 * 2)
        request, left = [], screenshots
        for message in reversed([*history[len(history) - kept :], asked]):
            request.insert(0, {**message, "screenshot": message["screenshot"] if left > 0 else None})
            left -= message["screenshot"] is not None
        requests.append(request)
        history += [asked, {"role": "assistant", "text": turn["reply"] or "Sorry, an error occurred.", "screenshot": None}]
    return requests


def buggy_failure_forgets_everything(turns, messages, screenshots):
    history, requests = [], []
    for turn in turns:
        history.append({"role": "user", "text": turn["text"], "screenshot": turn["screenshot"]})
        while len(history) > messages:
            history = history[2:]
        shown = [place for place, message in enumerate(history) if message["screenshot"] is not None][-screenshots:]
        requests.append([
            {**message, "screenshot": message["screenshot"] if place in shown else None}
            for place, message in enumerate(history)
        ])  # fmt: skip
        if turn["reply"] is None:
            history = []
        else:
            history.append({"role": "assistant", "text": turn["reply"], "screenshot": None})
    return requests


def buggy_every_screenshot_again(turns, messages, screenshots):
    history, requests = [], []
    for turn in turns:
        history.append({"role": "user", "text": turn["text"], "screenshot": turn["screenshot"]})
        while len(history) > messages:
            history = history[2:]
        requests.append([dict(message) for message in history])
        if turn["reply"] is None:
            history.pop()
        else:
            history.append({"role": "assistant", "text": turn["reply"], "screenshot": None})
    return requests


def buggy_first_screenshots_stay(turns, messages, screenshots):
    history, requests = [], []
    for turn in turns:
        asked = {"role": "user", "text": turn["text"], "screenshot": turn["screenshot"]}
        kept = min(len(history), (messages - 1) // 2 * 2)
        request, left = [], screenshots
        for message in [*history[len(history) - kept :], asked]:
            request.append({**message, "screenshot": message["screenshot"] if left > 0 else None})
            left -= message["screenshot"] is not None
        requests.append(request)
        if turn["reply"] is not None:
            history += [asked, {"role": "assistant", "text": turn["reply"], "screenshot": None}]
    return requests


def buggy_history_without_end(turns, messages, screenshots):
    history, requests = [], []
    for turn in turns:
        asked = {"role": "user", "text": turn["text"], "screenshot": turn["screenshot"]}
        request, left = [], screenshots
        for message in reversed([*history, asked]):
            request.insert(0, {**message, "screenshot": message["screenshot"] if left > 0 else None})
            left -= message["screenshot"] is not None
        requests.append(request)
        if turn["reply"] is not None:
            history += [asked, {"role": "assistant", "text": turn["reply"], "screenshot": None}]
    return requests


def buggy_starts_with_a_reply(turns, messages, screenshots):
    history, requests = [], []
    for turn in turns:
        asked = {"role": "user", "text": turn["text"], "screenshot": turn["screenshot"]}
        sent = [*history, asked][-messages:]
        shown = [place for place, message in enumerate(sent) if message["screenshot"] is not None][-screenshots:]
        requests.append([
            {**message, "screenshot": message["screenshot"] if place in shown else None}
            for place, message in enumerate(sent)
        ])  # fmt: skip
        if turn["reply"] is not None:
            history += [asked, {"role": "assistant", "text": turn["reply"], "screenshot": None}]
    return requests


def buggy_failure_costs_a_screenshot(turns, messages, screenshots):
    history, requests = [], []
    for turn in turns:
        history.append({"role": "user", "text": turn["text"], "screenshot": turn["screenshot"]})
        while len(history) > messages:
            history = history[2:]
        shown = [place for place, message in enumerate(history) if message["screenshot"] is not None]
        for place in shown[: max(0, len(shown) - screenshots)]:
            history[place]["screenshot"] = None
        requests.append([dict(message) for message in history])
        if turn["reply"] is None:
            history.pop()
        else:
            history.append({"role": "assistant", "text": turn["reply"], "screenshot": None})
    return requests


VERSIONS = (
    right_grows_by_pairs,
    right_rolls_back,
    right_from_the_start,
    right_counts_what_follows,
    buggy_failed_turn_stays,
    buggy_error_as_a_reply,
    buggy_failure_forgets_everything,
    buggy_every_screenshot_again,
    buggy_first_screenshots_stay,
    buggy_history_without_end,
    buggy_starts_with_a_reply,
    buggy_failure_costs_a_screenshot,
)
