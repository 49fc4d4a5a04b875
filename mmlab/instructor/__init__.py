"""What instructors use: authoring, grading, simulation, reports, site and benches.

This package may import every other; no other imports it, and students' repositories do not hold it.
"""
