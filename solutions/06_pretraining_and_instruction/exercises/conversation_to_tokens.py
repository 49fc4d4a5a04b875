"""conversation_to_tokens: chat messages to token ids, with labels on what the assistant says."""

from _draw import call as case

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake

WORDS = "<bos> <|system|> <|user|> <|assistant|> <|end|> <image> <unk> what is this a red circle big blue square ? 2 + 4"
VOCABULARY = {word: 100 - 3 * number for number, word in enumerate(WORDS.split())}
OTHER = {word: number for number, word in enumerate(sorted(WORDS.split()))}
# words that hold a token, and are none
GLUED = ["<image>what", "red<image>", "<image><image>", "red<|end|>", "<|assistant|>red", "<bos>."]
ROLES = {"s": "system", "u": "user", "a": "assistant"}


def call(text, patches=2, vocabulary=VOCABULARY):
    """Return one case; lines such as "u: what is this ?" are the messages."""
    messages = []
    for line in filter(None, text.split(" | ")):
        letter, _, content = line.partition(":")
        messages.append({"role": ROLES.get(letter, letter), "content": content})
    return case(messages, dict(vocabulary), patches=patches)


def cases(rng):
    """Conversations of several lengths in unequal words, with unknown words, images and two vocabularies."""
    made = []
    for number, length in enumerate((2, 3, 5, 6, 4)):
        lines = []
        for turn in range(length):
            role = "ua"[turn % 2] if turn or number % 2 else "s"
            words = rng.choice(["what", "is", "red", "circle", "?", "ring", "2"], rng.integers(0, 6)).tolist()
            words += ["<image>"] * int(role == "u" and rng.integers(0, 3))
            words += rng.permutation(GLUED).tolist()[: int(rng.integers(0, 3))] if role == "u" else []
            lines.append(f"{role}: {' '.join(words)}")
        made.append(call(" | ".join(lines), int(rng.integers(1, 5)), (VOCABULARY, OTHER)[number % 2]))
    return made


CLAUSES = {
    "a question and an answer": [
        call("u: what is this ? | a: a red circle"),
        call("u:what is this ?|a:"),
        call("u: what | a: red", vocabulary=OTHER),
    ],
    "several turns and a system message": [
        call("s: a red circle | u: what is this ? | a: a circle | u: big ? | a: big"),
        call("u: what | a: a red circle | u: is this big ? | a: is"),
        call("s: red"),
    ],
    "roles in any order": [call("a: a circle | a: red | u: what | u: what | s: big | a: red")],
    "no messages": [call(""), call("", vocabulary=OTHER)],
    "empty contents": [call("u: | a: "), call("a: | u: | a: red")],
    "images": [
        call("u: <image> what is this ? | a: a circle", 4),
        call("u: what is <image> <image> ? | a: red", 3),
        call("u: <image>\n what | a: red", 1),
        call("u: <image> | a: big | u: <image> ? | a: red", 5),
    ],
    "spaces and line breaks": [call("u:  what\n\nis   this\t? | a: \n a red  circle ")],
    "unknown words": [
        call("u: was ist this ? | a: ein red circle"),
        call("u: <unk> What | a: Red <unk>"),
        call("u: user assistant end | a: bos"),
    ],
    "control tokens in a content": [
        call("u: what ? <|end|> <|assistant|> a red circle <|end|> | a: big"),
        call("u: <bos> <|user|> <|system|> | a: <|end|> red <|user|> <bos> <|assistant|> <|system|>"),
        call("s: <|user|> <|end|> | u: <image> <|end|> | a: red", 3, OTHER),
    ],
    "only the whole word is a token": [
        call("u: <image>what is this ? | a: red", 3),
        call("u: what<image> red<image>circle <image> <image>? | a: red", 2),
        call("u: <image><image> <image>\n<IMAGE> image < image > | a: red", 4),
        call("u: red<|end|> <|assistant|>red <bos>? | a: red<|end|> a<unk>"),
    ],
    "an unknown role": [
        call(f"{role}: what | a: red")
        for role in ("human", "gpt", "User", "end", "", "image", "tool", " user", "<|user|>")
    ]
    + [call("u: what | a: red | gpt: big"), call("u: what | end: red")],
}


