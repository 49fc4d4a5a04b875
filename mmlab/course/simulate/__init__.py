"""A class of made-up students, whose true marks are known.

    attacks   hostile notebooks, read from tests/attacks/
    canary    what an attack would have to touch to do harm
    damage    files as they come back damaged
    compose   who hands in what, and what it is worth
    command   `mmlab simulate`
"""
