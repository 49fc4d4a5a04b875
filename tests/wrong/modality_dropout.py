"""Wrong answers to modality_dropout."""

from mmlab.instructor.authoring.exercise import Answer

BEST = "best = draws.masked_fill(~present, -1.0).argmax(dim=1, keepdim=True)"
STAYS = "stays = (draws >= rate).scatter(1, best, True) & present"
TOKENS = "tokens.masked_fill(~stays[..., None], 0.0)"

ANSWERS = (
    Answer("equal_is_dropped", {"draws >= rate": "draws > rate"}, "a draw equal to the rate stays"),
    Answer("smallest_draw_stays", {"-1.0).argmax": "2.0).argmin"}, "the largest draw stays"),
    Answer("first_of_all_stays", {BEST: "best = present.int().argmax(dim=1, keepdim=True)"}, "the largest draw"),
    Answer("last_of_equals", {BEST: "best = present.shape[1] - 1 - draws.masked_fill(~present, -1.0).flip(1).argmax(dim=1, keepdim=True)"}, "the first of several"),
    Answer("all_stay_instead", {STAYS: "stays = (draws >= rate) & present\n    stays = torch.where(stays.any(dim=1, keepdim=True), stays, present)"}, "only one stays"),
    Answer("rescued_from_nothing", {STAYS: "stays = ((draws >= rate) & present).scatter(1, best, True)"}, "a sample that has nothing keeps nothing"),
    Answer("present_forgotten", {STAYS: "stays = (draws >= rate).scatter(1, best, True)"}, "what is not there does not stay"),
    Answer("per_feature", {TOKENS: "tokens.masked_fill((~stays[..., None]) & (torch.arange(tokens.shape[2]) % 2 == 0), 0.0)"}, "whole modalities"),
    Answer("whole_batch", {"draws >= rate": "draws.mean(dim=0, keepdim=True).expand_as(draws) >= rate"}, "each sample on its own"),
    Answer("whole_sample", {"draws >= rate": "draws[:, :1].expand_as(draws) >= rate"}, "each modality has a draw of its own"),
    Answer("absent_not_zeroed", {TOKENS: "tokens.masked_fill((present & ~stays)[..., None], 0.0)"}, "0 for what was not present, too"),
    Answer("zeroed_in_evaluation", {"return tokens, present": "return tokens.masked_fill(~present[..., None], 0.0), present"}, "the same values as they came"),
    Answer("scaled_in_evaluation", {"return tokens, present": "return tokens * (1 - rate), present"}, "the same values as they came"),
    Answer("only_a_full_sample_is_rescued", {STAYS: "stays = (draws >= rate) & present\n    rescue = ~stays.any(dim=1, keepdim=True) & present.all(dim=1, keepdim=True)\n    stays = torch.where(rescue, torch.zeros_like(stays).scatter(1, best, True), stays)"}, "any sample that has something"),
    Answer("rate_unchecked", {"not 0 <= rate <= 1": "False"}, "ValueError"),
    Answer("rate_checked_in_training_only", {"not 0 <= rate <= 1": "training and not 0 <= rate <= 1"}, "in training or not"),
    Answer("rate_of_1_refused", {"0 <= rate <= 1": "0 <= rate < 1"}, "1 is allowed"),
    Answer("rate_of_0_refused", {"0 <= rate <= 1": "0 < rate <= 1"}, "0 is allowed"),
    Answer("negative_accepted", {"0 <= rate <= 1": "rate <= 1"}, "ValueError below 0"),
    Answer("in_place", {f"return {TOKENS}, stays": "return tokens.detach().masked_fill_(~stays[..., None], 0.0), stays"}, "nothing is changed in place"),
    Answer("tokens_only", {f"return {TOKENS}, stays": f"return {TOKENS}"}, "a tuple"),
    Answer("dropped_returned", {f"{TOKENS}, stays": f"{TOKENS}, ~stays"}, "True where a modality is left"),
    Answer("floats_returned", {f"{TOKENS}, stays": f"{TOKENS}, stays.float()"}, "bool"),
    Answer("own_random_numbers", {"draws >= rate": "torch.rand(draws.shape) >= rate"}, "the draws are an argument"),
    Answer("gradient_lost", {f"return {TOKENS}": "return tokens.detach().masked_fill(~stays[..., None], 0.0) + 0 * tokens.nan_to_num(0.0, 0.0, 0.0)"}, "gradients reach what stays"),
    Answer("absent_draws_count_as_zero", {BEST: "best = (draws * present).argmax(dim=1, keepdim=True)"}, "a draw of 0 is larger than none"),
)  # fmt: skip