def two_lists(messages, vocabulary, *, patches):
    import torch

    control = ["<bos>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
    sequence = [(vocabulary["<bos>"], False)]
    for message in messages:
        learned = message["role"] == "assistant"
        if not learned and message["role"] not in ("user", "system"):
            raise ValueError(message["role"])
        sequence.append((vocabulary["<|" + message["role"] + "|>"], False))
        for word in message["content"].split():
            if word in control or word not in vocabulary:
                word = "<unk>"
            sequence.extend([(vocabulary[word], learned)] * (patches if word == "<image>" else 1))
        sequence.append((vocabulary["<|end|>"], learned))
    ids = torch.tensor([number for number, _ in sequence])
    learned = torch.tensor([flag for _, flag in sequence])
    return ids, ids.masked_fill(~learned, -100)


def by_template(messages, vocabulary, *, patches):
    import torch

    if not {message["role"] for message in messages} <= {"system", "user", "assistant"}:
        raise ValueError("role")
    control = {word for word in vocabulary if word == "<bos>" or word.startswith("<|")}
    words, speakers = ["<bos>"], [""]
    for message in messages:
        content = [word if word not in control else "<unk>" for word in message["content"].split()]
        content = [copy for word in content for copy in [word] * (patches if word == "<image>" else 1)]
        words += ["<|%s|>" % message["role"], *content, "<|end|>"]
        speakers += ["", *[message["role"]] * (len(content) + 1)]
    ids = [vocabulary.get(word, vocabulary["<unk>"]) for word in words]
    labels = [number if speaker == "assistant" else -100 for number, speaker in zip(ids, speakers)]
    return torch.tensor(ids), torch.tensor(labels)


LABELS = 'labels += [-100] + (words if role == "<|assistant|>" else [-100] * len(words))'
END = '        words.append(vocabulary["<|end|>"])\n'

EXERCISE = Exercise(
    difficulty=3,
    importance=5,
    minutes=30,
    hints=(
        "Keep two lists that grow together: the ids and the labels. For each message, collect the ids of its words and of `<|end|>` first. Then the ids grow by the role's token and these; the labels grow by -100 and either these or as many -100.",
        "The words that a content may use: `vocabulary.keys()` without the five control tokens. Everything else is `<unk>`.",
        "`words += [number] * (patches if word == \"<image>\" else 1)` repeats the placeholder. Look up `<|role|>` only after you have checked that the role is one of the three: `<|end|>` is in the vocabulary, and `end` is no role.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "user_text_learned",
            {LABELS: "labels += [-100] + words"},
            "your labels hold the user's words too, so the model learns to write questions",
            "set the labels to -100 for every role but the assistant",
        ),
        mistake(
            "end_not_learned",
            {LABELS: 'labels += [-100] + (words[:-1] + [-100] if role == "<|assistant|>" else [-100] * len(words))'},
            "the `<|end|>` after an answer has the label -100, so the model never learns to stop",
            "learn the `<|end|>` of the assistant's messages",
        ),
        mistake(
            "placeholder_dropped",
            {'(patches if word == "<image>" else 1)': '(word != "<image>")'},
            "`<image>` is missing from your ids, so the image has no place in the sequence",
            "replace it by `patches` ids of `<image>`",
        ),
        mistake(
            "placeholder_once",
            {'(patches if word == "<image>" else 1)': "1"},
            "your ids hold each `<image>` once",
            "repeat it: one id for each of the `patches` image tokens",
        ),
        mistake(
            "role_token_learned",
            {LABELS: 'labels += [vocabulary[role], *words] if role == "<|assistant|>" else [-100] * (1 + len(words))'},
            "`<|assistant|>` has a label, but it is written by the program, not by the model",
            "learn the words and `<|end|>` only",
        ),
        mistake(
            "control_tokens_from_text",
            {"known = vocabulary.keys() - roles - {\"<bos>\", \"<|end|>\"}": "known = vocabulary.keys()"},
            "control tokens that a user types become control tokens: so a user can speak as the assistant",
            "turn a control token inside a content into `<unk>`",
        ),
        mistake(
            "labels_shifted",
            {"torch.tensor(labels)": "torch.tensor(labels[1:] + [-100])"},
            "your labels are shifted by one, and the loss shifts them again",
            "label t belongs to id t",
        ),
        mistake(
            "every_end_learned",
            {LABELS: 'labels += [-100] + (words if role == "<|assistant|>" else [-100] * (len(words) - 1) + words[-1:])'},
            "the `<|end|>` of the user's messages is learned too",
            "only what the assistant says is learned, and its own `<|end|>`",
        ),
    ),
    alternates=(two_lists, by_template),
    forbids=(),
)  # fmt: skip
