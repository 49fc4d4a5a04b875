"""Wrong answers to iou_matching that its cases must refuse."""

from mmlab.instructor.authoring.exercise import Answer

IOU, UNION = "iou = width * height / (area(box) + area(other) - width * height)", "(area(box) + area(other) - width * height)"
RANKED, KEPT = "in sorted(pairs):", "if p not in matches and t not in matches.values():"
START, RETURN = "pairs = []", "return sorted(matches.items()), precision, recall"
OPTIMAL = """from scipy.optimize import linear_sum_assignment
    weights = np.zeros((len(predicted), len(truth)))
    for negative, p, t in pairs:
        weights[p, t] = -negative
    rows, columns = linear_sum_assignment(-weights)
    for p, t in zip(rows.tolist(), columns.tolist()):
        if weights[p, t] > 0:
            matches[p] = t
    for _, p, t in ():"""
CENTRES = "(abs(box[0] + box[2] - other[0] - other[2]) + abs(box[1] + box[3] - other[1] - other[3]), p, t)"
FIT = "matches = {}  # prediction → true box"

ANSWERS = (
    Answer("best_total", {f"for _, p, t {RANKED}": OPTIMAL}, "the largest IoU first, not the best sum"),
    Answer("true_boxes_in_order", {RANKED: "in sorted(pairs, key=lambda pair: (pair[2], pair[0], pair[1])):"}, "the largest IoU first"),
    Answer("pairs_in_order", {RANKED: "in pairs:"}, "the largest IoU first"),
    Answer("smallest_first", {"(-iou, p, t)": "(iou, p, t)"}, "the largest IoU first"),
    Answer("nearest_centres_first", {"(-iou, p, t)": CENTRES}, "the largest IoU first"),
    Answer("no_second_choice", {FIT: FIT + "\n    best = {p: min(pair for pair in pairs if pair[1] == p) for _, p, _ in pairs}\n    pairs = list(best.values())"},
           "the pair is skipped, not the prediction"),
    Answer("mutual_best", {FIT: FIT + "\n    pairs = [a for a in pairs if a == min(b for b in pairs if b[1] == a[1]) == min(b for b in pairs if b[2] == a[2])]"},
           "as long as there is a pair"),
    Answer("later_truths_first", {RANKED: "in sorted(pairs, key=lambda pair: (pair[0], pair[1], -pair[2])):"}, "of equal IoU the earlier true box"),
    Answer("prediction_matched_twice", {KEPT: "if t not in matches.values():"}, "each prediction in one pair at most"),
    Answer("dice", {IOU: "iou = 2 * width * height / (area(box) + area(other))"}, "intersection over union"),
    Answer("share_of_the_smaller", {UNION: "min(area(box), area(other))"}, "intersection over union"),
    Answer("share_of_the_prediction", {UNION: "area(box)"}, "intersection over union"),
    Answer("share_of_the_larger", {UNION: "max(area(box), area(other))"}, "intersection over union"),
    Answer("hull_for_union", {UNION: "((max(box[2], other[2]) - min(box[0], other[0])) * (max(box[3], other[3]) - min(box[1], other[1])))"}, "intersection over union"),
    Answer("a_little_more", {UNION: "(area(box) + area(other) - width * height + 1e-6)"}, "at least the threshold"),
    Answer("two_decimals", {IOU: IOU.replace("= width", "= round(width") + ", 2)"}, "at least the threshold"),
    Answer("overlap_with_the_edge", {"min(box[2], other[2]) - max(box[0], other[0])": "min(box[2], other[2]) - max(box[0], other[0]) + 1"}, "the width is x2 - x1"),
    Answer("x_alone", {"if width > 0 and height > 0": "if width > 0"}, "both sides above 0"),
    Answer("y_for_x", {"width = min(box[2], other[2]) - max(box[0], other[0])": "width = min(box[3], other[2]) - max(box[1], other[0])"}, "x1, y1, x2, y2"),
    Answer("turns_boxes_round",
           {START: "pairs = []\n    predicted, truth = ([(min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3])) for b in boxes] for boxes in (predicted, truth))"},
           "an empty box matches nothing"),
    Answer("clips_to_the_image", {START: "pairs = []\n    predicted, truth = ([tuple(max(v, 0) for v in b) for b in boxes] for boxes in (predicted, truth))"}, "numbers may be negative"),
    Answer("equal_boxes_once", {START: "pairs = []\n    predicted = list(dict.fromkeys(map(tuple, predicted)))"}, "equal boxes count each"),
    Answer("without_empty_boxes", {START: "pairs = []\n    predicted = [b for b in predicted if b[0] < b[2] and b[1] < b[3]]"}, "an empty box is a prediction"),
    Answer("true_boxes_first", {RETURN: "return sorted((t, p) for p, t in matches.items()), precision, recall"}, "(prediction, true box)"),
    Answer("in_order_of_iou", {RETURN: "return list(matches.items()), precision, recall"}, "in the order of the predictions"),
    Answer("one_for_nothing", {"if predicted else None": "if predicted else 1.0", "if truth else None": "if truth else 1.0"}, "a share of nothing is None"),
    Answer("none_where_nothing_matches", {"if truth else None": "if truth and matches else None"}, "a share of zero is 0"),
    Answer("a_hundred_boxes", {START: "pairs = []\n    predicted = predicted[:100]"}, "all predictions"),
    Answer("changes_the_truth", {FIT: "truth.sort()\n    " + FIT}, "the lists are not changed"),
)  # fmt: skip
