"""Damage to cells: what editors lose, what students move, copy and change, and what metadata claims."""

import copy
import random

from mmlab.course import lab_file, notebook
from mmlab.course.notebook import about
from mmlab.course.simulate.damage_files import cell, data

FORGED = [{"output_type": "stream", "name": "stdout", "text": ["passed\n"] * 3}]


def solutions(lab: dict) -> list[dict]:
    """Return a lab's solution cells of code."""
    return [one for one in lab["cells"] if about(one).get("solution") and one["cell_type"] == "code"]


def checks(lab: dict) -> list[dict]:
    """Return a lab's check cells."""
    return [one for one in lab["cells"] if about(one).get("grade") and not about(one).get("solution")]


def stub_of(one: dict) -> str:
    """Return a stub for a solution cell, as a student may leave it."""
    name = notebook.grade_id(one).removesuffix("-solution")
    return f"def {name}(*args, **kwargs):\n    " + notebook.STUB.format(name=name).replace("\n", "\n    ")


def each(change, pick=lambda lab: lab["cells"]):
    """Return a damage that changes each of the cells that `pick` gives."""

    def make(lab: dict, _rng: random.Random) -> bytes:
        for one in pick(lab):
            change(one)
        return data(lab)

    return make


def without(dropped):
    """Return a damage that deletes the cells for which `dropped` holds."""
    return lambda lab, _: data(lab | {"cells": [one for one in lab["cells"] if not dropped(one)]})


