def bug_hunt_history(agent):
    turns = [{"text": f"turn {n}", "screenshot": None, "reply": f"reply {n}"} for n in range(7)]
    assert len(agent(turns, 4, 1)[-1]) == 4
