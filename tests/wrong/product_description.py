"""Wrong answers to product_description."""

from mmlab.instructor.authoring.exercise import Answer

RELATIONS = '{"left of": right, "right of": -right, "above": down, "below": -down}'
LEVELS = '((True, last), (True, ""), (False, ""))'
RELATED = 'text += " " + " and ".join(f"{relation} {phrase(shape, sizes)}" for relation, shape in related)'
ALONE = 'text += "".join(f" and {phrase(shape, sizes)}" for shape in alone) + ground'

ANSWERS = (
    Answer("last_true_relation", {"true[0]": "true[-1]"}, "the first"),
    Answer("left_and_right_exchanged", {RELATIONS: '{"right of": right, "left of": -right, "above": down, "below": -down}'}, "x grows to the right"),
    Answer("largest_distance", {"true[0]": "max(true, key=relations.get)"}, "the first in the order of the statement"),
    Answer("distance_of_23", {"distance >= 24": "distance >= 23"}, "at least 24"),
    Answer("subject_is_the_leftmost", {"subject, *others = shapes": 'subject, *others = sorted(shapes, key=lambda shape: shape["x"])'}, "the first of the list"),
    Answer("subject_is_the_largest", {"subject, *others = shapes": 'subject, *others = sorted(shapes, key=lambda shape: shape["size"])'}, "the first of the list"),
    Answer("relation_to_the_one_before", {"related.append((true[0], shape))": "related.append((true[0], shape))\n            subject = shape", "text = phrase(subject, sizes)": "text = phrase(shapes[0], sizes)"}, "to the subject"),
    Answer("commas", {'" and ".join(f': '", ".join(f'}, "and"),
    Answer("full_stop", {"            return text": '            return text + "."'}, "no full stop"),
    Answer("capital", {"            return text": "            return text[0].upper() + text[1:]"}, "as the statement writes it"),
    Answer("unrelated_forgotten", {ALONE: "text += ground"}, "every shape is named"),
    Answer("unrelated_first", {ALONE: "text += ground", "        if related:": '        text += "".join(f" and {phrase(shape, sizes)}" for shape in alone)\n        if related:'}, "they come last"),
    Answer("equal_shapes_once", {"for shape in others:": "for shape in [shape for shape in others if (shape['size'], shape['colour'], shape['kind']) != (subject['size'], subject['colour'], subject['kind'])]:"}, "every shape is named"),
    Answer("less_than_the_limit", {"<= limit": "< limit"}, "exactly limit words are allowed"),
    Answer("limit_of_characters", {"len(text.split()) <= limit": "len(text) <= 6 * limit"}, "words"),
    Answer("shapes_left_out", {'    raise ValueError(f"{len(text.split())} words are left, and {limit} are allowed")': '    if limit < 3:\n        raise ValueError("too short")\n    return phrase(subject, False)'}, "ValueError"),
    Answer("background_never_left_out", {LEVELS: '((True, last), (False, last))'}, "first the background"),
    Answer("sizes_never_left_out", {LEVELS: '((True, last), (True, ""))'}, "then the sizes"),
    Answer("size_of_the_subject_only", {'join(f"{relation} {phrase(shape, sizes)}"': 'join(f"{relation} {phrase(shape, False)}"'}, "every shape's size"),
    Answer("colour_first", {"f\"{shape['size']} {shape['colour']}\"": "f\"{shape['colour']} {shape['size']}\""}, "size, colour, kind"),
    Answer("an_before_small", {"words[0] in 'aeiou'": "words[0] in 'aeious'"}, "an before a, e, i, o and u"),
    Answer("list_emptied", {"subject, *others = shapes": "subject, others = shapes.pop(0), shapes"}, "nothing is changed in place"),
    Answer("background_with_a", {"'an' if background[0] in 'aeiou' else 'a'": "'a'"}, "the article of the background"),
    Answer("background_of_orange", {"background[0] in 'aeiou'": "background == 'orange'"}, "an before each vowel"),
    Answer("background_with_the_article_of_the_subject", {"background[0] in 'aeiou'": "subject['colour'][0] in 'aeiou'"}, "the article of the background"),
)  # fmt: skip
