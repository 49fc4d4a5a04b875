"""Unusual right tests of bug_hunt_history."""

from mmlab.instructor.authoring.exercise import Answer


def one_rule_after_the_other(agent):
    turns = [
        {
            "text": f"q{n}",
            "screenshot": None if n in (2, 5) else f"s{n}",
            "reply": None if n in (0, 3, 4) else f"r{n}",
        }
        for n in range(9)
    ]
    for messages in range(1, 11):
        for screenshots in range(1, 4):
            requests = agent(turns, messages, screenshots)
            assert len(requests) == len(turns)
            for number, request in enumerate(requests):
                assert all(set(message) == {"role", "text", "screenshot"} for message in request)
                questions, replies = request[::2], request[1::2]
                assert {message["role"] for message in questions} == {"user"}
                assert all(reply["role"] == "assistant" and reply["screenshot"] is None for reply in replies)
                answered = [n for n in range(number) if turns[n]["reply"]]
                expected = answered[max(0, len(answered) - (messages - 1) // 2) :] + [number]
                assert [message["text"] for message in questions] == [f"q{n}" for n in expected]
                assert [message["text"] for message in replies] == [f"r{n}" for n in expected[:-1]]
                left = screenshots
                for n, message in zip(reversed(expected), reversed(questions)):
                    shown = turns[n]["screenshot"] if left else None
                    left -= shown is not None
                    assert message["screenshot"] == shown


ANSWERS = (
    Answer("one_rule_after_the_other", one_rule_after_the_other, "eight limits by three, rule by rule"),
    Answer(
        "a_longer_dialogue",
        {
            "    for messages, screenshots in ((1, 1), (4, 1), (7, 2), (7, 3))": "    turns = turns * 3\n    for messages, screenshots in ((1, 1), (2, 9), (6, 1), (9, 2), (30, 3))"
        },
        "texts that come again",
    ),
    Answer(
        "raises_by_hand",
        {
            "        assert agent(turns, messages, screenshots) == wanted, f": "        if agent(turns, messages, screenshots) != wanted:\n            raise AssertionError"
            "(f",
            'screenshots={screenshots}"': 'screenshots={screenshots}")',
        },
        "no assert statement",
    ),
)
