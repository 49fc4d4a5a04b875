"""Wrong tests of bug_hunt_history that its mistakes do not name."""

from mmlab.instructor.authoring.exercise import Answer

COMPARISON = 'assert agent(turns, messages, screenshots) == wanted, f"with messages={messages}, screenshots={screenshots}"'
LIMITS = "((1, 1), (4, 1), (7, 2), (7, 3))"


def failure_comes_last(agent):
    shots = ["0.png", None, "2.png", "3.png", None, "5.png"]
    turns = [{"text": f"turn {n}", "screenshot": shots[n], "reply": f"reply {n}" if n < 5 else None} for n in range(6)]
    for messages, screenshots in ((1, 1), (4, 1), (5, 2), (20, 1)):
        for number, request in enumerate(agent(turns, messages, screenshots)):
            wanted = []
            for turn in turns[:number]:
                wanted.append({"role": "user", "text": turn["text"], "screenshot": turn["screenshot"]})
                wanted.append({"role": "assistant", "text": turn["reply"], "screenshot": None})
            wanted.append({"role": "user", "text": turns[number]["text"], "screenshot": turns[number]["screenshot"]})
            while len(wanted) > messages:
                wanted = wanted[2:]
            for message in [message for message in wanted if message["screenshot"]][:-screenshots]:
                message["screenshot"] = None
            assert request == wanted


def wants_every_place_used(agent):
    turns = [{"text": f"turn {n}", "screenshot": None, "reply": f"reply {n}"} for n in range(7)]
    assert len(agent(turns, 4, 1)[-1]) == 4


def parts(message: str) -> dict[str, str]:
    """Return the edit that compares one part of each message only."""
    requests = f"[[{message} for message in request] for request in {{}}]"
    return {COMPARISON: f"assert {requests.format('agent(turns, messages, screenshots)')} == {requests.format('wanted')}"}


ANSWERS = (
    Answer(
        "complains_with_another_error",
        {COMPARISON: 'if agent(turns, messages, screenshots) != wanted:\n            raise ValueError("a wrong request")'},
        "an AssertionError",
    ),
    Answer("counts_the_messages", parts("1"), "whole messages"),
    Answer("failure_comes_last", failure_comes_last, "a failed turn leaves nothing behind, in no later request"),
    Answer("last_request_only", {f"{COMPARISON}": "assert agent(turns, messages, screenshots)[-1] == wanted[-1]"}, "each request"),
    Answer("wants_every_place_used", wants_every_place_used, "a right agent is accepted"),
    Answer("no_roles", parts('(message["text"], message["screenshot"])'), "each message has a role"),
    Answer("no_screenshots_of_replies", parts('(message["role"], message["text"], message["role"] == "user" and message["screenshot"])'),
           "a reply's screenshot is None"),
    Answer("no_texts", parts('(message["role"], message["screenshot"])'), "each message has its text"),
    Answer("even_limits_only", {LIMITS: "((1, 1), (4, 1), (6, 2))"}, "only where there would be more, turns are left out"),
    Answer("always_asserts", {COMPARISON: "assert False"}, "a right agent is accepted"),
    Answer("never_asserts", {COMPARISON: "pass"}, "a buggy agent is refused"),
    Answer("counts_screenshots", {COMPARISON: 'assert [[message["role"] + message["text"] for message in request] + [sum(message["screenshot"] is not None for message in request)] for request in agent(turns, messages, screenshots)] == [[message["role"] + message["text"] for message in request] + [sum(message["screenshot"] is not None for message in request)] for request in wanted]'},
           "the newest screenshots stay"),
    Answer("room_for_a_pair", {LIMITS: "((3, 1), (4, 1), (5, 2))"}, "both limits are 1 or more"),
    Answer("two_screenshots_or_more", {LIMITS: "((1, 2), (4, 2), (5, 2), (8, 3))"}, "both limits are 1 or more"),
    Answer("one_screenshot_limit", {LIMITS: "((1, 2), (4, 2), (5, 2), (9, 2))"}, "at most so many screenshots"),
    Answer("in_any_order", {COMPARISON: "assert [sorted(map(repr, request)) for request in agent(turns, messages, screenshots)] == [sorted(map(repr, request)) for request in wanted]"},
           "in order"),
    Answer("requests_that_have_a_partner", {COMPARISON: "assert all(request == due for request, due in zip(agent(turns, messages, screenshots), wanted))"},
           "one request a turn"),
    Answer("answered_turns_only", {COMPARISON: 'requests = agent(turns, messages, screenshots)\n        assert len(requests) == len(wanted)\n        assert all(request == due for turn, request, due in zip(turns, requests, wanted) if turn["reply"])'},
           "failed turns included"),
    Answer("compares_the_text_of_it", {COMPARISON: "assert str(agent(turns, messages, screenshots)) == str(wanted)"}, "a right agent is accepted, in whatever order its keys stand"),
    Answer("never_three_screenshots", {LIMITS: "((1, 1), (4, 1), (7, 2), (9, 2))"}, "at most so many screenshots, also three"),
    Answer("five_messages_are_enough", {LIMITS: "((1, 1), (4, 1), (5, 2), (5, 3))"}, "only where there would be more, turns are left out"),
    Answer("one_screenshot_or_all", {LIMITS: "((1, 1), (4, 1), (5, 5), (7, 7))"}, "at most so many screenshots, also two"),
    Answer("set_of_screenshots", {COMPARISON: 'def parts(requests):\n            return [([m["role"] + m["text"] for m in r], {m["screenshot"] for m in r}) for r in requests]\n        assert parts(agent(turns, messages, screenshots)) == parts(wanted)'},
           "each message has its screenshot"),
    Answer("first_turn_never_fails", {"for messages, screenshots in": "turns = turns[1:]\n    for messages, screenshots in"}, "a failed turn leaves nothing behind"),
    Answer("failures_stand_alone", {"for messages, screenshots in": "turns = turns[:3] + turns[4:]\n    for messages, screenshots in"}, "a failed turn leaves nothing behind"),
    Answer("any_of_the_right_requests", {COMPARISON: "assert all(request in wanted for request in agent(turns, messages, screenshots))"}, "one request a turn"),
)  # fmt: skip
