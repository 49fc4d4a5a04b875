"""Wrong answers to itm_loss."""

from mmlab.instructor.authoring.exercise import Answer

LOGITS = "logits = F.linear(fused, weight, bias)"
LOSS = "losses.append(F.cross_entropy(logits, labels))"
MATCHES = "matches = logits[:, 1] > logits[:, 0]"
RETURN = "return sum(losses) / 2, sum(shares) / 2"

ANSWERS = (
    Answer("all_pairs_weigh_the_same", {RETURN: "sizes = len(positives), len(negatives)\n    return (losses[0] * sizes[0] + losses[1] * sizes[1]) / sum(sizes), sum(shares) / 2"}, "half each"),
    Answer("not_halved", {RETURN: "return sum(losses), sum(shares)"}, "half each"),
    Answer("labels_exchanged", {"((positives, 1), (negatives, 0))": "((positives, 0), (negatives, 1))"}, "logit 1 is the match"),
    Answer("everything_matches", {"(negatives, 0)": "(negatives, 1)"}, "label 0 for a negative"),
    Answer("negatives_left_out", {RETURN: "return losses[0], shares[0]"}, "both sides"),
    Answer("positives_left_out", {RETURN: "return losses[1], shares[1]"}, "both sides"),
    Answer("no_bias", {LOGITS: "logits = F.linear(fused, weight)"}, "the head has a bias"),
    Answer("bias_reversed", {LOGITS: "logits = F.linear(fused, weight, bias.flip(0))"}, "the head's bias"),
    Answer("cosines", {LOGITS: "logits = F.linear(F.normalize(fused, dim=1), weight, bias)"}, "the vectors as they are"),
    Answer("summed", {LOSS: "losses.append(F.cross_entropy(logits, labels, reduction='sum'))"}, "means"),
    Answer("softmax_twice", {LOSS: "losses.append(F.cross_entropy(logits.softmax(dim=1), labels))"}, "cross_entropy takes logits"),
    Answer("log_of_a_softmax", {LOSS: "losses.append(-logits.softmax(dim=1)[:, label].log().mean())"}, "logits in the thousands"),
    Answer("binary_on_one_logit", {LOSS: "losses.append(F.binary_cross_entropy_with_logits(logits[:, 1], labels.to(logits)))"}, "two logits"),
    Answer("mean_squares", {LOSS: "losses.append((logits.softmax(dim=1)[:, 1] - label).square().mean())"}, "cross-entropy"),
    Answer("smoothed", {LOSS: "losses.append(F.cross_entropy(logits, labels, label_smoothing=0.1))"}, "plain cross-entropy"),
    Answer("tie_is_a_match", {"logits[:, 1] > logits[:, 0]": "logits[:, 1] >= logits[:, 0]"}, "a tie is no match"),
    Answer("match_by_sign", {MATCHES: "matches = logits[:, 1] > 0"}, "the larger of the two logits"),
    Answer("match_by_the_other", {MATCHES: "matches = logits[:, 0] > logits[:, 1]"}, "logit 1 is the match"),
    Answer("plain_accuracy", {RETURN: "sizes = len(positives), len(negatives)\n    return sum(losses) / 2, (shares[0] * sizes[0] + shares[1] * sizes[1]) / sum(sizes)"}, "balanced, too"),
    Answer("share_of_matches", {"(matches == labels)": "matches"}, "a negative is right when it does not match"),
    Answer("accuracy_first", {RETURN: "return sum(shares) / 2, sum(losses) / 2"}, "loss, then accuracy"),
    Answer("loss_only", {RETURN: "return sum(losses) / 2"}, "a tuple"),
    Answer("plain_number", {RETURN: "return sum(losses) / 2, (sum(shares) / 2).item()"}, "a tensor"),
    Answer("detached", {LOSS: "losses.append(F.cross_entropy(logits.detach(), labels))"}, "gradients reach all four"),
    Answer("negatives_detached", {LOGITS: "logits = F.linear(fused if label else fused.detach(), weight, bias)"}, "gradients reach all four"),
    Answer("head_detached", {LOGITS: "logits = F.linear(fused, weight.detach(), bias)"}, "gradients reach all four"),
    Answer("empty_accepted", {"not len(positives) or not len(negatives)": "False"}, "ValueError"),
    Answer("empty_negatives_accepted", {"not len(positives) or not len(negatives)": "not len(positives)"}, "ValueError"),
    Answer("one_with_an_axis", {RETURN: "return (sum(losses) / 2)[None], sum(shares) / 2"}, "no axes"),
    Answer("always_float32", {"return sum(losses) / 2, sum(shares) / 2": "return (sum(losses) / 2).half().to(positives), sum(shares) / 2"}, "full precision"),
    Answer("accuracy_float32", {"(matches == labels).to(fused.dtype).mean()": "(matches == labels).float().mean()"}, "the dtype of positives"),
    Answer("accuracy_float64", {"(matches == labels).to(fused.dtype).mean()": "(matches == labels).double().mean()"}, "the dtype of positives"),
    Answer("loss_float32", {"return sum(losses) / 2,": "return sum(losses).float() / 2,"}, "the dtype of positives"),
    Answer("loss_float64", {"return sum(losses) / 2,": "return sum(losses).double() / 2,"}, "the dtype of positives"),
)  # fmt: skip
