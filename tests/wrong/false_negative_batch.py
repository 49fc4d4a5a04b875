"""Wrong answers to false_negative_batch."""

from mmlab.instructor.authoring.exercise import Answer

SAME = "mine == other for other in captions"
LOGITS = "F.normalize(image) @ F.normalize(text).T / temperature"
RIGHT = "    right = logits.masked_fill(~same, -torch.inf)\n"
LOSSES = "    to_text = logits.logsumexp(dim=1) - right.logsumexp(dim=1)\n    to_image = logits.logsumexp(dim=0) - right.logsumexp(dim=0)\n"

ANSWERS = (
    Answer("best_of_the_right_ones", {"right.logsumexp(dim=1)": "right.amax(1)", "right.logsumexp(dim=0)": "right.amax(0)"}, "the right probabilities are added"),
    Answer(
        "exp_without_care",
        {LOSSES: "    odds = logits.exp()\n    to_text, to_image = [-((odds * same).sum(axis) / odds.sum(axis)).log() for axis in (1, 0)]\n"},
        "exact at a temperature of 0.01",
    ),
    Answer("same_words_in_any_order", {SAME: "sorted(mine.split()) == sorted(other.split()) for other in captions"}, "the same string"),
    Answer(
        "probability_floor",
        {
            LOSSES: "    to_text = -(logits.softmax(1) * same).sum(1).clamp(min=1e-8).log()\n"
            "    to_image = -(logits.softmax(0) * same).sum(0).clamp(min=1e-8).log()\n"
        },
        "the sum may be smaller than any floor",
    ),
    Answer("capitals_do_not_count", {SAME: "mine.lower() == other.lower() for other in captions"}, "a capital makes another caption"),
    Answer("blanks_do_not_count", {SAME: "mine.split() == other.split() for other in captions"}, "a space makes another caption"),
    Answer("blanks_at_the_ends_do_not_count", {SAME: "mine.strip() == other.strip() for other in captions"}, "a space makes another caption"),
    Answer("full_stop_does_not_count", {SAME: "mine.rstrip('.') == other.rstrip('.') for other in captions"}, "character for character"),
    Answer("accents_do_not_count", {"    same =": "    import unicodedata\n    captions = [unicodedata.normalize('NFC', caption) for caption in captions]\n    same ="}, "character for character"),
    Answer("one_inside_the_other", {SAME: "mine in other or other in mine for other in captions"}, "the same string"),
    Answer("begins_alike", {SAME: "mine.startswith(other) or other.startswith(mine) for other in captions"}, "the same string"),
    Answer("same_embeddings_belong_together", {RIGHT: "    same |= (text[:, None] == text[None]).all(dim=-1)\n" + RIGHT}, "captions decide, not embeddings"),
    Answer("same_images_belong_together", {RIGHT: "    same |= (image[:, None] == image[None]).all(dim=-1)\n" + RIGHT}, "captions decide, not embeddings"),
    Answer("empty_captions_match_nothing", {SAME: "mine == other and mine != '' for other in captions"}, "the diagonal is always right"),
    Answer("logits_are_capped", {LOGITS: "(" + LOGITS + ").clamp(-50, 50)"}, "exact at a temperature of 0.01"),
    Answer("begins_alike_for_40_characters", {SAME: "mine[:40] == other[:40] for other in captions"}, "the whole string"),
    Answer("ends_alike_for_40_characters", {SAME: "mine[-40:] == other[-40:] for other in captions"}, "the whole string"),
    Answer("begins_alike_for_77_words", {SAME: "mine.split(' ')[:77] == other.split(' ')[:77] for other in captions"}, "the whole string"),
    Answer("folded_capitals", {SAME: "mine.casefold() == other.casefold() for other in captions"}, "a capital makes another caption"),
    Answer("compatible_letters_are_one", {"    same =": "    import unicodedata\n    captions = [unicodedata.normalize('NFKC', caption) for caption in captions]\n    same ="}, "character for character"),
    Answer("ascii_letters_only", {"    same =": "    captions = [caption.encode('ascii', 'ignore') for caption in captions]\n    same ="}, "character for character"),
    Answer("nearly_unit_is_enough", {LOGITS: "(image if torch.allclose(image.norm(dim=1), torch.ones(len(image)), atol=0.05) else F.normalize(image)) @ F.normalize(text).T / temperature"}, "cosines, however near to 1 the lengths are"),
    Answer("at_most_128_pairs", {LOGITS: "(" + LOGITS + ")[:128, :128]", "for mine in captions": "for mine in captions[:128]", SAME: SAME + "[:128]"}, "every row of the batch"),
)
