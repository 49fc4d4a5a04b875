"""mixture_under_budget: an open project; a person grades the report by the rubric in its statement."""

from mmlab.instructor.authoring.exercise import Driver, Exercise

EXERCISE = Exercise(
    difficulty=3,
    importance=3,
    minutes=60,
    needs=("two_stage_schedule",),
    optional=True,
    hints=(
        "Look at the parts of the baseline first. A part that is right almost always needs fewer examples; one at the level of guessing may need more, or it may need what another part teaches.",
        "To find out what a part is for, give it the weight 0 and look at the seven others: `mixed({name: 1.0 for name in PARTS if name != part})`.",
        "A stage of captions gives the projector many words about each image before the questions come. Compare it with the same number of captions spread over the whole training.",
    ),
    driver=Driver("text"),
)
