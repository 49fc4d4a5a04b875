"""Wrong answers to mqa_cache_bytes."""

from mmlab.instructor.authoring.exercise import Answer

LENGTH = 'length = text if "cross" in layers else text + images * image_tokens'
RETURN = "return 2 * batch * kv_heads * tokens * (width // heads) * getattr(torch, dtype).itemsize"
CHECK = "if width % heads or heads % kv_heads:"

ANSWERS = (
    Answer("multi_query_always", {"batch * kv_heads": "batch"}, "kv_heads heads are stored"),
    Answer("query_heads_of_a_group", {"batch * kv_heads": "batch * (heads // kv_heads)"}, "kv_heads heads are stored"),
    Answer("whole_width", {"(width // heads)": "width"}, "a head has width / heads numbers"),
    Answer("queries_too", {"return 2 *": "return 3 *"}, "queries are not stored"),
    Answer("four_bytes", {"getattr(torch, dtype).itemsize": "4"}, "the dtype counts"),
    Answer("two_bytes", {"getattr(torch, dtype).itemsize": "2"}, "the dtype counts"),
    Answer("one_token_less", {"min(length, window - 1)": "min(length, window - 2)"}, "window − 1"),
    Answer("newest_token_not_stored", {"min(length, window - 1)": "min(max(length - 1, 0), window - 1)"}, "all if there are fewer"),
    Answer("always_the_window", {"min(length, window - 1)": "window - 1"}, "all if there are fewer"),
    Answer("images_do_not_slide", {"min(length, window - 1)": "min(text, window - 1) + length - text"}, "a window counts all tokens"),
    Answer("text_only_without_cross", {LENGTH: "length = text"}, "image tokens stand in the sequence without cross layers"),
    Answer("cross_first_only", {'"cross" in layers': '"cross" in layers[:1]'}, "any layer"),
    Answer("cross_layers_slide", {'"cross": images * image_tokens': '"cross": min(images * image_tokens, window - 1)'}, "cross layers store all image tokens"),
    Answer("cross_layers_are_free", {'"cross": images * image_tokens': '"cross": 0'}, "cross layers store image tokens"),
    Answer("first_layer_only", {"for layer in layers)\n    return": "for layer in layers[:1])\n    return"}, "all layers"),
    Answer("width_unchecked", {CHECK: "if heads % kv_heads:"}, "heads divides width"),
    Answer("kv_heads_unchecked", {CHECK: "if width % heads:"}, "kv_heads divides heads"),
    Answer("too_many_kv_heads_only", {CHECK: "if width % heads or kv_heads > heads:"}, "kv_heads divides heads"),
    Answer("unknown_layers_are_full", {"any(layer not in stored for layer in layers)": "False", "stored[layer]": "stored.get(layer, length)"}, "another kind is refused"),
    Answer("a_float", {RETURN: RETURN.replace("(width // heads)", "(width / heads)")}, "an int"),
    Answer("rounded_float", {RETURN: "return int(2 * batch * kv_heads * tokens * (width / heads) * getattr(torch, dtype).itemsize)"}, "exact above 2⁵³ too"),
    Answer("nothing_stored_first", {CHECK: "if text + images == 0 and width % heads == 0 and heads % kv_heads == 0:\n        return 0\n    " + CHECK}, "another layer is refused where nothing is stored too"),
)  # fmt: skip
