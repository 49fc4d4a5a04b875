"""what_alignment_gives: what a trained CLIP can do as it is; a person marks it."""

from mmlab.instructor.authoring.exercise import Driver, Exercise

EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=15,
    needs=("zero_shot_classify", "recall_at_k"),
    hints=(
        "Write down the shapes that go into your trained model and the one number that comes out.",
        "Which of the three requests asks for a *choice* among given sentences, and which for a new sentence?",
    ),
    driver=Driver("text"),
)
