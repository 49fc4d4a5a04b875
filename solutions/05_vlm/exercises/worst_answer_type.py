"""worst_answer_type: an open project; a person grades the report by the rubric in its statement."""

from mmlab.instructor.authoring.exercise import Driver, Exercise

EXERCISE = Exercise(
    difficulty=3,
    importance=3,
    minutes=60,
    needs=("splice_image_embeds", "build_labels"),
    optional=True,
    hints=(
        "Find out where the loss is before you change anything: look at twenty wrong answers of the worst type, and ask whether the image tokens contain the fact at all (a linear classifier on them answers that).",
        "Three things can be changed at the same number of steps: which questions the batch holds, how the image becomes tokens, and how the optimiser moves. Change one at a time.",
        "More questions of one type means fewer of the others. Report all types, not only the one that got better.",
    ),
    driver=Driver("text"),
)
