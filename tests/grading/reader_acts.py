"""What a test has the reader of students' code do."""

import os

from mmlab.instructor.grading.intake.limited import limited


@limited(otherwise=lambda text, *rest: f"otherwise {text}")
def acts(text: str, what: str):
    """Do something to the reader and return the text."""
    if what == "exit":
        os._exit(0)
    if what == "loop":
        while True:
            pass
    if what == "memory":
        return len([bytes(2**20) for _ in range(10**4)])
    if what == "raise":
        raise ValueError("no")
    return text
