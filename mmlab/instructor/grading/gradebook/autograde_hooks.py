"""Preprocessors that make stock nbgrader safe to use with this course.

They prevent three problems: a tag that skips a check cell, which nbgrader counts as a pass;
hidden tests in the sources of the feedback; and hidden tests in its tracebacks.
"""

from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked, is_solution


class DropTags(NbGraderPreprocessor):
    """Removes all tags from the cells that nbgrader knows, so that a student's tag cannot skip them."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Return the cell, without tags if it is graded, locked or a solution."""
        if is_grade(cell) or is_locked(cell) or is_solution(cell):
            cell.metadata.pop("tags", None)
        return cell, resources


class HideTests(ClearHiddenTests):
    """Removes hidden tests from the feedback's sources and from the tracebacks that quote them.

    Solution cells stay unchanged, because markers in them are the student's own text.
    """

    def preprocess_cell(self, cell, resources, cell_index):
        """Return the cell without hidden tests."""
        if not is_grade(cell) or is_solution(cell) or self.begin_test_delimeter not in cell.source:
            return cell, resources
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]
        return super().preprocess_cell(cell, resources, cell_index)
