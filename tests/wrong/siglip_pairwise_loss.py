"""Wrong answers to siglip_pairwise_loss."""

from mmlab.instructor.authoring.exercise import Answer

LABELS = "2 * torch.eye(len(logits)) - 1"
LOSS = "-F.logsigmoid(labels * logits).sum() / len(logits)"

ANSWERS = (
    Answer(
        "clips_logits_to_be_safe",
        {LOSS: "torch.log1p(torch.exp((-labels * logits).clamp(max=80))).sum() / len(logits)"},
        "a logit of 200 in a wrong pair costs 200",
    ),
    Answer(
        "right_and_wrong_pairs_weigh_the_same",
        {LOSS: "-F.logsigmoid(logits[labels > 0]).mean() - F.logsigmoid(-logits[labels < 0]).mean()"},
        "the sum over all cells, divided by B",
    ),
    Answer("scale_taken_for_a_temperature", {"scale * F.normalize(image) @ F.normalize(text).T": "F.normalize(image) @ F.normalize(text).T / scale"}, "scale is 1/T"),
    Answer(
        "same_rows_belong_together",
        {LABELS: "torch.where((text[:, None] == text[None]).all(dim=-1), 1.0, -1.0)"},
        "row i belongs to row i and to no other",
    ),
    Answer("same_images_belong_together", {LABELS: "torch.where((image[:, None] == image[None]).all(dim=-1), 1.0, -1.0)"}, "row i belongs to row i and to no other"),
    Answer("sum_over_cells", {" / len(logits)\n": "\n"}, "divided by B"),
    Answer("bias_is_a_cost", {".T + bias": ".T - abs(bias)"}, "bias may have either sign"),
    Answer("floor_under_the_sigmoid", {LOSS: "-torch.sigmoid(labels * logits).clamp(min=1e-12).log().sum() / len(logits)"}, "finite and exact for logits of ±200"),
    Answer("scale_multiplies_the_bias_too", {"scale * F.normalize(image) @ F.normalize(text).T + bias": "scale * (F.normalize(image) @ F.normalize(text).T) + bias * max(scale, 1)"}, "the logits are scale · cosine + bias"),
    Answer("wrong_pairs_teach_nothing", {LOSS: "-F.logsigmoid(torch.where(labels > 0, logits, -logits.detach())).sum() / len(logits)"}, "gradients reach both arguments from every cell"),
    Answer("texts_teach_nothing", {"F.normalize(text).T": "F.normalize(text).detach().T"}, "gradients reach both arguments"),
    Answer("kink_at_zero", {LOSS: "(torch.relu(-labels * logits) + torch.log1p(torch.exp(-logits.abs()))).sum() / len(logits)"}, "the gradient at a logit of 0 is half the label"),
    Answer("hinge_at_zero", {LOSS: "((-labels * logits).clamp(min=0) + torch.log1p(torch.exp(-logits.abs()))).sum() / len(logits)"}, "the gradient at a logit of 0 is half the label"),
    Answer("nearly_unit_is_enough", {"    logits = scale * F.normalize(image)": "    if not torch.allclose(image.norm(dim=1), torch.ones(len(image)), atol=0.05):\n        image = F.normalize(image)\n    logits = scale * image"}, "cosines, however near to 1 the lengths are"),
    Answer("a_bias_of_zero_is_none", {".T + bias": ".T + (bias or -10.0)"}, "a bias of 0 is 0"),
    Answer("at_most_128_pairs", {"    labels = ": "    logits = logits[:128, :128]\n    labels = "}, "all B·B cells"),
)
