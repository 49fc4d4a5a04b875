"""Wrong answers to bug_hunt_captioner."""

from mmlab.instructor.authoring.exercise import Answer

VALUE = "assert abs(loss.item() + np.mean(log_probabilities)) < 1e-3"
CAPTIONS = "assert captions == wanted"
UNCHANGED = "assert all(torch.equal(part, before[name]) for name, part in weights.items())"
PROMPTS, TARGETS = "[[3, 7, 1], [5], [2, 9, 4, 8, 6], [11, 10]]", "[[4], [6, 2, 8, 1], [9, 3], [7, 5, 10]]"

ANSWERS = (
    Answer("another_error", {CAPTIONS: "if captions != wanted:\n            raise ValueError('wrong')"}, "an AssertionError"),
    Answer("no_room_for_rounding", {VALUE: VALUE.replace("abs(loss.item() + np.mean(log_probabilities)) < 1e-3", "loss.item() == -np.mean(log_probabilities)")}, "rounding is allowed"),
    Answer("much_room", {VALUE: VALUE.replace("1e-3", "3.0")}, "a wrong loss is off by less"),
    Answer("one_side_only", {VALUE: VALUE.replace("abs(loss.item() + np.mean(log_probabilities))", "loss.item() + np.mean(log_probabilities)")}, "too small is wrong, too"),
    Answer("lengths_only", {CAPTIONS: "assert [len(each) for each in captions] == [len(each) for each in wanted]"}, "the ids count"),
    Answer("sets_of_ids", {CAPTIONS: "assert [set(each) for each in captions] == [set(each) for each in wanted]"}, "the order counts"),
    Answer("number_of_captions_ignored", {CAPTIONS: "assert all(mine == theirs for mine, theirs in zip(wanted, captions))"}, "one caption for each row"),
    Answer("one_new_token", {"prompts, targets, 9)": "prompts, targets, 1)", "< 9:": "< 1:"}, "many bugs show later"),
    Answer("equal_prompts", {PROMPTS: "[[3, 7], [5, 1], [2, 9], [11, 10]]"}, "unequal lengths"),
    Answer("equal_targets", {TARGETS: "[[4, 3], [6, 2], [9, 3], [7, 5]]"}, "unequal lengths"),
    Answer("a_batch_of_one", {PROMPTS: "[[3, 7, 1]]", TARGETS: "[[4, 8]]", "torch.rand(4, 3, 8, 8": "torch.rand(1, 3, 8, 8"}, "several rows"),
    Answer("weights_unwatched", {"        " + UNCHANGED + "\n": ""}, "a version may change a statistic"),
    Answer("grey_images", {"torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(seed))": "torch.full((4, 3, 8, 8), 0.5)"}, "images that differ"),
    Answer("projector_unwatched", {"        assert learned is not None and learned.any()\n": ""}, "the projector learns"),
    Answer("encoder_unwatched", {"        assert frozen is None or not frozen.any()\n": ""}, "the encoder is frozen"),
    Answer("encoder_wanted", {"assert frozen is None or not frozen.any()": "assert frozen is not None and not frozen.any()"}, "None is as good as 0"),
    Answer("no_gradient_crashes", {", allow_unused=True": ""}, "a crash counts for neither"),
    Answer("end_expected", {"wanted.append(caption)": "wanted.append([*caption, 0])"}, "without EOS"),
    Answer("end_not_in_the_loss", {"range(len(target) + 1), [*target, 0]": "range(len(target)), target"}, "EOS is learned"),
    Answer("mean_of_the_rows", {"log_probabilities += logits": "log_probabilities += [float(np.mean(part)) for part in [logits", "[*target, 0]].tolist()": "[*target, 0]].tolist()]]"}, "the mean over all ids"),
    Answer("graph_unwatched", {"        assert loss.requires_grad\n": ""}, "a crash counts for neither"),
    Answer("tensors_watched_not_the_dict", {"        " + UNCHANGED + "\n": "        assert all(torch.equal(mine, before[name]) for name, mine in parts.items())\n", "        before = {name:": "        parts = dict(weights)\n        before = {name:"}, "another tensor under the name"),
)  # fmt: skip
