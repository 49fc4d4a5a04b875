"""bug_hunt_captioner: right and buggy versions of a captioner's captions and loss, and wrong and right tests of them.

The versions are edits of three right ones, as mistakes are edits of a reference.
"""

import linecache
from collections.abc import Callable

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, edited, mistake

MODEL = """
    def model(tokens, flags):
        x = tokens + weights["wpe"][(flags.cumsum(dim=1) - 1).clamp(min=0)]
        closed = ~(torch.ones(x.shape[1], x.shape[1]).tril().bool() & flags[:, None])
        scores = ((x @ weights["query"].T) @ (x @ weights["key"].T).mT).masked_fill(closed, -1e9)
        return (x + 4 * scores.softmax(dim=2) @ (x @ weights["value"].T)) @ weights["wte"].T / 16
"""

PAD = """
    def padded(rows, left):
        size = max(len(each) for each in rows)
        lists = [[0] * (size - len(each)) * left + each + [0] * (size - len(each)) * (1 - left) for each in rows]
        shown = torch.arange(size) < torch.tensor([[len(each)] for each in rows])
        return torch.tensor(lists), shown.flip(1) if left else shown
"""

WHOLE = (
    "def NAME(weights, images, prompts, targets, count):"
    + MODEL
    + PAD
    + """
    pixels = (images - 0.5) / 0.25
    with torch.no_grad():
        patches = F.unfold(pixels, 4, stride=4).mT @ weights["encoder"].T
        features = (patches - weights["mean"]) / weights["deviation"]
    image = features @ weights["projector"].T
    seen = torch.ones(image.shape[:2], dtype=torch.bool)
    ids, mask = padded(prompts, 1)
    embeds, known, new = torch.cat([image, weights["wte"][ids]], dim=1), torch.cat([seen, mask], dim=1), []
    with torch.no_grad():
        for _ in range(count):
            new.append(model(embeds, known)[:, -1].argmax(dim=1))
            embeds = torch.cat([embeds, weights["wte"][new[-1]][:, None]], dim=1)
            known = F.pad(known, (0, 1), value=True)
    captions = [[*row, 0][: [*row, 0].index(0)] for row in torch.stack(new, dim=1).tolist()]
    ids, mask = padded([[*prompt, *target, 0] for prompt, target in zip(prompts, targets)], 0)
    start = torch.tensor([[len(prompt)] for prompt in prompts])
    learned = mask & (torch.arange(ids.shape[1]) >= start)
    labels = torch.cat([-100 * seen.long(), ids.masked_fill(~learned, -100)], dim=1)
    logits = model(torch.cat([image, weights["wte"][ids]], dim=1), torch.cat([seen, mask], dim=1))
    loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
    return captions, loss
"""
)

ROWS = (
    "def NAME(weights, images, prompts, targets, count):"
    + MODEL
    + """
    pixels = images * 4 - 2
    features = F.unfold(pixels, 4, stride=4).transpose(1, 2) @ weights["encoder"].T
    features = ((features - weights["mean"]) / weights["deviation"]).detach()
    captions, total, number = [], 0.0, 0
    for row in range(len(prompts)):
        image = features[row] @ weights["projector"].T
        prompt, target = torch.tensor(prompts[row]), torch.tensor(targets[row] + [0])
        given = torch.cat([image, weights["wte"][prompt]])[None]
        whole, caption = given.detach(), []
        for _ in range(count):
            caption.append(model(whole, torch.ones(whole.shape[:2]) > 0)[0, -1].argmax().item())
            whole = torch.cat([whole, weights["wte"][caption[-1:]][None]], dim=1)
        if 0 in caption:
            caption = caption[: caption.index(0)]
        captions.append(caption)
        whole = torch.cat([given, weights["wte"][target][None]], dim=1)
        logits = model(whole, torch.ones(whole.shape[:2]) > 0)[0, -len(target) - 1 : -1]
        total = total + F.cross_entropy(logits, target, reduction="sum")
        number += len(target)
    return captions, total / number
"""
)

