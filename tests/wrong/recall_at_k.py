"""Wrong answers to recall_at_k."""

import numpy as np

from mmlab.instructor.authoring.exercise import Answer

BEST = "np.where(own, similarity, -np.inf).max(axis=1, keepdims=True)"
RIVALS = "(~own & (similarity >= best)).sum(axis=1)"
OTHERS = "(similarity >= mine).sum(axis=0) - 1"
RETURN = "return (rivals < k).mean(), (others < k).mean()"


def captions_come_in_order(similarity, owners, k):
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError("owners do not fit the similarity, or a similarity is NaN")
    counts = np.bincount(owners)
    ends = np.cumsum(counts)
    hits = []
    for row, end, count in zip(similarity, ends, counts):
        foreign = np.delete(row, slice(end - count, end))
        hits.append((foreign >= row[end - count : end].max()).sum() < k)
    others = (similarity >= similarity[owners, np.arange(len(owners))]).sum(axis=0) - 1
    return float(np.mean(hits)), float((others < k).mean())


def leaves_ties_to_argsort(similarity, owners, k):
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError("owners do not fit the similarity, or a similarity is NaN")
    images = np.arange(len(similarity))
    to_text = owners[np.argsort(-similarity, axis=1)[:, :k]] == images[:, None]
    to_image = np.argsort(-similarity, axis=0)[:k] == owners
    return float(to_text.any(axis=1).mean()), float(to_image.any(axis=0).mean())


def differences_of_infinities(similarity, owners, k):
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError("owners do not fit")
    own = owners[None] == np.arange(len(similarity))[:, None]
    best = np.where(own, similarity, -np.inf).max(1, keepdims=True)
    mine = similarity[owners, np.arange(len(owners))][None]
    with np.errstate(invalid="ignore"):
        images = ((similarity - best >= 0) & ~own).sum(1) < k
        texts = ((similarity - mine >= 0) & ~own).sum(0) < k
    return float(images.mean()), float(texts.mean())


ANSWERS = (
    Answer("captions_come_in_order", captions_come_in_order, "owners come in no particular order"),
    Answer("images_weighted_by_their_captions", {RETURN: RETURN.replace("(rivals < k)", "(rivals < k)[owners]")}, "each image counts once"),
    Answer("leaves_ties_to_argsort", leaves_ties_to_argsort, "a tie counts against you"),
    Answer("own_captions_can_tie", {RIVALS: "(similarity >= best).sum(axis=1) - 1"}, "only foreign captions can push an image out"),
    Answer("differences_of_infinities", differences_of_infinities, "inf − inf is NaN: a tie at infinity counts, too"),
    Answer("nearly_equal_is_a_tie", {"similarity >= mine": "(similarity >= mine) | np.isclose(similarity, mine)"}, "two that differ in the last digit do not tie"),
    Answer("rounds_first", {"    own = ": "    similarity = np.round(similarity, 6)\n    own = "}, "two that differ in the last digit do not tie"),
    Answer("no_score_below_minus_one", {BEST: BEST.replace("-np.inf", "-1.0")}, "a similarity may be any number"),
    Answer("mask_of_a_million", {BEST: BEST.replace("-np.inf", "-1e9")}, "a similarity may be any number"),
    Answer("ties_count_half_way", {"similarity >= mine": "similarity > mine", "sum(axis=0) - 1": "sum(axis=0)"}, "a tie counts against you in both directions"),
    Answer("infinity_is_refused", {"np.isnan(similarity).any()": "not np.isfinite(similarity).all()"}, "±inf is a similarity"),
    Answer("one_query_too_many", {RETURN: RETURN.replace("rivals < k", "rivals <= k")}, "fewer than k"),
    Answer("float32_is_enough", {"    own = ": "    similarity = similarity.astype(np.float32)\n    own = "}, "two that differ in the last digit do not tie"),
    Answer("k_at_most_the_images", {RETURN: RETURN.replace("(others < k)", "(others < min(k, len(similarity) - 1))")}, "k may be larger than what there is to find"),
    Answer("nearly_equal_to_twelve_digits", {"similarity >= mine": "(similarity >= mine) | np.isclose(similarity, mine, rtol=1e-12, atol=0)"}, "two that differ in the last digit do not tie"),
    Answer("columns_of_infinities", {OTHERS: "(similarity - mine >= 0).sum(axis=0) - np.isfinite(mine)"}, "inf − inf is NaN: a tie at infinity counts, too"),
    Answer("largest_float_for_infinity", {"    own = ": "    similarity = np.nan_to_num(similarity)\n    own = "}, "infinity is above every number"),
    Answer("own_captions_rival_at_minus_infinity", {RIVALS: "(np.where(own, -np.inf, similarity) >= best).sum(axis=1)"}, "only foreign captions can push an image out"),
    Answer("k_at_most_the_captions", {RETURN: RETURN.replace("(rivals < k)", "(rivals < min(k, len(owners) - 1))")}, "k may be larger than what there is to find"),
    Answer("rivals_in_a_byte", {RIVALS: RIVALS.replace("axis=1", "axis=1, dtype=np.uint8")}, "any number of captions"),
    Answer("others_in_a_byte", {OTHERS: OTHERS.replace("axis=0", "axis=0, dtype=np.uint8")}, "any number of images"),
    Answer("a_thousand_captions_at_most", {RETURN: RETURN.replace("(rivals < k)", "(rivals.clip(max=1000) < k)")}, "any number of captions"),
    Answer("tiny_scores_are_zero", {"    own = ": "    similarity = np.where(np.abs(similarity) < 1e-11, 0, similarity)\n    own = "}, "two that differ do not tie, however small they are"),
)