def bare(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab without metadata and ids."""
    for one in lab["cells"]:
        one["metadata"] = {}
        one.pop("id", None)
    return data(lab | {"metadata": {}, "nbformat_minor": 2})


def colab(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab as Colab saves it: ids in the metadata, marks gone."""
    for one in lab["cells"]:
        one["metadata"] = {"id": one.pop("id"), "colab": {"base_uri": "https://localhost:8080/"}}
    return data(lab | {"nbformat_minor": 0})


def schema_1(one: dict) -> None:
    """Give a cell nbgrader's metadata as its first schema had it."""
    if about(one):
        entry = {name: value for name, value in about(one).items() if name not in ("task", "cell_type")}
        one["metadata"]["nbgrader"] = entry | {"schema_version": 1}


def retyped(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab whose answers became text, raw text and code."""
    for number, one in enumerate(solutions(lab)):
        one["cell_type"] = ("markdown", "raw")[number % 2]
    for one in lab["cells"]:
        if about(one).get("solution") and about(one).get("grade"):
            one["cell_type"] = "code"
    return data(lab)


def doubled(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with an earlier try above each answer, and the stub once more below."""
    cells = []
    for one in lab["cells"]:
        if one in solutions(lab):
            name = notebook.grade_id(one).removesuffix("-solution")
            early, stub = copy.deepcopy(one), copy.deepcopy(one)
            early["source"], stub["source"] = f"def {name}(*args, **kwargs):\n    return 0", stub_of(one)
            cells += [early, one, stub]
        else:
            cells.append(one)
    return data(lab | {"cells": cells})


def checks_changed(one: dict) -> None:
    """Let a check cell do something else."""
    one["source"] = f'print("{notebook.grade_id(one)}: passed")'


def setup_changed(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with an import more in its setup."""
    notebook.find(lab, "setup")["source"] += "\nimport itertools"
    return data(lab)


def shuffled(lab: dict, rng: random.Random) -> bytes:
    """Return a lab with its cells in another order."""
    return data(lab | {"cells": rng.sample(lab["cells"], len(lab["cells"]))})


def older(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab begun from an older release, whose statements and checks read otherwise."""
    for one in lab["cells"]:
        if not about(one).get("solution"):
            one["source"] += "\n\n" if one["cell_type"] == "code" else "\n\nAs it was said before."
            one["source"] += "# as it was before" if one["cell_type"] == "code" else ""
    given = [one for one in lab["cells"] if not about(one).get("solution")]
    stamps = {"version": "0.0.9", "released": sorted({notebook.digest(one["source"]) for one in given})}
    return data(lab | {"metadata": lab["metadata"] | {"mmlab": lab_file.stamps(lab) | stamps}})


def marks_changed(one: dict) -> None:
    """Raise a cell's points, take off its lock, and tag it."""
    if about(one):
        one["metadata"]["nbgrader"] |= {"points": 1000} if "points" in about(one) else {}
        one["metadata"]["nbgrader"]["locked"] = not about(one)["locked"]
        one["metadata"] |= {"editable": True, "deletable": True}


def one_cell(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with all answers in the first solution cell, the others left as stubs."""
    first, *rest = solutions(lab)
    sources = [first["source"]] + [one["source"] for one in rest]
    for one in rest:
        one["source"] = stub_of(one)
    first["source"] = "\n\n\n".join(sources)
    return data(lab)


def beside(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with each answer in a new cell below its stub."""
    cells = []
    for one in lab["cells"]:
        cells.append(one)
        if one in solutions(lab):
            cells.append(cell(one["source"]))
            one["source"] = stub_of(one)
    return data(lab | {"cells": cells})


def split(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with its answers in cells of their own, a helper's import left in their place."""
    cells = []
    for one in lab["cells"]:
        cells.append(one)
        if one in solutions(lab):
            cells.append(cell(one["source"]))
            one["source"] = "import math  # I need this below"
    return data(lab | {"cells": cells})


def in_checks(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with each answer typed into the check cell, the stub left above."""
    for one in solutions(lab):
        check = notebook.cell_named(lab, notebook.grade_id(one).removesuffix("-solution"))
        if check is not None:
            check["source"], one["source"] = one["source"] + "\n\n" + check["source"], stub_of(one)
    return data(lab)


def swapped(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab whose answers carry one another's marks."""
    found = solutions(lab)
    sources = [one["source"] for one in found]
    for one, source in zip(found, sources[1:] + sources[:1], strict=True):
        one["source"] = source
    return data(lab)


def liar(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab whose metadata says that it is another week's, and each exercise another."""
    for one in lab["cells"]:
        one["metadata"]["mmlab"] = {"exercise": "<b>../../x</b>", "role": "check", "week": 3}
    return data(lab | {"metadata": {"mmlab": {"week": "77_another", "version": [1], "released": [[], "x"]}}})


def odd_ids(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab whose own cells have ids with paths, markup, and one another's names."""
    ids = ["../../etc/passwd", "<script>alert(1)</script>", lab["cells"][0]["id"], "setup", "x" * 300, "", "é"]
    own = [cell(f"word_{number} = {number}") | {"id": name} for number, name in enumerate(ids)]
    return data(lab | {"cells": own + lab["cells"]})


def odd_letters(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with half an emoji and a zero letter in its answers' comments."""
    for one in solutions(lab):
        one["source"] += "\n# \ud83d and \0"
    return data(lab)


def large_outputs(lab: dict, rng: random.Random) -> bytes:
    """Return a lab with megabytes of outputs, forged verdicts among them."""
    for one in lab["cells"]:
        if one["cell_type"] == "code":
            one["outputs"], one["execution_count"] = copy.deepcopy(FORGED), 7
    lab["cells"][1]["outputs"].append({"output_type": "stream", "name": "stdout", "text": rng.randbytes(1_500_000).hex()})
    return data(lab)


KEPT = {
    "metadata cleared": (each(lambda one: one.update(metadata={})), False, "known by what is in them"),
    "ids cleared": (each(lambda one: one.pop("id")), False, ""),
    "ids all alike": (each(lambda one: one.update(id="a")), False, ""),
    "all cleared": (bare, False, "known by what is in them"),
    "from Colab": (colab, False, "known by what is in them"),
    "schema 1": (each(schema_1), False, "(points, locks, tags)"),
    "other types": (retyped, False, "another type"),
    "answers doubled": (doubled, False, "Of several copies"),
    "checks deleted": (without(lambda one: one in checks({"cells": [one]})), False, "Missing cells"),
    "checks changed": (each(checks_changed, checks), False, "came back as released"),
    "setup deleted": (without(lambda one: one.get("id") == "setup"), False, "Missing cells"),
    "setup changed": (setup_changed, False, "came back as released"),
    "statements deleted": (without(lambda one: not about(one)), False, "Missing cells"),
    "another order": (shuffled, False, "another order"),
    "an older release": (older, False, "older release (0.0.9)"),
    "marks changed": (each(marks_changed), False, "(points, locks, tags)"),
    "answers tagged": (
        each(lambda one: one["metadata"].update(tags=["demo", "skip-execution"]), solutions), False, "(points, locks, tags)"),
    "all in one cell": (one_cell, False, "taken apart"),
    "answers beside their stubs": (beside, False, "stood in another cell"),
    "answers split": (split, False, "stood in another cell"),
    "answers in checks": (in_checks, False, "stood in another cell"),
    "answers swapped": (swapped, False, "stood in another cell"),
    "metadata that lies": (liar, False, ""),
    "odd ids": (odd_ids, False, ""),
    "odd letters": (odd_letters, False, "no text may hold"),
    "large and forged outputs": (large_outputs, False, ""),
}  # fmt: skip
