"""injection_filter_eval: a filter against instructions written in images, judged by attacks and by false alarms."""

from _injections import CLAUSES, cases

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake


def from_the_top(images, budget):
    """Lower the threshold from inf, score by score, as long as the budget allows it."""
    clean = [image["score"] for image in images if not image["attack"]]
    hits = [image["score"] for image in images if image["attack"] and image["obeyed"]]
    count = len(images) - len(clean)
    threshold = float("inf")
    for score in sorted((image["score"] for image in images), reverse=True):
        if clean and sum(other >= score for other in clean) / len(clean) > budget:
            break
        threshold = score
    return {
        "threshold": threshold,
        "success_before": len(hits) / count if count else None,
        "success_after": sum(score < threshold for score in hits) / count if count else None,
        "false_alarm_rate": sum(score >= threshold for score in clean) / len(clean) if clean else None,
    }


ALLOWED = "false_alarms(score) <= budget * len(clean)"
AFTER = "sum(score < threshold for score in obeyed) / len(attacks) if attacks else None"
RATE = "false_alarms(threshold) / len(clean) if clean else None"

EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=15,
    hints=(
        "Make three lists first: the scores of the clean images, the attacks, and the scores of the attacks that were "
        "obeyed. Both success rates divide by the number of attacks.",
        "The candidates for the threshold are all scores. For each one count the clean images with a score at or above it; "
        "the smallest candidate within the budget is `min(…, default=math.inf)`.",
        "After the filter, an attack succeeds if it was obeyed before *and* its score is below the threshold.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-12, atol=0.0),
    mistakes=(
        mistake("share_of_the_unblocked",
                {AFTER: "(lambda through: sum(i['obeyed'] for i in through) / len(through) if through else None)([i for i in attacks if i['score'] < threshold])"},
                "your success_after divides by the attacks that the filter let through, so blocking most attacks can raise it",
                "divide by the number of all attacks, before and after"),
        mistake("share_of_the_obeyed", {AFTER: AFTER.replace("len(attacks) if attacks", "len(obeyed) if obeyed")},
                "your success_after divides by the attacks that were obeyed before", "divide by the number of all attacks"),
        mistake("obeyed_without_an_attack", {'for image in attacks if image["obeyed"]': 'for image in images if image["obeyed"]'},
                "your success counts clean images, where the model followed nobody's instruction", "count obeyed attacks only"),
        mistake("false_alarms_among_all", {RATE: RATE.replace("len(clean) if clean", "len(images) if images")},
                "your false_alarm_rate divides by the number of all images", "divide by the number of clean images"),
        mistake("false_alarms_among_blocked",
                {RATE: "(false_alarms(threshold) / sum(i['score'] >= threshold for i in images) if false_alarms(threshold) else 0) if clean else None"},
                "your false_alarm_rate is the share of clean images among the blocked ones", "divide by the number of clean images"),
        mistake("budget_of_all_images", {ALLOWED: ALLOWED.replace("len(clean)", "len(images)")},
                "your threshold spends the budget on all images, clean or not", "compare with the share of the clean images that are blocked"),
        mistake("below_the_budget", {ALLOWED: ALLOWED.replace("<=", "<")},
                "your threshold keeps the false alarms strictly below the budget", "a share equal to the budget is allowed: compare with <="),
        mistake("score_above_the_threshold",
                {"score >= threshold for score in clean": "score > threshold for score in clean", "score < threshold": "score <= threshold"},
                "your filter does not block a score that equals the threshold", "block a score at or above the threshold"),
        mistake("highest_threshold", {"min((": "max(("},
                "your threshold is the highest within the budget, which blocks the fewest attacks", "take the lowest score within the budget"),
        mistake("zero_for_nothing",
                {"len(obeyed) / len(attacks) if attacks else None": "len(obeyed) / len(attacks) if attacks else 0.0",
                 AFTER: AFTER.replace("None", "0.0"), RATE: RATE.replace("None", "0.0")},
                "your share of nothing is 0: a filter without any test looks perfect", "return None where there is nothing to divide by"),
    ),
    alternates=(
        from_the_top,
        Answer("counts_the_passed", {RATE: "1 - sum(score < threshold for score in clean) / len(clean) if clean else None"},
               "one minus the share that passes"),
    ),
)  # fmt: skip
