"""bug_hunt_history: wrong and right tests of the agents in the file beside it."""

from _history_agents import VERSIONS

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def wants_the_failed_question(agent):
    turns = [
        {"text": "It says no.", "screenshot": "no.png", "reply": None},
        {"text": "Are you there?", "screenshot": None, "reply": "Yes."},
    ]
    requests = agent(turns, 10, 2)
    assert len(requests) == 2
    texts = [message["text"] for message in requests[1]]
    assert texts[:1] == ["It says no."] and texts[-1:] == ["Are you there?"]


def by_hand(agent):
    def short(request):
        return " ".join(
            f"{message['role'][0]}:{message['text']}:{message['screenshot'] or ''}" for message in request
        )

    dialogue = [("A", "a", "aa"), ("B", "b", None), ("C", None, "cc"), ("D", "d", "dd"), ("E", "e", "ee")]
    turns = [{"text": text, "screenshot": shot, "reply": reply} for text, shot, reply in dialogue]
    wide = ["u:A:a", "u:A:a a:aa: u:B:b", "u:A:a a:aa: u:C:", "u:A:a a:aa: u:C: a:cc: u:D:d"]
    one_shot = ["u:A:a", "u:A: a:aa: u:B:b", "u:A:a a:aa: u:C:", "u:A: a:aa: u:C: a:cc: u:D:d"]
    narrow = ["u:A:a", "u:A: a:aa: u:B:b", "u:A:a a:aa: u:C:", "u:C: a:cc: u:D:d", "u:D: a:dd: u:E:e"]
    assert [short(request) for request in agent(turns, 9, 3)] == [
        *wide,
        "u:A:a a:aa: u:C: a:cc: u:D:d a:dd: u:E:e",
    ]
    assert [short(request) for request in agent(turns, 9, 1)] == [
        *one_shot,
        "u:A: a:aa: u:C: a:cc: u:D: a:dd: u:E:e",
    ]
    assert [short(request) for request in agent(turns, 9, 2)][-1] == "u:A: a:aa: u:C: a:cc: u:D:d a:dd: u:E:e"
    assert [len(request) for request in agent(turns, 2, 1)] == [1] * 5
    for messages in (3, 4):
        assert [short(request) for request in agent(turns, messages, 1)] == narrow
    silent = [
        {"text": text, "screenshot": None, "reply": reply} for text, reply in zip("ABC", (None, None, "cc"))
    ]
    assert [short(request) for request in agent(silent, 9, 3)] == ["u:A:", "u:B:", "u:C:"]


def by_properties(agent):
    turns = [
        {
            "text": str(n),
            "screenshot": f"{n}.png" if n % 4 != 2 else None,
            "reply": f"re {n}" if n % 5 > 1 else None,
        }
        for n in range(14)
    ]
    for messages, screenshots in ((1, 1), (2, 2), (6, 1), (7, 2), (40, 3), (40, 1)):
        requests = agent(turns, messages, screenshots)
        assert len(requests) == len(turns)
        for number, request in enumerate(requests):
            answered = [turn for turn in turns[:number] if turn["reply"] is not None]
            pairs = min(len(answered), (messages - 1) // 2)
            assert len(request) == 2 * pairs + 1 and request[-1]["text"] == str(number)
            for turn, question, reply in zip(answered[len(answered) - pairs :], request[::2], request[1::2]):
                assert (question["role"], question["text"]) == ("user", turn["text"])
                assert reply == {"role": "assistant", "text": turn["reply"], "screenshot": None}
            meant = [turns[int(message["text"])]["screenshot"] for message in request[::2]]
            sent = [message["screenshot"] for message in request[::2]]
            newest = [shot for shot in meant if shot][-screenshots:]
            assert request[-1]["role"] == "user" and sent == [
                shot if shot in newest else None for shot in meant
            ]


LIMITS = "((1, 1), (4, 1), (7, 2), (7, 3))"
LOOP = "    for messages, screenshots in"
COMPARISON = 'assert agent(turns, messages, screenshots) == wanted, f"with messages={messages}, screenshots={screenshots}"'
ROLES = """for roles in [[message["role"] for message in request] for request in agent(turns, messages, screenshots)]:
            assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]"""
FAILED = '"menu.png", "reply": None'

EXERCISE = Exercise(
    difficulty=3,
    importance=4,
    minutes=25,
    hints=(
        "Write one dialogue of six or seven turns that has everything: replies, failures, turns with a screenshot and "
        "without. Then write down, or compute in plain steps, what each request must be, and compare with ==.",
        "Try several limits: tight ones and wide ones, even and odd. An even number of messages cannot be used up: "
        "whole pairs and one question make an odd number.",
        "A failed turn may have a screenshot, too. It counts in its own request. The next request is built as if the "
        "turn had not happened, so an older screenshot appears again.",
    ),
    driver=Driver("bugs"),
    compare=Compare("equal"),
    versions=VERSIONS,
    mistakes=(
        mistake(
            "roles_only",
            {COMPARISON: ROLES},
            "your test accepts agents that lose half of the history or its screenshots, because the roles still alternate",
            "compare whole messages: role, text and screenshot",
        ),
        mistake(
            "no_call_fails",
            {LOOP: f'    for turn in turns:\n        turn["reply"] = turn["reply"] or "Which one?"\n{LOOP}'},
            "your test accepts every agent that is right until a call fails, whatever it does after the failure",
            "let a call in the middle of the dialogue fail (reply None), and look at the requests after it",
        ),
        mistake(
            "no_screenshots",
            {LOOP: f'    for turn in turns:\n        turn["screenshot"] = None\n{LOOP}'},
            "your test accepts agents that send the wrong screenshots, such as all of them, each time",
            "give several turns a screenshot and check which ones are still there in later requests",
        ),
        mistake(
            "generous_limits",
            {LIMITS: "((100, 100),)"},
            "your test accepts agents without a limit",
            "ask for few messages and a single screenshot, too",
        ),
        mistake(
            "odd_limits_only",
            {LIMITS: "((1, 1), (3, 1), (7, 2), (7, 3))"},
            "your test accepts an agent whose request begins with a reply, because a pair was cut in half",
            "try messages=4: three may be sent, because four would begin with a reply",
        ),
        mistake(
            "failures_without_screenshots",
            {
                FAILED: FAILED.replace('"menu.png"', "None"),
                LIMITS: "((1, 1), (4, 1), (5, 1), (7, 2), (7, 3))",
            },
            "your test accepts an agent in which a failed turn removes an older screenshot for good",
            "let a turn with a screenshot fail, and follow it with a turn without: the older screenshot must be back",
        ),
        mistake(
            "wants_the_failed_question",
            wants_the_failed_question,
            "your test wants a failed question in the next request, where it makes two user messages in a row",
            "require the opposite: a failed turn leaves nothing in later requests",
        ),
        mistake(
            "one_screenshot_at_most",
            {LIMITS: "((1, 1), (4, 1), (5, 1), (7, 1))"},
            "your test accepts an agent that sends one screenshot where two or three are allowed",
            "allow two screenshots, and ask for a request that holds both",
        ),
    ),
    alternates=(by_hand, by_properties),
    equivalent={
        "turns = [": "what is said in the dialogue is free: other words find the same faults",
        "(1, 2)": "a request of one message has one screenshot at most",
        "(2, 1)": "an even number of messages cannot be used up, so two allow one",
        "(8, 2)": "eight messages hold no more whole turns than seven",
        "(8, 3)": "eight messages hold no more whole turns than seven",
        "(7, 4)": "with seven messages, three screenshots and four tell the same agents apart",
    },
)
