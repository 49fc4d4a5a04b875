"""The student's commands and their shared code: notebooks, kernels, paths.

This package may import every other package except `mmlab.instructor`.
"""
