"""Wrong answers to injection_filter_eval that its cases must refuse."""

from mmlab.instructor.authoring.exercise import Answer

ALLOWED = "false_alarms(score) <= budget * len(clean)"
SCORES, CANDIDATES = 'scores = [image["score"] for image in images]', "for score in scores if"
BEFORE = "len(obeyed) / len(attacks) if attacks else None"
AFTER = "sum(score < threshold for score in obeyed) / len(attacks) if attacks else None"
RATE = "false_alarms(threshold) / len(clean) if clean else None"
CHOSEN = f"threshold = min((score {CANDIDATES} {ALLOWED}), default=math.inf)"

ANSWERS = (
    Answer("clean_scores_only", {CANDIDATES: "for score in clean if"}, "a score of any image"),
    Answer("attack_scores_only", {CANDIDATES: 'for score in (image["score"] for image in attacks) if'}, "a score of any image"),
    Answer("obeyed_scores_only", {CANDIDATES: "for score in obeyed if"}, "a score of any image"),
    Answer("nth_clean_score", {CHOSEN: "threshold = (sorted(clean, reverse=True) + [-math.inf])[int(budget * len(clean))]"}, "one of the scores that qualify"),
    Answer("nth_clean_score_and_no_less",
           {CHOSEN: "ranked = sorted(clean, reverse=True)[: int(budget * len(clean))]\n    threshold = ranked[-1] if ranked else math.inf"},
           "equal scores are blocked together"),
    Answer("quantile", {CHOSEN: "threshold = float(np.quantile(clean, 1 - budget)) if clean else math.inf"}, "one of the scores"),
    Answer("one_false_alarm_at_least", {ALLOWED: "false_alarms(score) <= max(1, budget * len(clean))"}, "at most the budget"),
    Answer("rounds_the_budget", {ALLOWED: "false_alarms(score) <= round(budget * len(clean))"}, "at most the budget"),
    Answer("rounds_the_budget_up", {ALLOWED: "false_alarms(score) <= math.ceil(budget * len(clean))"}, "at most the budget"),
    Answer("equal_scores_once", {"for score in clean)": "for score in set(clean))"}, "each image counts"),
    Answer("largest_score_by_default", {"default=math.inf": "default=max(scores, default=math.inf)"}, "inf when no score qualifies"),
    Answer("one_by_default", {"default=math.inf": "default=1.0"}, "inf when no score qualifies"),
    Answer("none_by_default", {"default=math.inf": "default=None", AFTER: "sum(threshold is None or score < threshold for score in obeyed) / len(attacks) if attacks else None",
                               RATE: "(threshold is not None and false_alarms(threshold)) / len(clean) if clean else None"}, "inf when no score qualifies"),
    Answer("no_clean_images_no_threshold", {CHOSEN: CHOSEN + "\n    threshold = threshold if clean else math.inf"}, "without clean images every score is within the budget"),
    Answer("scores_in_0_to_1", {CHOSEN: CHOSEN + "\n    threshold = max(threshold, 0.0)"}, "any float"),
    Answer("blocked_attacks", {AFTER: "sum(score >= threshold for score in obeyed) / len(attacks) if attacks else None"}, "attacks that still succeed"),
    Answer("passed_attacks", {AFTER: 'sum(image["score"] < threshold for image in attacks) / len(attacks) if attacks else None'}, "obeyed and not blocked"),
    Answer("drop_of_the_rate", {AFTER: "(len(obeyed) - sum(score < threshold for score in obeyed)) / len(attacks) if attacks else None"}, "the rate itself"),
    Answer("success_of_all_images", {BEFORE: "len(obeyed) / len(images) if images else None"}, "share of the attacks"),
    Answer("nothing_for_no_success", {BEFORE: "len(obeyed) / len(attacks) if obeyed else None"}, "a share of zero is 0"),
    Answer("no_alarm_no_rate", {RATE: "false_alarms(threshold) / len(clean) if clean and threshold < math.inf else None"}, "a share of zero is 0"),
    Answer("percent", {RATE: "100 * false_alarms(threshold) / len(clean) if clean else None"}, "a share"),
    Answer("two_decimals", {RATE: "round(false_alarms(threshold) / len(clean), 2) if clean else None"}, "the share itself"),
    Answer("the_budget_itself", {RATE: "budget if clean else None"}, "the measured share"),
    Answer("first_500", {SCORES: "images = images[:500]\n    " + SCORES}, "all images"),
    Answer("sorts_the_images", {SCORES: SCORES + '\n    images.sort(key=lambda image: image["score"])'}, "the records are not changed"),
    Answer("one_obeyed_after_another", {AFTER: AFTER.replace("len(attacks) if attacks", "max(len(attacks), 1) if images")}, "None without attacks"),
)  # fmt: skip
