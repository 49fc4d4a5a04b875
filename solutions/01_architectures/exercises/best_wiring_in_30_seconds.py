"""best_wiring_in_30_seconds: an open project; a person grades the report by the rubric in its statement."""

from mmlab.instructor.authoring.exercise import Driver, Exercise

EXERCISE = Exercise(
    difficulty=3,
    importance=3,
    minutes=60,
    needs=("fusion_three_ways",),
    optional=True,
    hints=(
        "`train_wiring(seed, fuser=fusion.CrossFusion)` changes the wiring and nothing else. Measure the seconds of a step for each wiring first, "
        "and give each as many steps as fit into 10 seconds.",
        "Late fusion adds up what the image says and what the question says. Ask of each wiring: where can the question decide which image tokens count?",
        "`wiring_score` prints both controls. With other images every wiring must fall to about 0.1; with other questions a model that uses them falls to about 0.5, as many as agree by chance.",
    ),
    driver=Driver("text"),
)