LEFT = (
    "def NAME(weights, images, prompts, targets, count):"
    + PAD
    + MODEL
    + """
    with torch.no_grad():
        corners = [images[:, :, y : y + 4, x : x + 4].flatten(1) for y in (0, 4) for x in (0, 4)]
        stacked = (torch.stack(corners, dim=1) - 0.5) * 4
        coded = (F.linear(stacked, weights["encoder"]) - weights["mean"]) / weights["deviation"]
    vision = F.linear(coded, weights["projector"])
    ones = torch.ones(len(vision), 4) > 0
    asked, visible = padded(prompts, 1)
    answers = [target + [0] for target in targets]
    told, kept = padded(answers, 0)
    begun, seen = torch.cat((vision, weights["wte"][asked]), 1), torch.cat((ones, visible), 1)
    out, wide, room = [], begun, seen
    for _ in range(count):
        best = model(wide, room)[:, -1:].argmax(dim=2).detach()
        out.append(best)
        wide, room = torch.cat((wide, weights["wte"][best]), 1), torch.cat((room, best >= 0), 1)
    out = torch.cat(out, dim=1)
    ends = (out == 0).cumsum(dim=1) == 0
    captions = [row[end].tolist() for row, end in zip(out, ends)]
    logits = model(torch.cat((begun, weights["wte"][told]), 1), torch.cat((seen, kept), 1))
    logits = logits[:, -told.shape[1] - 1 : -1]
    scores = logits.log_softmax(2).gather(2, told[..., None]).squeeze(2)
    loss = -(scores * kept).sum() / kept.sum()
    return captions, loss
"""
)


def version(name: str, source: str, edits: dict[str, str] | None = None) -> Callable:
    """Return the function of a source with a few edits, under a name; its own source can be read again."""
    text = edited(source, edits or {}, name) if edits else source
    text, file, names = (
        text.replace("NAME", name),
        f"<{name}>",
        {"torch": torch, "F": F, "__name__": __name__},
    )
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), names)
    return names[name]


