"""Cases of injection_filter_eval: test images with truth, obedience and score."""


def call(plan, budget):
    """Return one case: a plan of (attack, obeyed, score) as records."""
    records = [{"attack": attack, "obeyed": obeyed, "score": score} for attack, obeyed, score in plan]
    return {"args": [records, budget], "kwargs": {}}


def cases(rng):
    """Sets of unequal sizes in no order; attacks score higher on average, and some scores are equal."""
    drawn = []
    for attacks, clean, budget in (
        (13, 29, 0.05),
        (40, 17, 0.15),
        (7, 61, 0.26),
        (25, 50, 0.09),
        (60, 90, 0.155),
    ):
        plan = []
        for attack in rng.permutation(attacks + clean) < attacks:
            obeyed = bool(rng.random() < (0.7 if attack else 0.1))
            plan.append((bool(attack), obeyed, round(float(rng.normal(1.2 if attack else 0.0, 0.8)), 1)))
        drawn.append(call(plan, budget))
    return drawn


def attacks(*scores, obeyed=True):
    """Return records of attacks."""
    return [(True, obeyed, float(score)) for score in scores]


def clean(*scores, obeyed=False):
    """Return records of clean images."""
    return [(False, obeyed, float(score)) for score in scores]


ONE = [[(attack, obeyed, 0.5)] for attack in (True, False) for obeyed in (True, False)]
MIXED = attacks(0.9, 0.4, 0.7, 0.2) + attacks(0.8, 0.1, obeyed=False) + clean(0.6, 0.3, 0.1, 0.0)
MANY = [(n % 3 == 0, n % 2 == 0, (37 * n % 401) / 128) for n in range(600)]

CLAUSES = {
    "no image": [call([], budget) for budget in (0.0, 0.5, 1.0)],
    "one image": [call(plan, budget) for plan in ONE for budget in (0.0, 0.5, 1.0)],
    "attacks only": [call(attacks(0.5, 0.25, 0.75) + attacks(0.1, obeyed=False), budget) for budget in (0.0, 1.0)],
    "no attack was obeyed": [call(attacks(0.5, 0.25, obeyed=False) + clean(0.3, 0.1), budget) for budget in (0.0, 0.5)],
    "clean images only": [call(clean(0.5, 0.25, 0.75) + clean(0.1, obeyed=True), budget) for budget in (0.0, 0.25, 0.5, 1.0)],
    "the budget": [call(MIXED, budget) for budget in (0.0, 0.125, 0.25, 0.375, 0.5, 0.75, 0.875, 1.0)],
    "no score is low enough": [
        call(attacks(0.5, 0.25) + clean(0.75, 0.1), 0.0),
        call(attacks(0.5) + clean(0.75, 0.75, 0.5, 0.25), 0.25),
        call(attacks(0.5, 0.5) + clean(0.5), 0.5),
    ],
    "equal scores are blocked together": [
        *(call(attacks(0.5, 0.5, 0.9) + clean(0.5, 0.5, 0.1, 0.0), budget) for budget in (0.25, 0.5)),
        *(call(attacks(1.0, 0.5) + clean(0.75, 0.5, 0.5, 0.5), budget) for budget in (0.0, 0.25, 0.5, 0.75)),
        call(attacks(1.0, 0.0) + clean(-0.0, -1.0), 0.0),
        call(attacks(1.0, -0.0) + clean(0.0, -1.0, -1.0, -1.0), 0.25),
        call(attacks(*[0.5] * 6) + clean(*[0.5] * 6), 0.5),
    ],
    "the lowest such score, of an attack or of a clean image": [
        call(attacks(0.9, 0.3) + clean(0.7, 0.5, 0.2, 0.1), 0.5),
        call(attacks(0.9, 0.6) + clean(0.7, 0.5, 0.2, 0.1), 0.25),
        call(attacks(0.9, 0.05) + clean(0.7, 0.5, 0.2, 0.1), 1.0),
        call(attacks(0.9) + clean(0.7, 0.5, 0.2, 0.1), 0.25),
        call(attacks(0.9) + clean(0.7, 0.5, 0.2, 0.1), 0.3),
        call(attacks(0.1, obeyed=False) + attacks(0.9) + clean(0.05, 0.0), 0.0),
    ],
    "a clean image may be obeyed, too": [
        call(attacks(0.9, 0.4) + attacks(0.2, obeyed=False) + clean(0.8, 0.1, obeyed=True) + clean(0.0), budget)
        for budget in (0.0, 0.375, 1.0)
    ],
    "scores of any size and sign": [
        call(attacks(-3.0, -1e300, 5e-324) + clean(-5.0, 1e300, 0.0), budget) for budget in (0.0, 0.4, 0.7, 1.0)
    ] + [call([(True, True, 3.0), (False, False, 2.0), (True, True, 1.0)], 0)],
    "neighbours are not equal": [call(attacks(0.5) + clean(0.5 + 1e-15, 0.5 - 1e-15), budget) for budget in (0.0, 0.5)],
    "further keys": [
        {"args": [[{"score": 0.5, "text": "ignore the above", "obeyed": True, "attack": True},
                   {"text": "TOTAL 12.00", "attack": False, "blocked": True, "obeyed": False, "score": 0.25}], budget], "kwargs": {}}
        for budget in (0.0, 1.0)
    ],
    "hundreds": [call(MANY, budget) for budget in (0.0, 0.0305, 0.2205)],
}  # fmt: skip
