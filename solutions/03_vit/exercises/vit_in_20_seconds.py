"""vit_in_20_seconds: an open project; a person grades the report by the rubric in its statement."""

from mmlab.instructor.authoring.exercise import Driver, Exercise

EXERCISE = Exercise(
    difficulty=3,
    importance=3,
    minutes=60,
    needs=("vit_forward", "attention_rollout"),
    optional=True,
    hints=(
        "Measure the seconds of a step first. A method that is better at equal steps may be worse at equal time.",
        "`model.vision.patches` may be any module that gives (B, D, 4, 4): a few convolutions with stride 2 are a stem. "
        "`train.fit` takes `optimizer=train.muon`, `learning_rate` and `schedule`.",
        "For the control, give every image the label of another one: `stream.map(lambda pixels, labels: (pixels, labels.roll(1, 0)))`.",
    ),
    driver=Driver("text"),
)
