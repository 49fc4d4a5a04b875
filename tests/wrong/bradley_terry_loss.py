"""Wrong answers to bradley_terry_loss."""

from mmlab.instructor.authoring.exercise import Answer

COST = "-(votes[:, 0] * F.logsigmoid(margin) + votes[:, 1] * F.logsigmoid(-margin))"
RESULT = "cost.sum() / votes.sum()"
SHAPES = "first.dim() != 1 or first.shape != second.shape or votes.shape != (len(first), 2)"

ANSWERS = (
    Answer("first_votes_only_count", {RESULT: "cost.sum() / votes[:, 0].sum().clamp(min=1)"}, "all votes"),
    Answer("sum", {RESULT: "cost.sum()"}, "the mean over the votes"),
    Answer("twice_the_mean", {RESULT: "2 * cost.sum() / votes.sum()"}, "the mean over the votes"),
    Answer("pairs_with_votes", {RESULT: "cost.sum() / (votes.sum(dim=1) > 0).sum()"}, "not the mean over pairs"),
    Answer("shares_by_softmax", {COST: "-(votes.float().softmax(dim=1) * torch.stack([F.logsigmoid(margin), F.logsigmoid(-margin)], dim=1)).sum(dim=1) * votes.sum(dim=1)"}, "votes are counts"),
    Answer("net_votes", {COST: "-(votes[:, 0] - votes[:, 1]) * F.logsigmoid(margin)"}, "both kinds of votes cost"),
    Answer("ties_left_out", {COST: f"(votes[:, 0] != votes[:, 1]) * {COST}"}, "a tie holds rewards together"),
    Answer("hinge", {COST: "votes[:, 0] * F.relu(1 - margin) + votes[:, 1] * F.relu(1 + margin)"}, "−log σ"),
    Answer("base_two", {RESULT: "cost.sum() / votes.sum() / math.log(2)"}, "the natural logarithm"),
    Answer("half_margin", {"first - second": "(first - second) / 2"}, "the difference itself"),
    Answer("clipped_margin", {"first - second": "(first - second).clamp(-30, 30)"}, "differences of any size"),
    Answer("eps_in_the_logarithm", {COST: "-(votes[:, 0] * (margin.sigmoid() + 1e-12).log() + votes[:, 1] * ((-margin).sigmoid() + 1e-12).log())"}, "finite and exact"),
    Answer("shapes_unchecked", {SHAPES: "False"}, "ValueError"),
    Answer("votes_unchecked", {SHAPES: "first.dim() != 1 or first.shape != second.shape"}, "ValueError for votes of another shape"),
    Answer("columns_unchecked", {SHAPES: "first.dim() != 1 or first.shape != second.shape or len(votes) != len(first)"}, "two columns"),
    Answer("rewards_unchecked", {SHAPES: "votes.shape != (len(first), 2)"}, "ValueError for rewards of other shapes"),
    Answer("columns_of_rewards_accepted", {"first.dim() != 1 or ": ""}, "ValueError for (B, 1)"),
    Answer("always_float32", {RESULT: f"({RESULT}).float()"}, "the dtype of the inputs"),
    Answer("always_float64", {"first - second": "(first - second).double()"}, "the dtype of the inputs"),
    Answer("no_votes_is_zero", {'raise ValueError("no votes")': "return 0 * first.sum()"}, "ValueError"),
    Answer("a_pair_without_votes_is_refused", {"not votes.any()": "not votes.any(dim=1).all()"}, "it has no effect"),
    Answer("second_has_no_gradient", {"first - second": "first - second.detach()"}, "both rewards learn"),
    Answer("no_gradient", {RESULT: f"({RESULT}).detach()"}, "gradients reach the rewards"),
    Answer("a_float", {RESULT: f"({RESULT}).item()"}, "a tensor"),
    Answer("one_number_for_each_pair", {RESULT: "cost / votes.sum()"}, "a () tensor"),
)  # fmt: skip
