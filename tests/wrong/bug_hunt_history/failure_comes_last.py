def bug_hunt_history(agent):
    shots = ["0.png", None, "2.png", "3.png", None, "5.png"]
    turns = [{"text": f"turn {n}", "screenshot": shots[n], "reply": f"reply {n}" if n < 5 else None} for n in range(6)]
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
            for message in [message for message in said if message["screenshot"]][:-screenshots]:
                message["screenshot"] = None
            assert request == said