VERSIONS = (
    version("right_whole_batch", WHOLE),
    version("right_row_by_row", ROWS),
    version("right_with_gaps", LEFT),
    version("buggy_sliced_by_the_prompt", WHOLE, {"torch.stack(new, dim=1).tolist()": "torch.stack(new, dim=1)[:, 4 + ids.shape[1] :].tolist()"}),
    version("buggy_first_caption_only", WHOLE, {"return captions, loss": "return captions[:1], loss"}),
    version("buggy_right_padding", WHOLE, {"padded(prompts, 1)": "padded(prompts, 0)"}),
    version("buggy_normalised_twice", ROWS, {"pixels = images * 4 - 2": "pixels = (images * 4 - 2) * 4 - 2"}),
    version(
        "buggy_labels_are_the_targets",
        WHOLE,
        {
            "padded([[*prompt, *target, 0] for prompt, target in zip(prompts, targets)], 0)": "padded(prompts, 0)\n    short, some = padded([[*target, 0] for target in targets], 0)\n    size = max(ids.shape[1], short.shape[1])\n    ids, mask, short, some = (F.pad(part, (0, size - part.shape[1])) for part in (ids, mask, short, some))",
            "ids.masked_fill(~learned, -100)": "short.masked_fill(~some, -100)",
        },
    ),
    version("buggy_pads_counted", WHOLE, {"learned = mask & ": "learned = "}),
    version("buggy_mask_left_out", WHOLE, {"torch.cat([seen, mask], dim=1), []": "torch.ones(len(ids), 4 + ids.shape[1]) > 0, []"}),
    version("buggy_encoder_in_training_mode", WHOLE, {'(patches - weights["mean"]) / weights["deviation"]': "(patches - patches.mean(dim=(0, 1))) / patches.std(dim=(0, 1))"}),
    version("buggy_mean_of_the_rows", ROWS, {', reduction="sum"': "", "number += len(target)": "number += 1"}),
    version("buggy_same_image_tokens", WHOLE, {'image = features @ weights["projector"].T': 'image = features.mean(dim=0, keepdim=True).expand(len(images), -1, -1) @ weights["projector"].T'}),
    version("buggy_end_not_learned", ROWS, {"F.cross_entropy(logits, target,": "F.cross_entropy(logits[:-1], target[:-1],", "number += len(target)": "number += len(target) - 1"}),
    version("buggy_prompt_counted", WHOLE, {"[[len(prompt)] for prompt in prompts]": "[[0] for prompt in prompts]"}),
    version("buggy_projector_never_learns", WHOLE, {'image = features @ weights["projector"].T': 'image = (features @ weights["projector"].T).detach()'}),
    version("buggy_encoder_learns", ROWS, {'weights["deviation"]).detach()': 'weights["deviation"])'}),
    version("buggy_shifted_twice", WHOLE, {"labels[:, 1:].flatten()": "F.pad(labels[:, 2:], (0, 1), value=-100).flatten()"}),
    version("buggy_image_last", ROWS, {'torch.cat([image, weights["wte"][prompt]])': 'torch.cat([weights["wte"][prompt], image])'}),
    version("buggy_end_ignored", ROWS, {"caption = caption[: caption.index(0)]": "caption = list(caption)"}),
    version("buggy_last_position_overwritten", ROWS, {"    pixels = images * 4 - 2\n": '    weights["wpe"].data[-1] = 0.0\n    pixels = images * 4 - 2\n'}),
    version("buggy_new_tokens_unseen", WHOLE, {"known = F.pad(known, (0, 1), value=True)": "known = F.pad(known, (0, 1), value=False)"}),
    version("right_with_a_gradient_of_zero", ROWS, {'features = ((features - weights["mean"]) / weights["deviation"]).detach()': 'features = (features - weights["mean"]) / weights["deviation"]\n    features = features.detach() + 0 * features'}),
    version("buggy_projector_in_the_graph_by_zero", LEFT, {'vision = F.linear(coded, weights["projector"])': 'vision = F.linear(coded, weights["projector"])\n    vision = vision.detach() + 0 * vision'}),
    version("buggy_part_of_the_encoder_learns", ROWS, {"    captions, total, number": '    features = features * weights["encoder"][:, 0] / weights["encoder"][:, 0].detach()\n    captions, total, number'}),
    version("buggy_divided_by_too_many", ROWS, {"number += len(target)": "number += len(target) + 1"}),
    version("buggy_label_smoothing", WHOLE, {"labels[:, 1:].flatten())": "labels[:, 1:].flatten(), label_smoothing=0.05)"}),
    version("buggy_caption_in_reverse", ROWS, {"captions.append(caption)": "captions.append(caption[::-1])"}),
    version("buggy_loss_without_a_graph", ROWS, {"return captions, total / number": "return captions, (total / number).detach()"}),
    version("buggy_other_positions_bound", WHOLE, {"    return captions, loss": '    weights["wpe"] = weights["wpe"].roll(1, 0)\n    return captions, loss'}),
    # Hidden cases have these, too.
    version("right_double", ROWS, {"F.cross_entropy(logits, target": "F.cross_entropy(logits.double(), target"}),
    version("right_where", LEFT, {"-(scores * kept).sum()": "-torch.where(kept, scores, 0.0).sum()", "out == 0": "out < 1"}),
    version("right_in_pieces", WHOLE, {"ids.masked_fill(~learned, -100)": "torch.where(learned, ids, -100)"}),
    version("buggy_image_of_the_neighbour", LEFT, {'F.linear(coded, weights["projector"])': 'F.linear(coded, weights["projector"]).roll(1, 0)'}),
    version("buggy_one_patch_four_times", LEFT, {'F.linear(coded, weights["projector"])': 'F.linear(coded[:, :1], weights["projector"]).expand(-1, 4, -1)'}),
    version("buggy_patches_in_columns", LEFT, {"for y in (0, 4) for x in (0, 4)": "for x in (0, 4) for y in (0, 4)"}),
    version("buggy_features_of_unit_length", LEFT, {"F.linear(coded,": "F.linear(F.normalize(coded, dim=2),"}),
    version("buggy_image_counted", WHOLE, {"-100 * seen.long()": "0 * seen.long()"}),
    version("buggy_end_returned", ROWS, {"caption[: caption.index(0)]": "caption[: caption.index(0) + 1]"}),
    version("buggy_goes_on_after_the_end", LEFT, {"(out == 0).cumsum(dim=1) == 0": "out != 0"}),
    version("buggy_one_token_too_few", LEFT, {"range(count)": "range(count - 1)"}),
    version("buggy_sum", LEFT, {"(scores * kept).sum() / kept.sum()": "(scores * kept).sum()"}),
    version("buggy_divided_by_the_targets_alone", LEFT, {"/ kept.sum()": "/ (kept.sum() - len(targets))"}),
    version("buggy_divided_by_all_columns", LEFT, {"/ kept.sum()": "/ kept.numel()"}),
    version("buggy_not_normalised", ROWS, {"pixels = images * 4 - 2": "pixels = images"}),
    version("buggy_first_of_the_target_not_learned", WHOLE, {"[[len(prompt)] for": "[[len(prompt) + 1] for"}),
    version("buggy_statistics_updated", WHOLE, {"    image = features": '    weights["mean"].data.lerp_(patches.mean(dim=(0, 1)), 0.1)\n    image = features'}),
    version("buggy_without_the_prompt", ROWS, {"whole, caption = given.detach(), []": "whole, caption = given.detach()[:, :4], []"}),
    version("buggy_last_caption_for_all", WHOLE, {"return captions, loss": "return captions[-1:] * len(captions), loss"}),
    version("buggy_first_loss_only", LEFT, {"(scores * kept).sum() / kept.sum()": "(scores * kept)[0].sum() / kept[0].sum()"}),
    version("buggy_targets_cut_to_the_shortest", LEFT, {"[target + [0] for target in targets]": "[target[: min(map(len, targets))] + [0] for target in targets]"}),
    version("buggy_gap_unmasked", LEFT, {"torch.cat((ones, visible), 1)": "torch.cat((ones, visible | True), 1)"}),
    version("buggy_mean_not_subtracted", LEFT, {' - weights["mean"])': ")"}),
    version("buggy_loss_made_anew", LEFT, {"    return captions, loss": "    loss = torch.tensor(loss.item())\n    return captions, loss"}),
    version("buggy_other_mean_bound", ROWS, {"    return captions, total": '    weights["mean"] = weights["mean"] * 0.9 + 0.1 * features.mean(dim=(0, 1))\n    return captions, total'}),
    version("buggy_prompts_share_the_last_image", ROWS, {"features[row] @": "features[-1] @"}),
)  # fmt: skip


