"""Right answers to bug_hunt_captioner that are written in unusual ways."""

from mmlab.instructor.authoring.exercise import Answer

PROMPTS, TARGETS = "[[3, 7, 1], [5], [2, 9, 4, 8, 6], [11, 10]]", "[[4], [6, 2, 8, 1], [9, 3], [7, 5, 10]]"
VALUE = "assert abs(loss.item() + np.mean(log_probabilities)) < 1e-3"
CAPTIONS = "assert captions == wanted"

ANSWERS = (
    Answer(
        "other_lists",
        {
            PROMPTS: "[[5, 5], [1, 2, 3, 4, 5, 6, 7], [9], [8, 10, 11], [4]]",
            TARGETS: "[[2, 2, 2, 2, 2], [1], [3, 11], [6], [10, 9, 8]]",
            "torch.rand(4, 3, 8, 8": "torch.rand(5, 3, 8, 8",
            "range(8)": "range(30, 40)",
        },
        "five rows, other seeds",
    ),
    Answer(
        "compared_piece_by_piece",
        {
            CAPTIONS: "assert isinstance(captions, list) and len(captions) == len(wanted)\n        for mine, theirs in zip(wanted, captions):\n            if list(mine) != list(theirs):\n                raise AssertionError((mine, theirs))",
            VALUE: "difference = float(loss) - sum(log_probabilities) / -len(log_probabilities)\n        if not -9e-4 < difference < 9e-4:\n            raise AssertionError(difference)",
        },
        "its own comparisons",
    ),
)  # fmt: skip
