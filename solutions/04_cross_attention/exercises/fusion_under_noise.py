"""fusion_under_noise: an open project; a person grades the report by the rubric in its statement."""

from mmlab.instructor.authoring.exercise import Driver, Exercise

EXERCISE = Exercise(
    difficulty=3,
    importance=3,
    minutes=60,
    needs=("fuse_ragged", "modality_dropout"),
    optional=True,
    hints=(
        "Train on what will be tested: draw a noise, a share of lost words and a missing modality for each *sample* of a batch, not one for the whole batch.",
        "The mean over what is present gives both sides equal weight, however noisy one is. A learned weight for each side, or cross-attention between the sides, can depend on the noise.",
        "Measure the seconds of a step first: rendering takes part of them. A few thousand scenes rendered once and degraded anew in each step cost less than new scenes every time.",
    ),
    driver=Driver("text"),
)
