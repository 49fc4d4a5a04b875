def bug_hunt_history(agent):
    shots = ["0.png", "1.png", None, "3.png", "4.png", None, "6.png"]
    turns = [{"text": f"turn {n}", "screenshot": shots[n], "reply": None if n in (1, 3) else f"reply {n}"} for n in range(7)]
    for messages, screenshots in ((1, 1), (4, 1), (5, 2), (20, 1), (20, 3)):
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
            if request != said:
                raise ValueError("a wrong request")
