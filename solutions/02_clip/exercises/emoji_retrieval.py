"""emoji_retrieval: an open project on real weights; a person grades the report by the rubric in its statement."""

from mmlab.instructor.authoring.exercise import Driver, Exercise

EXERCISE = Exercise(
    difficulty=3,
    importance=3,
    minutes=60,
    needs=("recall_at_k", "linear_probe"),
    optional=True,
    hints=(
        "Cut a validation set out of the training rows with the same rule: no concept of it may have a relative in the rest. "
        "Average over several such cuts, because one of them has too few queries.",
        "First try what needs no training: the strength of the ridge, the length of the feature rows, the scale of the caption's principal components. "
        "Only then train with a contrastive loss, dropout on the features, or an average of several models.",
    ),
    driver=Driver("text"),
)
