"""nbgrader's configuration: solutions/ is released to labs/, with our stamps and stubs.

`nbgrader generate_assignment 02_clip` and `mmlab release 02_clip` write the same files.
"""

from pathlib import Path

from mmlab.course.stamp import IGNORED, PREPROCESSORS

c = get_config()  # noqa: F821, nbgrader puts it here
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "mmlab"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "labs"
c.CourseDirectory.ignore = IGNORED
c.GenerateAssignment.preprocessors = PREPROCESSORS
