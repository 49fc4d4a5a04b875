"""Rewrites the wording of a question about shapes into the usual one, which `scene_query` parses."""

import re

from mmlab.api.server.model.vocabulary import TINTS
from mmlab.world.scene import SIZES

# Pattern → the usual wording, tried in order on the words joined by spaces.
_WHOLE = {"every": "all", "any": "any", "some": "a"}
_EITHER = r"(?:yes or no|true or false|right or wrong|yes no)"
_USUAL = (
    (
        rf"\b(?:please )?(?:answer|reply|respond|say)(?: only| just| simply)*(?: with| by| in)? {_EITHER}\b ?",
        "",
    ),
    (rf"^{_EITHER}\b ?| ?\b{_EITHER}$", ""),
    (r"^(?:what|who) (?:is|are) not\b(?! there)", "which shapes are not"),
    (r"^how many (?:is|are) not\b", "how many shapes are not"),
    (r"^(is|are) there neither (?:a |an |any )?(.*) nor (?:a |an |any )?(.*)$", r"\1 there no \2 or \3"),
    (r"^(how many .*?)(?: in total)? (?:including|also counting)\b.*$", r"\1"),
    (r"\b(?:every|any|some)(?=thing\b|one\b)", lambda match: f"{_WHOLE[match[0]]} "),
    (r"\bnothing\b(?! but)|\bnone\b(?! of)", "no shape"),
    (r"\bnone of\b", "no"),
    (r"\bnothing but\b", "all shape only"),
    (r"\b(?:furthest|farthest|most) (?:to the )?(left|right)\b", r"\1most"),
    (r"\b(?:to|on|at) the far (left|right)\b", r"\1most"),
    (r"\bhow (?:large|small)\b", "what size"),
    (r"\bhow (?:many|much) different\b", "how many different"),
    (r"^(?:is|was) it (?:true|correct|right) (?:to say )?that\b ?", ""),
    (r"^(?:is|was) it (?:wrong|false|untrue|incorrect) (?:to say )?that there (is|are)\b", r"\1 there no"),
    (r"^there (is|are) not\b", r"\1 there"),
    (r"^(is|are|does|do|has|have) (?:one|some|either) of\b", r"\1 any of"),
    (r"\bhow often\b(?!.*\bmost\b)", "how many"),
    (
        r"\b(?:takes? up|occup(?:y|ies)|covers?|fills?|uses?) (?:the )?(?:most|largest) (?:space|area|room)\b",
        "is the largest",
    ),
    (
        r"\b(?:takes? up|occup(?:y|ies)|covers?|fills?|uses?) (?:the )?(?:least|smallest) (?:space|area|room)\b",
        "is the smallest",
    ),
    (r"^(?!.*\bnumber\b)(.*)\b(?:higher(?: up)?|further up) than\b", r"\1above"),
    (r"^(?!.*\bnumber\b)(.*)\b(?:lower(?: down)?|further down) than\b", r"\1below"),
    (r"\b(?:further|farther) (?:to the )?(left|right) than\b", r"\1 of"),
    (r"\bhigher(?: up)?\b(?!.* than)|\bfurther up\b", "highest"),
    (r"\blower(?: down\b|$)(?!.* than)|\bfurther down\b", "lowest"),
    (r"\b(?:further|farther|more) (?:to the )?(left|right)\b", r"\1most"),
    (r"\b(shapes?) which\b", r"\1 that"),
    (r"\b(?:as|equally) (?:large|small)\b", "same size"),
    (r"\bless\b", "fewer"),
    (r"^(there (?:is|are) .*) (?:right|correct)$", r"\1"),
    (r"^(is|was) it (?=a\b|an\b|the\b|red|large|small)", r"\1 shape "),
    (r"\bthey\b|\bthem\b", "shapes"),
    (r"\b(left|right|top|bottom|upper|lower|other) one\b", r"\1 shape"),
    (r"\b(?:closest|nearest|next|adjacent) to\b|\bbeside\b", "near"),
    (r"^(?!.*\bthan\b)(?!.*\bor\b)(.*)\blarger\b", r"\1largest"),
    (r"^(?!.*\bthan\b)(?!.*\bor\b)(.*)\bsmaller\b", r"\1smallest"),
    (r"^((?!is |are |does |do ).*)\bsame (colour|kind|type|size|shape|form) (?:as|like)\b", r"\1same\2"),
    (r"\bones\b|(?<=which )one\b|(?<=the )one\b|(?<=that )one\b|(?<=est )one\b", "shape"),
    (rf"(?<=\b)({'|'.join((*TINTS, *SIZES))}) one\b", r"\1 shape"),
)


def usual(spoken: list[str]) -> list[str]:
    """Return the words of a question in the usual wording.

    >>> usual(["is", "one", "of", "the", "shapes", "red"])
    ['is', 'any', 'of', 'the', 'shapes', 'red']
    """
    text = " ".join(spoken)
    for pattern, wording in _USUAL:
        text = re.sub(pattern, wording, text)
    return ["shape" if word == "thing" else word for word in text.split()]