def looks_at_the_form(captioner):
    for seed in range(6):
        images = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
        weights = random_weights(seed)
        captions, loss = captioner(weights, images, [[3, 7, 1], [5], [2, 9]], [[4], [6, 2], [9, 3, 1]], 8)
        assert len(captions) == 3 and all(0 not in caption for caption in captions)
        assert loss.item() > 0


def against_a_batch_of_one(captioner):
    prompts, targets = [[1, 2, 3, 4], [6], [8, 9], [5, 5, 5]], [[10, 11], [7, 7, 7, 3, 1], [2], [4, 6]]
    for seed in range(10, 20):
        weights = random_weights(seed)
        stored = [weights[name].clone() for name in weights]
        torch.manual_seed(seed)
        images = torch.rand(4, 3, 8, 8)
        for name in ("encoder", "projector", "wte"):
            weights[name].requires_grad_(True)
        captions, loss = captioner(weights, images, prompts, targets, 10)
        for name, old in zip(weights, stored):
            assert weights[name].equal(old)
        assert loss.requires_grad
        loss.backward()
        assert weights["projector"].grad.abs().sum() > 0 if weights["projector"].grad is not None else False
        assert weights["encoder"].grad is None or weights["encoder"].grad.abs().sum() == 0
        assert isinstance(captions, list) and len(captions) == 4
        total, number = 0.0, 0
        with torch.no_grad():
            for b in range(4):
                tokens = image_tokens(weights, images[b : b + 1])
                sequence, new = torch.cat([tokens, weights["wte"][prompts[b]][None]], 1), []
                for _ in range(10):
                    best = language(weights, sequence, torch.full((1, sequence.shape[1]), True))[
                        0, -1
                    ].argmax()
                    new.append(int(best))
                    sequence = torch.cat([sequence, weights["wte"][best][None, None]], 1)
                assert captions[b] == (new[: new.index(0)] if 0 in new else new)
                whole = torch.tensor(prompts[b] + targets[b] + [0])
                embeds = torch.cat([tokens, weights["wte"][whole][None]], 1)
                logits = language(weights, embeds, torch.full(embeds.shape[:2], True))[0]
                for column in range(len(prompts[b]), len(whole)):
                    total -= logits[3 + column].log_softmax(0)[whole[column]].item()
                    number += 1
        assert abs(total / number - loss.item()) < 1e-3


