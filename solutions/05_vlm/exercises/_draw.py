"""Tensors for the cases: drawn ones that show every clause, and fixed ones for the boundaries."""

from mmlab.instructor.authoring.draws import call, drawn, state_of, table, value  # noqa: F401, for the exercises
