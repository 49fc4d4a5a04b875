"""The errors that mmlab raises on purpose, and how each is worded.

    MmlabError
    ├── ShapeError    (ValueError)      arrays whose shapes or types do not fit together
    ├── InputError    (ValueError)      a value, file or text that cannot be used
    ├── CheckFailed   (AssertionError)  an exercise's answer is wrong
    ├── CasesError    (LookupError)     an exercise's cases are missing, damaged or outdated
    ├── NotebookError (ValueError)      a notebook that cannot be read, run or submitted
    └── MissingPart   (ImportError)     an optional part that is not installed

Every message has three lines: what was *given*, what was *wanted*, and one
thing to *try*. The last line is the one that people read first.
"""

import os
import traceback

PACKAGE = os.path.dirname(__file__) + os.sep


class MmlabError(Exception):
    """Any error that mmlab raises on purpose.

    given   what arrived: the function, the argument, its shape or value
    wanted  what was expected, in the other argument's terms
    do      one action that fixes it

    >>> print(InputError("size=0", "an image of at least 8 pixels", "pass size=32"))
    size=0
      wanted: an image of at least 8 pixels
      try: pass size=32
    """

    def __init__(self, given: str, wanted: str = "", do: str = ""):
        self.given, self.wanted, self.do = given, wanted, do
        lines = [given]
        if wanted:
            lines.append(f"  wanted: {wanted}")
        if do:
            lines.append(f"  try: {do}")
        super().__init__("\n".join(lines))

    def __reduce__(self):
        return type(self), (self.given, self.wanted, self.do), self.__dict__


class ShapeError(MmlabError, ValueError):
    """Arrays whose shapes, sizes or types do not fit together."""


class InputError(MmlabError, ValueError):
    """A value, file or text that cannot be used as it is."""


class CheckFailed(MmlabError, AssertionError):
    """An answer that is wrong, with the exercise and, when known, the misconception.

    exercise       name of the exercise
    misconception  name of the misconception that the answer equals, or None
    """

    def __init__(
        self,
        given: str,
        wanted: str = "",
        do: str = "",
        *,
        exercise: str = "",
        misconception: str | None = None,
    ):
        super().__init__(given, wanted, do)
        self.exercise, self.misconception = exercise, misconception

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: the message, and where the answer raised, if it did.

        It leaves out the frames of the checker itself, which do not help the author of the answer.
        """
        lines = []
        if cause := self.__cause__:
            frames = traceback.extract_tb(cause.__traceback__)
            theirs = [frame for frame in frames if not frame.filename.startswith(PACKAGE)]
            lines = ["Traceback of your answer (most recent call last):", *traceback.format_list(theirs)]
            lines += [*traceback.format_exception_only(cause), ""]
        return [line.rstrip("\n") for line in lines] + f"{type(self).__name__}: {self}".split("\n")


class CasesError(MmlabError, LookupError):
    """An exercise's cases are missing, damaged or made by another version."""


class NotebookError(MmlabError, ValueError):
    """A notebook that cannot be read, run or submitted as it is."""


class MissingPart(MmlabError, ImportError):
    """An optional part that is not installed; the message gives the pip command that installs it."""
