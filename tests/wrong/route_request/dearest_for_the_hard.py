def route_request(request, models, hard_words):
    import re

    prompt, images = request["prompt"], request["images"]
    tokens = math.ceil(len(prompt) / 4) + sum(math.ceil(w / 28) * math.ceil(h / 28) for w, h in images)
    hard = len(prompt.split()) > 60 or not hard_words.isdisjoint(re.findall(r"[a-z]+", prompt.lower()))
    usable = [name for name, model in models.items() if model["sees"] or not images]
    usable = [name for name in usable if tokens * models[name]["price"] / 1e6 <= request["budget"]]
    choose = max if hard else min
    return choose(usable, key=lambda name: models[name]["price"], default=None)
