"""The graded exercises of week 00, in the order of the lab.

Each stands in its own file beside this one: cases, misconceptions, alternates.
"""

import exercises_modality_matrix
import exercises_scene_to_caption_truth
import exercises_sniff_image_format
import exercises_to_model_tensor

# What hands out an answer: a sandbox that grades this week mounts the package without it.
WITHHELD = ["mmlab/data.py"]

EXERCISES = [
    exercises_to_model_tensor.EXERCISE,
    exercises_modality_matrix.EXERCISE,
    exercises_scene_to_caption_truth.EXERCISE,
    exercises_sniff_image_format.EXERCISE,
]