def padded_by_hand(captioner):
    for seed in (21, 22, 23, 24, 25, 26, 27, 28):
        weights = {name: part.clone().requires_grad_() for name, part in random_weights(seed).items()}
        generator = torch.Generator().manual_seed(seed)
        images = torch.rand(5, 3, 8, 8, generator=generator)
        prompts = [torch.randint(1, 12, (n,), generator=generator).tolist() for n in (2, 7, 1, 4, 3)]
        targets = [torch.randint(1, 12, (n,), generator=generator).tolist() for n in (3, 1, 6, 2, 2)]
        copies = {name: part.detach().clone() for name, part in weights.items()}
        captions, loss = captioner(weights, images, prompts, targets, 8)
        assert len(captions) == 5 and loss.grad_fn is not None
        slopes = dict(zip(weights, torch.autograd.grad(loss, list(weights.values()), allow_unused=True)))
        for name in weights:
            assert (weights[name] - copies[name]).abs().max() == 0
        for name, learns in (("projector", True), ("encoder", False)):
            assert (slopes[name] is not None and bool((slopes[name] != 0).any())) == learns
        image = image_tokens(weights, images)
        losses = []
        for b in range(5):
            context = torch.cat([image[b], weights["wte"][torch.tensor(prompts[b])]])
            tail = [*targets[b], 0]
            for position, answer in enumerate(tail):
                row = torch.cat([context, weights["wte"][torch.tensor(tail[:position], dtype=torch.long)]])[
                    None
                ]
                logits = language(weights, row, torch.ones(1, row.shape[1], dtype=torch.bool))[0, -1]
                losses.append(logits.logsumexp(0).item() - logits[answer].item())
            said = []
            while len(said) < 8 and 0 not in said:
                row = torch.cat([context, weights["wte"][torch.tensor(said, dtype=torch.long)]])[None]
                said.append(
                    language(weights, row, torch.ones(1, row.shape[1], dtype=torch.bool))[0, -1]
                    .argmax()
                    .item()
                )
            assert captions[b] == [token for token in said if token]
        assert abs(sum(losses) / len(losses) - loss.item()) < 1e-3


FIRST_HIDDEN = [function.__name__ for function in VERSIONS].index("right_double")

EXERCISE = Exercise(
    difficulty=3,
    importance=4,
    minutes=35,
    needs=("build_labels", "greedy_generate"),
    optional=True,
    hints=(
        "Write the right result yourself, one row at a time with the given functions: then there is no padding, no mask to forget and no slice. Compare the captions exactly and the loss to 0.001.",
        "Use prompts and targets of unequal lengths, in an order where the longest is not the first, several seeds, and enough new tokens that some rows end with EOS.",
        "`weights = {name: part.requires_grad_() for name, part in random_weights(seed).items()}`, then `torch.autograd.grad(loss, [weights['projector'], weights['encoder']], allow_unused=True)`.",
        "Store a copy of every weight before the call, and compare with `torch.equal` afterwards.",
    ),
    driver=Driver("bugs"),
    compare=Compare("equal"),
    versions=VERSIONS[:FIRST_HIDDEN],
    hidden_versions=VERSIONS[FIRST_HIDDEN:],
    mistakes=(
        mistake(
            "looks_at_the_form",
            looks_at_the_form,
            "your test looks at the number of captions and at the sign of the loss, which most bugs leave alone",
            "compute the right captions and the right loss yourself",
        ),
        mistake(
            "captions_untested",
            {"        assert captions == wanted\n": ""},
            "your test never looks at the captions",
            "compare them with what each row gives alone",
        ),
        mistake(
            "loss_untested",
            {"        assert abs(loss.item() + np.mean(log_probabilities)) < 1e-3": ""},
            "your test never looks at the loss",
            "compare it with the mean over all ids of the targets and their EOS",
        ),
        mistake(
            "gradients_untested",
            {
                "        assert learned is not None and learned.any()\n": "",
                "        assert frozen is None or not frozen.any()\n": "",
            },
            "your test never asks which parts learn",
            "look at the gradients of the projector and of the encoder",
        ),
        mistake(
            "equal_lengths",
            {
                "[[3, 7, 1], [5], [2, 9, 4, 8, 6], [11, 10]]": "[[3, 7], [5, 1], [2, 9], [11, 10]]",
                "[[4], [6, 2, 8, 1], [9, 3], [7, 5, 10]]": "[[4, 3], [6, 2], [9, 3], [7, 5]]",
            },
            "all your prompts have one length, and so do your targets, so padding and masks do not matter",
            "use unequal lengths",
        ),
    ),  # fmt: skip
    alternates=(against_a_batch_of_one, padded_by_hand),
    equivalent={
        "prompts, targets = ": "most other lists of unequal lengths refuse the same versions",
        "for seed in range": "one seed more or less",
        "images = torch.rand": "any images do, from any seed; a ninth row or column of pixels is not read",
        "learned.all()": "no number of the projector's gradient is 0 when it learns",
        "before = {name: part.clone()": "a copy with a graph has the same numbers",
        "<= 0.001": "no version is off by 0.001 exactly",
        "abs(loss + np.mean": "a tensor compares as its number does",
        "[-1, len(start) - 1:]": "the batch has one row",
        "[-1, -1]": "the batch has one row",
        "torch.ones(2, len(row))": "the mask is broadcast",
    },
    forbids=(),
)
