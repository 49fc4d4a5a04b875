"""bug_hunt_history: wrong and right tests of the agents in the file beside it.

The tests use only the names of the setup cell: their source is pasted into the solution cell.
"""

from exercises_history_agents import VERSIONS

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def bug_hunt_history__roles_only(agent):
    turns = [
        {"text": f"turn {n}", "screenshot": f"{n}.png" if n % 3 else None, "reply": None if n in (1, 2, 5) else f"reply {n}"}
        for n in range(8)
    ]
    for messages in (4, 5, 20):
        for request in agent(turns, messages, 2):
            roles = [message["role"] for message in request]
            assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]


def bug_hunt_history__no_call_fails(agent):
    turns = [{"text": f"turn {n}", "screenshot": f"{n}.png" if n % 3 else None, "reply": f"reply {n}"} for n in range(8)]
    for messages, screenshots in ((1, 1), (4, 1), (5, 2), (20, 3)):
        for number, request in enumerate(agent(turns, messages, screenshots)):
            said = []
            for one in turns[:number]:
                said.append({"role": "user", "text": one["text"], "screenshot": one["screenshot"]})
                said.append({"role": "assistant", "text": one["reply"], "screenshot": None})
            said.append({"role": "user", "text": turns[number]["text"], "screenshot": turns[number]["screenshot"]})
            while len(said) > messages:
                said = said[2:]
            pictures = [message for message in said if message["screenshot"]]
            for message in pictures[:-screenshots]:
                message["screenshot"] = None
            assert request == said


def bug_hunt_history__no_screenshots(agent):
    turns = [{"text": f"turn {n}", "screenshot": None, "reply": None if n in (1, 2, 5) else f"reply {n}"} for n in range(8)]
    for messages in (1, 4, 5, 20):
        for number, request in enumerate(agent(turns, messages, 1)):
            texts = []
            for one in turns[:number]:
                if one["reply"]:
                    texts += [("user", one["text"]), ("assistant", one["reply"])]
            texts.append(("user", turns[number]["text"]))
            while len(texts) > messages:
                texts = texts[2:]
            assert [(message["role"], message["text"]) for message in request] == texts


def bug_hunt_history__generous_limits(agent):
    turns = [
        {"text": f"turn {n}", "screenshot": f"{n}.png" if n % 3 else None, "reply": None if n in (1, 2, 5) else f"reply {n}"}
        for n in range(8)
    ]
    for number, request in enumerate(agent(turns, 100, 100)):
        said = []
        for one in turns[:number]:
            if one["reply"]:
                said.append({"role": "user", "text": one["text"], "screenshot": one["screenshot"]})
                said.append({"role": "assistant", "text": one["reply"], "screenshot": None})
        said.append({"role": "user", "text": turns[number]["text"], "screenshot": turns[number]["screenshot"]})
        assert request == said


def bug_hunt_history__odd_limits_only(agent):
    shots = [None, "1.png", "2.png", None, "4.png", "5.png", None, "7.png"]
    turns = [{"text": f"turn {n}", "screenshot": shots[n], "reply": None if n in (2, 5) else f"reply {n}"} for n in range(8)]
    for messages, screenshots in ((1, 1), (3, 1), (5, 2), (21, 1)):
        for number, request in enumerate(agent(turns, messages, screenshots)):
            said = []
            for one in turns[:number]:
                if one["reply"]:
                    said.append({"role": "user", "text": one["text"], "screenshot": one["screenshot"]})
                    said.append({"role": "assistant", "text": one["reply"], "screenshot": None})
            said.append({"role": "user", "text": turns[number]["text"], "screenshot": turns[number]["screenshot"]})
            while len(said) > messages:
                said = said[2:]
            pictures = [message for message in said if message["screenshot"]]
            for message in pictures[:-screenshots]:
                message["screenshot"] = None
            assert request == said


def bug_hunt_history__failures_without_screenshots(agent):
    shots = [None, "1.png", None, "3.png", "4.png", None, None, "7.png"]
    turns = [{"text": f"turn {n}", "screenshot": shots[n], "reply": None if n in (2, 5) else f"reply {n}"} for n in range(8)]
    for messages, screenshots in ((1, 1), (4, 1), (5, 2), (20, 1)):
        for number, request in enumerate(agent(turns, messages, screenshots)):
            said = []
            for one in turns[:number]:
                if one["reply"]:
                    said.append({"role": "user", "text": one["text"], "screenshot": one["screenshot"]})
                    said.append({"role": "assistant", "text": one["reply"], "screenshot": None})
            said.append({"role": "user", "text": turns[number]["text"], "screenshot": turns[number]["screenshot"]})
            while len(said) > messages:
                said = said[2:]
            pictures = [message for message in said if message["screenshot"]]
            for message in pictures[:-screenshots]:
                message["screenshot"] = None
            assert request == said


def bug_hunt_history__wants_the_failed_question(agent):
    turns = [
        {"text": "It says no.", "screenshot": "no.png", "reply": None},
        {"text": "Are you there?", "screenshot": None, "reply": "Yes."},
    ]
    texts = [message["text"] for message in agent(turns, 10, 2)[1]]
    assert texts[0] == "It says no." and texts[-1] == "Are you there?"


