"""Wrong answers to interleave_tokens."""

from mmlab.instructor.authoring.exercise import Answer

LOOKUP = "parts.append(next(spans[token]) if token in spans else table[token][None])"
CHECK = "if found != len(given):"
RETURN = "return embeddings, mask, positions"
POSITIONS = "positions[number, place] = torch.arange(len(row))"

ANSWERS = (
    Answer("too_few_spans_only", {CHECK: "if found > len(given):"}, "too many spans are refused"),
    Answer("too_many_spans_only", {CHECK: "if found < len(given):"}, "too few spans end in StopIteration"),
    Answer("counts_both_together", {CHECK: "if sum(prompt.tolist().count(image_id) + prompt.tolist().count(audio_id) for prompt in ids) != len(images) + len(audio):"}, "images and audio are counted separately"),
    Answer("first_prompt_counted", {"for prompt in ids)": "for prompt in ids[:1])"}, "placeholders of all prompts"),
    Answer("any_side", {'if side not in ("left", "right"):': "if False:"}, "another side is refused"),
    Answer("width_of_the_images_only", {"for span in (*images, *audio)": "for span in images"}, "clips too"),
    Answer("narrow_spans_only", {"span.shape[1] != table.shape[1]": "span.shape[1] < table.shape[1]"}, "wider spans too"),
    Answer("reversed_spans", {"image_id: iter(images)": "image_id: iter(images[::-1])"}, "in the order of the batch"),
    Answer("kinds_exchanged", {"{image_id: iter(images), audio_id: iter(audio)}": "{image_id: iter(audio), audio_id: iter(images)}"}, "each placeholder has its kind"),
    Answer("placeholder_kept", {LOOKUP: "parts.append(torch.cat([table[token][None], next(spans[token])]) if token in spans else table[token][None])"}, "the placeholder is replaced"),
    Answer("text_inside_the_table_wins", {LOOKUP: "parts.append(table[token][None] if 0 <= token < len(table) else next(spans[token]))"}, "a placeholder may lie inside the table"),
    Answer("detached_spans", {"next(spans[token])": "next(spans[token]).detach()"}, "gradients reach the spans"),
    Answer("detached_table", {"table[token][None]": "table.detach()[token][None]"}, "gradients reach the table"),
    Answer("padding_of_ones", {"table.new_zeros(len(rows)": "table.new_ones(len(rows)"}, "0 at the padding"),
    Answer("padded_with_word_0", {"    for number, row in enumerate(rows):": "    embeddings = table[0].expand_as(embeddings).clone()\n    for number, row in enumerate(rows):"}, "0 at the padding"),
    Answer("mask_from_the_embeddings", {RETURN: "return embeddings, embeddings.abs().sum(dim=2) > 0, positions"}, "a token may have an embedding of 0"),
    Answer("mask_of_numbers", {RETURN: "return embeddings, mask.long(), positions"}, "bool"),
    Answer("float_positions", {RETURN: "return embeddings, mask, positions.float()"}, "int64"),
    Answer("positions_from_1", {POSITIONS: POSITIONS.replace("arange(len(row))", "arange(1, len(row) + 1)")}, "from 0"),
    Answer("as_float32", {"return embeddings": "return embeddings.float()"}, "the dtype of the table"),
    Answer("a_fixed_length", {"length = max(counts)": "length = max(16, *counts, 16)"}, "the longest row"),
    Answer("drops_the_empty_prompt", {"    length = max(counts)": "    rows = [row for row in rows if len(row)]\n    length = max(counts)"}, "an empty prompt is a row of padding"),
    Answer("empty_spans_of_any_width", {"for span in (*images, *audio))": "for span in (*images, *audio) if len(span))"}, "a span without tokens has a width too"),
    Answer("one_column_at_least", {"length = max(counts)": "length = max(1, *counts)"}, "without a token L is 0"),
    Answer("side_checked_at_the_padding", {'if side not in ("left", "right"):': 'if side not in ("left", "right") and len({len(prompt) for prompt in ids}) > 1:'}, "another side is refused without padding too"),
)  # fmt: skip
