def bug_hunt_history(agent):
    turns = [{"text": f"turn {n}", "screenshot": f"{n}.png", "reply": None if n in (1, 3) else f"reply {n}"} for n in range(7)]
    for messages in (1, 4, 5, 20):
        for number, request in enumerate(agent(turns, messages, 1)):
            answered = sum(one["reply"] is not None for one in turns[:number])
            assert len(request) == 2 * min(answered, (messages - 1) // 2) + 1
