"""Wrong answers to train_clip."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer

ADAM = "torch.optim.Adam([image_weight, text_weight, log_scale], lr=learning_rate)"
RETURN = "return lambda image, text: logits(image, text).softmax(dim=1)"
SCORES = "        scores = logits(image, text)\n"
LOSS = "(F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2"


def ridge_regression(image, text, *, image_projection, text_projection, steps, learning_rate):
    with torch.no_grad():
        centred = image - image.mean(dim=0)
        square = centred.T @ centred + 1e-2 * len(image) * torch.eye(image.shape[1])
        weight = torch.linalg.solve(square, centred.T @ (text - text.mean(dim=0)))

    def predict(image_, text_):
        image_, text_ = (image_ - image.mean(dim=0)) @ weight, text_ - text.mean(dim=0)
        cosines = F.normalize(image_) @ F.normalize(text_).T
        return (10 * cosines).softmax(dim=1)

    return lambda image, text: predict(image, text)


ANSWERS = (
    Answer("leaves_gradients_lying", {"        optimiser.zero_grad()\n": ""}, "one gradient a step"),
    Answer(
        "names_one_caption_with_certainty",
        {RETURN: "return lambda image, text: F.one_hot(logits(image, text).argmax(dim=1), len(text)).float()"},
        "row m is a softmax",
    ),
    Answer(
        "sees_a_third_of_the_pairs",
        {"torch.arange(len(image))": "torch.arange(32)", SCORES: "        scores = logits(image[:32], text[:32])\n"},
        "every step uses all N pairs",
    ),
    Answer(
        "in_batches",
        {
            "torch.arange(len(image))": "torch.arange(64)",
            SCORES: "        rows = torch.randperm(len(image))[:64]\n        scores = logits(image[rows], text[rows])\n",
        },
        "every step uses all N pairs",
    ),
    Answer("a_rate_of_its_own", {ADAM: "torch.optim.AdamW([image_weight, text_weight, log_scale], lr=0.03, weight_decay=0.05)"}, "Adam at learning_rate"),
    Answer("decays_its_weights", {"torch.optim.Adam(": "torch.optim.AdamW("}, "Adam, and its other settings as they are"),
    Answer("plain_gradient_descent", {"torch.optim.Adam(": "torch.optim.SGD("}, "with Adam"),
    Answer("surer_than_it_learned", {RETURN: "return lambda image, text: (100 * logits(image, text) / log_scale.exp()).softmax(dim=1)"}, "the trained scale"),
    Answer("no_scale_in_the_predictor", {RETURN: "return lambda image, text: (logits(image, text) / log_scale.exp()).softmax(dim=1)"}, "the trained scale"),
    Answer("starts_as_clip_does", {"torch.zeros(())": "torch.tensor(math.log(1 / 0.07))"}, "the logarithm starts at 0"),
    Answer("one_direction", {LOSS: "F.cross_entropy(scores, own)"}, "the symmetric contrastive loss"),
    Answer("one_step_more", {"range(steps)": "range(steps + 1)"}, "exactly `steps` steps"),
    Answer("one_step_at_least", {"range(steps)": "range(max(steps, 1))"}, "`steps` may be 0"),
    Answer("a_softmax_down_the_columns", {"softmax(dim=1)": "softmax(dim=0)"}, "over the K captions"),
    Answer("training_rate_written_down", {"lr=learning_rate": "lr=0.05"}, "at `learning_rate`"),
    Answer("starts_from_its_own_weights", {"image_projection.clone()": "torch.randn_like(image_projection)"}, "the weights to start from"),
    Answer("logits_for_probabilities", {".softmax(dim=1)": ""}, "returns probabilities"),
    Answer("text_projection_only", {"[image_weight, text_weight, log_scale]": "[text_weight, log_scale]"}, "all three are trained"),
    Answer("scale_itself_is_trained", {"torch.zeros(())": "torch.ones(())", "log_scale.exp() * image": "log_scale * image"}, "exp of a logarithm"),
    Answer(
        "centres_on_what_it_sees",
        {"    own = ": "    seen = logits\n    own = ", RETURN: "return lambda image, text: seen(image - image.mean(dim=0), text).softmax(dim=1)"},
        "the rows do not depend on one another",
    ),
    Answer(
        "stops_once_half_sure",
        {"        optimiser.zero_grad()\n": "        if scores.softmax(dim=1).diagonal().mean() > 0.5:\n            break\n        optimiser.zero_grad()\n"},
        "exactly `steps` steps",
    ),
    Answer(
        "stops_once_quite_sure",
        {"        optimiser.zero_grad()\n": "        if scores.softmax(dim=1).diagonal().mean() > 0.99:\n            break\n        optimiser.zero_grad()\n"},
        "exactly `steps` steps",
    ),
    Answer("stops_at_a_small_loss", {"        optimiser.zero_grad()\n": "        if loss < 0.01:\n            break\n        optimiser.zero_grad()\n"}, "exactly `steps` steps"),
    Answer(
        "halves_its_rate_after_100_steps",
        {"for _ in": "for step in", "        optimiser.zero_grad()\n": "        if step == 100:\n            optimiser.param_groups[0]['lr'] /= 2\n        optimiser.zero_grad()\n"},
        "at `learning_rate`, in every step",
    ),
    Answer("largest_square_so_far", {"lr=learning_rate": "lr=learning_rate, amsgrad=True"}, "Adam's other settings as they are"),
    Answer("ceiling_of_one_hundred", {"log_scale.exp() * image": "log_scale.exp().clamp(max=100.0) * image"}, "a scale without a ceiling"),
    Answer("ceiling_of_twenty", {"log_scale.exp() * image": "log_scale.exp().clamp(max=20.0) * image"}, "a scale without a ceiling"),
    Answer(
        "at_most_256_pairs",
        {"torch.arange(len(image))": "torch.arange(min(len(image), 256))", SCORES: "        scores = logits(image[:256], text[:256])\n"},
        "every step uses all N pairs",
    ),
    Answer("at_most_512_pairs", {"torch.arange(len(image))": "torch.arange(min(len(image), 512))", SCORES: "        rows = torch.randperm(len(image))[:512]\n        scores = logits(image[rows], text[rows])\n"}, "every step uses all N pairs"),
    Answer("at_most_1024_pairs", {"torch.arange(len(image))": "torch.arange(min(len(image), 1024))", SCORES: "        scores = logits(image[:1024], text[:1024])\n"}, "every step uses all N pairs"),
    Answer(
        "weights_on_the_function",
        {"    image_weight = nn.Parameter(image_projection.clone())\n": "    train_clip.image_weight = image_weight = nn.Parameter(image_projection.clone())\n",
         "F.normalize(image @ image_weight)": "F.normalize(image @ train_clip.image_weight)"},
        "a later training does not change the predictor",
    ),
    Answer("scale_in_a_global", {"    log_scale = nn": "    global log_scale\n    log_scale = nn"}, "a later training does not change the predictor"),
    Answer(
        "captions_of_the_first_call",
        {RETURN: "    seen = {}\n    return lambda image, text: logits(image, seen.setdefault('text', text)).softmax(dim=1)"},
        "it may be called many times, with other captions",
    ),
    Answer("ridge_regression", ridge_regression, "the training decides: weights of least squares are others"),
)
