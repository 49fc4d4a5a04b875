"""The graded exercises of week 09, in the order of the lab.

Each stands in its own file beside this one: cases, misconceptions, alternates.
"""

import exercises_bug_hunt_history
import exercises_image_part_anthropic
import exercises_image_part_gemini
import exercises_image_part_openai
import exercises_invoice_check
import exercises_monitor_statistics
import exercises_parse_json_reply
import exercises_redact_pii
import exercises_retry_policy
import exercises_route_request

# What hands out an answer: a sandbox that grades this week mounts the package without these.
WITHHELD = ["mmlab/api/client/messages.py", "mmlab/api/client/retry.py", "mmlab/api/client/replies.py"]

EXERCISES = [
    exercises_image_part_openai.EXERCISE,
    exercises_image_part_anthropic.EXERCISE,
    exercises_image_part_gemini.EXERCISE,
    exercises_parse_json_reply.EXERCISE,
    exercises_route_request.EXERCISE,
    exercises_redact_pii.EXERCISE,
    exercises_retry_policy.EXERCISE,
    exercises_invoice_check.EXERCISE,
    exercises_monitor_statistics.EXERCISE,
    exercises_bug_hunt_history.EXERCISE,
]
