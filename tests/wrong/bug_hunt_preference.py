"""Wrong answers to bug_hunt_preference."""

import torch

from mmlab.instructor.authoring.exercise import Answer

VALUE = "assert (result - wanted).abs() < 1e-3"
SLOPE = "assert (own - slope).abs().max() < 1e-3"
REFERENCE = "assert not reference_slope.any()"
GAIN = "gain = (to_go - to_go.mean()) / to_go.std(correction=0)"


def refuses_everything(loss):
    assert False


def descends(loss):
    torch.manual_seed(0)
    logits, ref_logits = torch.randn(2, 3, 6, 5)
    ids, answer = torch.randint(0, 5, (3, 6)), torch.arange(6).expand(3, -1) >= 2
    old = logits[:, :-1].log_softmax(2).gather(2, ids[:, 1:, None])[..., 0]
    arguments = ref_logits, ids, answer, old, torch.tensor([1.0, -1.0, 0.5]), 0.1, 0.2
    moving = logits.clone().requires_grad_()
    before = loss(moving, *arguments)
    (slope,) = torch.autograd.grad(before, moving)
    assert loss(logits - 0.1 * slope, *arguments) < before


ANSWERS = (
    Answer("refuses_everything", refuses_everything, "right versions are accepted"),
    Answer("descends", descends, "most buggy losses fall as well"),
    Answer("another_error", {VALUE: "if not (result - wanted).abs() < 1e-3:\n        raise ValueError('wrong')"}, "an AssertionError"),
    Answer("no_room_for_rounding", {VALUE: VALUE.replace("1e-3", "1e-8")}, "less than 0.001 is accepted"),
    Answer("no_room_in_the_gradient", {SLOPE: SLOPE.replace("1e-3", "1e-10")}, "less than 0.001 is accepted"),
    Answer("much_room", {VALUE: VALUE.replace("1e-3", "0.5"), SLOPE: SLOPE.replace("1e-3", "0.5")}, "others are refused"),
    Answer("room_in_the_gradient", {SLOPE: SLOPE.replace("1e-3", "0.5")}, "others are refused"),
    Answer("reference_must_learn", {REFERENCE: "assert reference_slope.any()"}, "right versions are accepted"),
    Answer("too_small_passes", {VALUE: VALUE.replace(".abs()", "")}, "too small is wrong, too"),
    Answer("too_large_passes", {VALUE: "assert wanted - result < 1e-3"}, "too large is wrong, too"),
    Answer("reference_untested", {REFERENCE: ""}, "the reference does not learn"),
    Answer("crashes_without_gradient", {", materialize_grads=True": ""}, "a crash counts for neither"),
    Answer("policy_has_not_moved", {"0.5 * noise": "0.0 * noise"}, "ratios on both sides"),
    Answer("one_answer", {"torch.tensor([2, 1, 4, 3, 2])": "torch.tensor([8, 8, 4, 8, 8])", "torch.tensor([7, 9, 5, 6, 9])": "torch.tensor([9, 9, 9, 9, 9])"}, "answers of different lengths"),
    Answer("sample_deviation", {"correction=0": "correction=1"}, "1/n"),
    Answer("not_centred", {GAIN: "gain = to_go / to_go.std(correction=0)"}, "minus the mean"),
    Answer("penalty_sign", {"- 0.3 * later": "+ 0.3 * later"}, "the penalty is subtracted"),
    Answer("rewards_so_far", {"(t[:, None] <= t)": "(t[:, None] >= t)"}, "rewards to go"),
    Answer("maximum", {"torch.minimum": "torch.maximum"}, "the smaller term"),
    Answer("never_clipped", {"torch.minimum(ratio * gain, ratio.clamp(0.8, 1.2) * gain)": "(ratio * gain)"}, "the smaller term"),
    Answer("other_clip", {"0.3, 0.2)\n": "0.3, 0.3)\n"}, "the clip that is passed"),
    Answer("other_beta", {"0.3, 0.2)\n": "0.5, 0.2)\n"}, "the beta that is passed"),
    Answer("mean_of_the_reward", {"scores[row] - ": "scores.mean() - "}, "each row has its own score"),
)  # fmt: skip
