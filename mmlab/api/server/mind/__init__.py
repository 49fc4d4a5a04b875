"""What the local models answer: from the pixels alone, through the world's readers.

    prompt     what is asked, in no provider's form, and what is answered
    sheets     documents: several pages as one, and plain texts
    sight      what a model sees in a picture, with its declared weaknesses
    questions  what a text asks of a picture, and the answer
    paper      what a text asks of a printed page, and the answer
    pages      charts, editors and screens: their data, and answers from them
    acting     what to do next on a screen to reach a goal
    hearing    what is heard in a sound, and what a text asks of it
    watching   what happens in a film, or in pictures that follow each other
    filling    answers in the form of a JSON schema
    reply      all together
"""

from mmlab.api.server.mind.prompt import Call, Prompt, Reply, Tool, Turn
from mmlab.api.server.mind.reply import reply

__all__ = ["Call", "Prompt", "Reply", "Tool", "Turn", "reply"]
