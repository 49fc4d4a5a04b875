"""Wrong answers to linear_probe."""

from mmlab.instructor.authoring.exercise import Answer

STATISTICS = "mean, deviation = train.mean(axis=0), train.std(axis=0) + 1e-6"
TARGETS = "np.eye(labels.max() + 1)[labels]"
WEIGHT = "np.linalg.solve(train.T @ train + strength * np.eye(train.shape[1]), train.T @ targets)"
RETURN = "return scores, scores.argmax(axis=1)"

ANSWERS = (
    Answer("divisor_n_minus_1", {"train.std(axis=0)": "train.std(axis=0, ddof=1)"}, "divisor N"),
    Answer("a_tenth_added_to_the_deviation", {"1e-6": "0.1"}, "σ + 10⁻⁶"),
    Answer("nothing_added_to_the_deviation", {" + 1e-6": ""}, "a constant feature has σ = 0"),
    Answer("one_statistic_for_all_features", {STATISTICS: STATISTICS.replace("axis=0", "")}, "each feature has its own mean and σ"),
    Answer("test_left_as_it_is", {"(test - mean) / deviation": "test"}, "both are standardised"),
    Answer("test_not_centred", {"(test - mean) / deviation": "test / deviation"}, "both are standardised"),
    Answer("classes_that_occur", {TARGETS: "(labels[:, None] == np.unique(labels)).astype(float)"}, "a class without a row keeps its column"),
    Answer("square_root_of_the_strength", {"strength * np.eye": "strength**0.5 * np.eye"}, "λ is the strength"),
    Answer("squared_strength", {"strength * np.eye": "strength**2 * np.eye"}, "λ is the strength"),
    Answer("least_squares", {WEIGHT: "np.linalg.pinv(train) @ targets"}, "the squared weights are penalised"),
    Answer("half_a_square", {"strength * np.eye": "strength / 2 * np.eye"}, "both terms have the factor 1"),
    Answer("targets_of_plus_and_minus_one", {TARGETS: f"2 * {TARGETS} - 1"}, "one-hot: 0 and 1"),
    Answer("balanced_bias", {"targets.mean(axis=0)": "np.full(targets.shape[1], 1 / targets.shape[1])"}, "the bias follows from the minimum"),
    Answer("softmax_of_the_scores", {RETURN: "odds = np.exp(scores - scores.max(axis=1, keepdims=True))\n    return odds / odds.sum(axis=1, keepdims=True), scores.argmax(axis=1)"}, "the scores themselves"),
    Answer("classes_first", {RETURN: "return scores.argmax(axis=1), scores"}, "scores, then classes"),
    Answer("transposed_scores", {RETURN: "return scores.T, scores.argmax(axis=1)"}, "(M, C)"),
    Answer("scores_of_the_training_rows", {"scores = test @": "scores = train @"}, "of the test rows"),
    Answer("unit_rows", {"    targets = ": "    train = train / np.linalg.norm(train, axis=1, keepdims=True)\n    targets = "}, "standardised by feature, not by row"),
    Answer("in_place", {"    train, test = (train - mean) / deviation": "    train -= mean\n    train, test = train / deviation"}, "the arrays are not changed"),
    Answer("in_single_precision", {"    mean, deviation": "    train = train.astype(np.float32)\n    mean, deviation"}, "float64"),
    Answer("at_most_1000_rows", {"    mean, deviation": "    train, labels = train[:1000], labels[:1000]\n    mean, deviation"}, "every row"),
    Answer(
        "gradient_descent",
        {WEIGHT: "np.zeros((train.shape[1], targets.shape[1]))\n    for _ in range(20):\n        weight -= (train.T @ (train @ weight - targets) + strength * weight) / (np.linalg.norm(train) ** 2 + strength)"},
        "twenty steps are not the minimum",
    ),
)
