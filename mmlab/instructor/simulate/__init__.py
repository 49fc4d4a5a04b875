"""A class of simulated students whose true scores are known.

attacks      hostile notebooks, read from tests/attacks/
canary       files, folders and listeners that detect what an attack did
damage       damaged submissions
compose      the submissions of a class and their true scores
class_run    a class in a temporary course, graded by `mmlab grade`
stock_trial  one attack against stock nbgrader
command      `mmlab simulate`
"""
