"""The graded exercises of week 02, in the order of the lab.

Each stands in its own file beside this one: cases, misconceptions, alternates.
"""

import exercises_bug_hunt_contrastive
import exercises_clip_contrastive_loss
import exercises_false_negative_batch
import exercises_learnable_logit_scale
import exercises_modality_gap
import exercises_recall_at_k
import exercises_siglip_pairwise_loss
import exercises_train_clip
import exercises_zero_shot_classify

from mmlab.course.exercise import Driver, Exercise

# What hands out an answer: a sandbox that grades this week mounts the package without these.
WITHHELD = ["mmlab/losses.py", "mmlab/metrics.py", "mmlab/evaluate.py"]

WHAT_ALIGNMENT_GIVES = Exercise(
    name="what_alignment_gives",
    difficulty=2,
    importance=4,
    minutes=15,
    needs=("zero_shot_classify", "recall_at_k"),
    hints=(
        "Write down the shapes that go into your trained model and the one number that comes out.",
        "Which of the three wishes asks for a *choice* among given sentences, and which for a new sentence?",
    ),
    driver=Driver("text"),
)

EXERCISES = [
    exercises_clip_contrastive_loss.EXERCISE,
    exercises_learnable_logit_scale.EXERCISE,
    exercises_train_clip.EXERCISE,
    exercises_bug_hunt_contrastive.EXERCISE,
    exercises_zero_shot_classify.EXERCISE,
    exercises_recall_at_k.EXERCISE,
    exercises_modality_gap.EXERCISE,
    exercises_siglip_pairwise_loss.EXERCISE,
    exercises_false_negative_batch.EXERCISE,
    WHAT_ALIGNMENT_GIVES,
]
