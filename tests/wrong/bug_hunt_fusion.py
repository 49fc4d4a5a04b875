"""Wrong answers to bug_hunt_fusion."""

import torch

from mmlab.instructor.authoring.exercise import Answer

VALUE = "assert (fused - wanted).abs().max() < 1e-3"
SUBSETS = "(5, 1, 7, 2, 6, 3, 4)"
EMPTY = "present & (torch.arange(7) != 3)[:, None]"


def means_of_the_batch(fuse):
    generator = torch.Generator().manual_seed(2)
    present = torch.tensor([[1, 0, 1], [1, 1, 1], [0, 1, 0]]).bool()
    parts = torch.randn(3, 3, 4, generator=generator)
    wanted = torch.stack([parts[has, row].mean(dim=0) for row, has in enumerate(present)])
    assert abs(fuse(*parts, present).mean() - wanted.mean()) < 1e-3


ANSWERS = (
    Answer("another_error", {VALUE: "if not (fused - wanted).abs().max() < 1e-3:\n        raise ValueError('wrong')"}, "an AssertionError"),
    Answer("no_room_for_rounding", {VALUE: VALUE.replace("1e-3", "1e-6")}, "less than 0.001 is accepted"),
    Answer("much_room", {VALUE: VALUE.replace("1e-3", "0.5")}, "others are refused"),
    Answer("a_per_cent", {VALUE: VALUE.replace("1e-3", "1e-2")}, "others are refused"),
    Answer("one_side_only", {VALUE: VALUE.replace(".abs()", "")}, "too small is wrong, too"),
    Answer("mean_difference", {VALUE: VALUE.replace(".abs().max()", ".mean().abs()")}, "every number counts"),
    Answer("nan_passes", {VALUE: "assert not (fused - wanted).abs().max() >= 1e-3"}, "NaN is wrong"),
    Answer("first_sample_only", {VALUE: "assert (fused - wanted)[0].abs().max() < 1e-3"}, "every sample of the batch"),
    Answer("one_subset", {SUBSETS: "(5, 5, 5, 5, 5, 5, 5)"}, "all subsets"),
    Answer("never_the_whole", {SUBSETS: "(5, 1, 5, 2, 6, 3, 4)"}, "all subsets"),
    Answer("crashes_without_gradient", {", allow_unused=True": ""}, "a crash counts for neither"),
    Answer("zero_is_a_gradient", {" and gradient[has].all()": ""}, "a gradient of zeros teaches nothing"),
    Answer("any_sample_learns", {"gradient[has].all()": "gradient[has].any()"}, "each sample that has the modality"),
    Answer("gradient_of_the_image", {"zip(gradients, present.T)": "zip(gradients[:1], present.T)"}, "each modality"),
    Answer("gradient_of_two", {"zip(gradients, present.T)": "zip(gradients[1:], present.T[1:])"}, "each modality"),
    Answer("missing_rows_too", {"gradient[has].all()": "gradient.all()"}, "a missing modality needs no gradient"),
    Answer("only_all_empty", {EMPTY: "torch.zeros_like(present)"}, "one sample is enough"),
    Answer("numbers_in_the_gaps", {"torch.nan)": "0.0)"}, "NaN spreads"),
    Answer("refusal_of_everything_wanted", {"except ValueError:": "except AssertionError:"}, "a ValueError"),
    Answer("means_of_the_batch", means_of_the_batch, "every number counts"),
)  # fmt: skip
