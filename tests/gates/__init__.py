"""The course's conventions as gates: functions from a subject to its faults, one sentence each.

    source      Python files: sizes, docstrings, errors
    words       standard terms in prose, messages, names and pages
    cells       notebooks: ids, sizes, prompts, pictures, stored outputs
    labs        exercises: points, self-contained solutions, nothing handed out
    repository  the tree: README, licence, versions, private text
    wire        model ids, and keys or people in outputs

Nothing here imports mmlab, so a gate cannot pass because the code under test
agrees with itself. `tests/test_conventions.py` holds the table of gates, each
with a bad example that it must flag.
"""