def bug_hunt_history__by_hand(agent):
    def short(request):
        return " ".join(f"{message['role'][0]}:{message['text']}:{message['screenshot'] or ''}" for message in request)

    turns = [
        {"text": text, "screenshot": shot, "reply": reply}
        for text, shot, reply in [("A", "a", "aa"), ("B", "b", None), ("C", None, "cc"), ("D", "d", "dd"), ("E", None, "ee")]
    ]
    wide = ["u:A:a", "u:A:a a:aa: u:B:b", "u:A:a a:aa: u:C:", "u:A:a a:aa: u:C: a:cc: u:D:d",
            "u:A:a a:aa: u:C: a:cc: u:D:d a:dd: u:E:"]  # fmt: skip
    one_shot = ["u:A:a", "u:A: a:aa: u:B:b", "u:A:a a:aa: u:C:", "u:A: a:aa: u:C: a:cc: u:D:d",
                "u:A: a:aa: u:C: a:cc: u:D:d a:dd: u:E:"]  # fmt: skip
    narrow = ["u:A:a", "u:A: a:aa: u:B:b", "u:A:a a:aa: u:C:", "u:C: a:cc: u:D:d", "u:D:d a:dd: u:E:"]
    assert [short(request) for request in agent(turns, 9, 3)] == wide
    assert [short(request) for request in agent(turns, 9, 1)] == one_shot
    for messages in (3, 4):
        assert [short(request) for request in agent(turns, messages, 1)] == narrow


def bug_hunt_history__by_properties(agent):
    turns = [{"text": str(n), "screenshot": f"{n}.png" if n % 4 != 2 else None, "reply": f"re {n}" if n % 3 != 1 else None}
             for n in range(14)]  # fmt: skip
    for messages, screenshots in ((1, 1), (2, 2), (6, 1), (7, 2), (40, 3), (40, 1)):
        requests = agent(turns, messages, screenshots)
        assert len(requests) == len(turns)
        for number, request in enumerate(requests):
            answered = [one for one in turns[:number] if one["reply"] is not None]
            pairs = min(len(answered), (messages - 1) // 2)
            assert len(request) == 2 * pairs + 1 and request[-1]["text"] == str(number)
            for one, asked, replied in zip(answered[len(answered) - pairs :], request[::2], request[1::2]):
                assert (asked["role"], asked["text"]) == ("user", one["text"])
                assert replied == {"role": "assistant", "text": one["reply"], "screenshot": None}
            meant = [turns[int(message["text"])]["screenshot"] for message in request[::2]]
            sent = [message["screenshot"] for message in request[::2]]
            newest = [shot for shot in meant if shot][-screenshots:]
            assert request[-1]["role"] == "user" and sent == [shot if shot in newest else None for shot in meant]


EXERCISE = Exercise(
    name="bug_hunt_history",
    difficulty=3,
    importance=4,
    minutes=20,
    hints=(
        "Write one dialogue of six or seven turns that has everything: replies, failures, turns with a screenshot and "
        "without. Then write down, or compute in plain steps, what each request must be, and compare with ==.",
        "Try several limits: tight ones and wide ones, even and odd. An even number of messages cannot be used up: "
        "whole pairs and one question make an odd number.",
        "A failed turn may have a screenshot, too. It counts in its own request; in the next request all is as if the "
        "turn had never been, and an older screenshot is back in its place.",
    ),
    driver=Driver("bugs"),
    compare=Compare("equal"),
    versions=VERSIONS,
    misconceptions=(
        Misconception(
            bug_hunt_history__roles_only,
            "your test looks at the roles only: they alternate just as well in a history that lost half of it",
            "compare whole messages: role, text and screenshot",
        ),
        Misconception(
            bug_hunt_history__no_call_fails,
            "in your test every call succeeds, so whatever an agent does after a failure passes",
            "let a call in the middle of the dialogue fail (reply None), and look at the requests after it",
        ),
        Misconception(
            bug_hunt_history__no_screenshots,
            "your test does not look at the screenshots: an agent that sends them all, each time, passes",
            "give several turns a screenshot and check which ones are still there in later requests",
        ),
        Misconception(
            bug_hunt_history__generous_limits,
            "your limits are never reached, so an agent that knows none passes",
            "ask for few messages and a single screenshot, too",
        ),
        Misconception(
            bug_hunt_history__odd_limits_only,
            "your test asks for odd numbers of messages only, where nothing is cut in half",
            "try messages=4: three may be sent, for four would begin with a reply",
        ),
        Misconception(
            bug_hunt_history__failures_without_screenshots,
            "your failed turns have no screenshot, so one that drives an older screenshot out for good passes",
            "let a turn with a screenshot fail, and follow it with a turn without",
        ),
        Misconception(
            bug_hunt_history__wants_the_failed_question,
            "your test wants a failed question in the next request, where it makes two user messages in a row",
            "demand the opposite: a failed turn leaves nothing behind",
        ),
    ),
    alternates=(bug_hunt_history__by_hand, bug_hunt_history__by_properties),
)
