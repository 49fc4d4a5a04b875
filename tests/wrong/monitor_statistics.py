"""Wrong answers of monitor_statistics that its mistakes do not name."""

from mmlab.instructor.authoring.exercise import Answer

GOOD = 'sorted(record["seconds"] for record in records if record["ok"])'
MEAN, PER_ANSWER = "sum(good) / len(good)", "dollars / len(good)"
RANKED = "good[math.ceil(95 * len(good) / 100) - 1]"

ANSWERS = (
    Answer("dollars_per_call", {f"{PER_ANSWER} if good": "dollars / len(records) if records"}, "divided by the answered calls"),
    Answer("median_for_the_mean", {MEAN: "float(np.median(good))"}, "the mean of the seconds"),
    Answer("not_a_number", {f"{PER_ANSWER} if good else None": f"{PER_ANSWER} if good else math.nan"}, "None, not NaN"),
    Answer("rounds_the_rank", {RANKED: "good[max(round(0.95 * len(good)) - 1, 0)]"}, "at least 95 %"),
    Answer(
        "sorts_the_log",
        {f"good = {GOOD}": f'records.sort(key=lambda record: record["seconds"])\n    good = {GOOD}'},
        "the records are not changed",
    ),
    Answer("distinct_times", {RANKED: f"{RANKED.replace('good', 'sorted(set(good))')}"}, "equal times count each"),
    Answer("distinct_times_in_the_mean", {MEAN: "sum(set(good)) / len(set(good))"}, "the mean of all answered calls"),
    Answer("nothing_for_a_free_day", {f"{PER_ANSWER} if good": f"{PER_ANSWER} if good and dollars"}, "a sum of zero is 0.0"),
    Answer("no_rate_of_zero", {"if records else None": "if good else None"}, "a share of zero is 0.0"),
    Answer("rounded_for_the_eye", {MEAN: f"round({MEAN}, 3)"}, "the mean itself"),
    Answer("strictly_below", {RANKED: "next((s for s in good if sum(t < s for t in good) >= 0.95 * len(good)), good[-1])"},
           "they do not exceed: equal ones count"),
    Answer("no_mean_of_zero", {f"{MEAN} if good": f"{MEAN} if any(good)"}, "None only where nothing was answered"),
    Answer("sum_rounded", {"dollars = math.fsum(": "dollars = round(math.fsum(", 'or 0.0 for record in records)': 'or 0.0 for record in records), 6)'}, "what the calls cost, and not a rounded number"),
    Answer("mean_to_the_microsecond", {MEAN: f"round({MEAN}, 6)"}, "the mean itself"),
    Answer("rate_to_four_places", {"len(good) / len(records)": "round(len(good) / len(records), 4)"}, "the share itself"),
    Answer("last_thousand", {f"good = {GOOD}": f"records = records[-1000:]\n    good = {GOOD}"}, "all records"),
    Answer("rounds_the_rank_of_many", {RANKED: f"{RANKED} if len(good) < 100 else good[round(0.95 * len(good)) - 1]"}, "at least 95 %"),
)  # fmt: skip
