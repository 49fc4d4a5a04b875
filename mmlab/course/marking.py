"""What stock nbgrader gets on top while it marks and writes feedback: preprocessors.

They close three traps: a tag that lets a check be skipped, which nbgrader takes
for a pass; hidden tests in the feedback's sources; and the same in its tracebacks.
"""

from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked, is_solution


class DropTags(NbGraderPreprocessor):
    """Takes all tags off the cells that nbgrader knows, so that a student's tag lets none be skipped."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Return the cell, without tags where it counts for the marks."""
        if is_grade(cell) or is_locked(cell) or is_solution(cell):
            cell.metadata.pop("tags", None)
        return cell, resources


class HideTests(ClearHiddenTests):
    """Takes hidden tests out of feedback, and out of the tracebacks that quote them.

    Cells that students write in are left alone: markers in them mean nothing.
    """

    def preprocess_cell(self, cell, resources, cell_index):
        """Return the cell as a student may see it."""
        if not is_grade(cell) or is_solution(cell) or self.begin_test_delimeter not in cell.source:
            return cell, resources
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]
        return super().preprocess_cell(cell, resources, cell_index)
