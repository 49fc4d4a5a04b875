"""iou_matching: boxes of a reply matched with true boxes, one to one, the largest IoU first."""

from _boxes import CLAUSES, cases

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake


def by_rounds(predicted, truth, threshold):
    def overlap(a, b):
        sides = [min(a[i + 2], b[i + 2]) - max(a[i], b[i]) for i in (0, 1)]
        if min(sides) <= 0:
            return 0.0
        sizes = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
        return sides[0] * sides[1] / (sum(sizes) - sides[0] * sides[1])

    table = {(p, t): overlap(a, b) for p, a in enumerate(predicted) for t, b in enumerate(truth)}
    found = {}
    while table:
        best = max(table, key=lambda pair: (table[pair], -pair[0], -pair[1]))
        if table[best] < threshold:
            break
        found[best[0]] = best[1]
        table = {pair: iou for pair, iou in table.items() if pair[0] != best[0] and pair[1] != best[1]}
    shares = [len(found) / len(boxes) if len(boxes) else None for boxes in (predicted, truth)]
    return [(p, found[p]) for p in sorted(found)], *shares


GAP, KEPT = "width > 0 and height > 0", "if p not in matches and t not in matches.values()"
UNION, RANKED = "(area(box) + area(other) - width * height)", "sorted(pairs)"
PRECISION, RECALL = (
    "len(matches) / len(predicted) if predicted else None",
    "len(matches) / len(truth) if truth else None",
)

EXERCISE = Exercise(
    difficulty=3,
    importance=4,
    minutes=20,
    hints=(
        "The intersection of two boxes is as wide as `min(right edges) - max(left edges)`. The boxes are apart when "
        "that is 0 or less, and the height works the same way. The union is both areas minus the intersection.",
        "Collect `(-iou, p, t)` for every pair that reaches the threshold. `sorted` then gives the largest IoU first, "
        "and equal ones by p, then by t.",
        "Go through the sorted pairs and keep one only if neither its p nor its t is in a pair that you kept before.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-9, atol=1e-12, types=False),
    mistakes=(
        mistake("apart_in_both", {GAP: "width * height > 0"},
                "your boxes overlap when they are apart in x and in y: a negative width times a negative height is positive",
                "count an intersection only if its width and its height are both above 0"),
        mistake("truth_matched_twice", {KEPT: "if p not in matches"},
                "your matching uses one true box for several predictions", "skip a pair whose true box has a match already"),
        mistake("first_come", {RANKED: "sorted(pairs, key=lambda pair: (pair[1], pair[0], pair[2]))"},
                "your matching serves the predictions in their order in the list", "sort all pairs by IoU before you match any"),
        mistake("above_the_threshold", {"iou >= threshold": "iou > threshold"},
                "your matching refuses an IoU that equals the threshold", "compare with >="),
        mistake("counts_the_overlap_twice", {UNION: "(area(box) + area(other))"},
                "your union counts the intersection twice", "subtract the intersection from the sum of the areas"),
        mistake("share_of_the_truth", {UNION: "area(other)"},
                "your IoU is the covered share of the true box, so a box around the whole image is perfect",
                "divide by the area of the union"),
        mistake("inclusive_pixels", {"(box[2] - box[0]) * (box[3] - box[1])": "(box[2] - box[0] + 1) * (box[3] - box[1] + 1)"},
                "your areas count one pixel more in each direction", "the width of a box is x2 - x1"),
        mistake("width_and_height",
                {"pairs = []": "pairs = []\n    predicted, truth = ([(b[0], b[1], b[0] + b[2], b[1] + b[3]) for b in boxes] for boxes in (predicted, truth))"},
                "your function reads the last two numbers of a box as width and height", "they are x2 and y2, the opposite corner"),
        mistake("swapped_shares", {PRECISION: RECALL, RECALL: PRECISION},
                "your precision and recall are in the wrong order", "precision divides by the number of predictions"),
        mistake("zero_for_nothing", {"if predicted else None": "if predicted else 0.0", "if truth else None": "if truth else 0.0"},
                "your share of no boxes is 0", "return None where there is nothing to divide by"),
    ),
    alternates=(
        by_rounds,
        Answer("ranked_backwards", {"(-iou, p, t)": "(iou, -p, -t)",
               f"for _, p, t in {RANKED}:": "for _, p, t in ((i, -p, -t) for i, p, t in sorted(pairs, reverse=True)):"},
               "the best pair comes last"),
    ),
)  # fmt: skip
