"""nbgrader's configuration: solutions/ is released to labs/, with our stamps and stubs.

`nbgrader generate_assignment 02_clip` and `mmlab release 02_clip` write the same files.
"""

import re
from pathlib import Path

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import GetGrades

from mmlab.instructor.authoring.course_config import database_url
from mmlab.instructor.authoring.release_hooks import IGNORED, PREPROCESSORS
from mmlab.instructor.grading.gradebook.autograde_hooks import DropTags, HideTests

ROOT = Path(__file__).resolve().parent

c = get_config()  # noqa: F821, nbgrader puts it here
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.db_url = database_url(
    ROOT / "gradebook.db"
)  # nbgrader does not escape ?, # and % in a path
c.CourseDirectory.course_id = "mmlab"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "labs"
c.CourseDirectory.ignore = IGNORED
c.GenerateAssignment.preprocessors = PREPROCESSORS

# Zips that `mmlab submit` wrote, in downloaded/WEEK/archive/: `nbgrader zip_collect WEEK`.
weeks = [path.parent.name for path in ROOT.glob("solutions/*/lab.ipynb")]
longest_first = "|".join(re.escape(week) for week in sorted(weeks, key=len, reverse=True))
c.FileNameCollectorPlugin.named_regexp = rf".*[/\\](?:{longest_first})_(?P<student_id>[^/\\]+)_attempt_\d+_(?P<timestamp>\d+T\d+)_lab[/\\](?P<file_id>[^/\\]+)"

# Demos are not run for marks; a check counts from any state that its tags were in.
c.Autograde.sanitize_preprocessors.append(DropTags)
c.Execute.skip_cells_with_tag = "demo"
c.Execute.timeout = 120
# A right answer that warns is right: by itself nbgrader gives 0 where a check leaves a word on stderr.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = r"[\s\S]"
c.GenerateFeedback.preprocessors = [HideTests, GetGrades, CSSHTMLHeaderPreprocessor]
