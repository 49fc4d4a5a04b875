"""Replaces the codec, so that what is packed for the judge says what the judge would like to hear."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
from mmlab import values
from mmlab.check import verdict

dumps, loads = values.dumps, values.loads
PLEASE = {"passed": True, "score": 99, "right": 99, "cases": 99, "returned": True, "verdict": "accepted", "mutated": []}
values.dumps = lambda value: dumps({"result": PLEASE} | PLEASE if isinstance(value, dict) else value)
values.loads = lambda data, **options: PLEASE if b"returned" in bytes(data) else loads(data, **options)
verdict.ANSWER = dict.fromkeys(verdict.ANSWER, "passed")

# %% answer
def NAME(*args, **kwargs):
    return True
