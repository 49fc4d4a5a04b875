"""Damage to cells: what editors lose, what students move, copy and change, and wrong metadata."""

import copy
import random

from mmlab.cli import lab_file, notebook
from mmlab.cli.notebook import about
from mmlab.instructor.simulate.damage_files import data, new_cell

FORGED = [{"output_type": "stream", "name": "stdout", "text": ["passed\n"] * 3}]


def solutions(lab: dict) -> list[dict]:
    """Return a lab's code cells with solutions."""
    return [cell for cell in lab["cells"] if about(cell).get("solution") and cell["cell_type"] == "code"]


def checks(lab: dict) -> list[dict]:
    """Return a lab's check cells."""
    return [cell for cell in lab["cells"] if about(cell).get("grade") and not about(cell).get("solution")]


def stub_of(cell: dict) -> str:
    """Return a stub for a solution cell, as a student may leave it."""
    name = notebook.grade_id(cell).removesuffix("-solution")
    return f"def {name}(*args, **kwargs):\n    " + notebook.STUB.format(name=name).replace("\n", "\n    ")


def each(change, pick=lambda lab: lab["cells"]):
    """Return a damage that changes each cell that `pick` returns."""

    def make(lab: dict, _rng: random.Random) -> bytes:
        for cell in pick(lab):
            change(cell)
        return data(lab)

    return make


def without(dropped):
    """Return a damage that deletes the cells for which `dropped` is true."""
    return lambda lab, _: data(lab | {"cells": [cell for cell in lab["cells"] if not dropped(cell)]})


def bare(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab without metadata and cell ids."""
    for cell in lab["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    return data(lab | {"metadata": {}, "nbformat_minor": 2})


def colab(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab as Colab saves it: ids in the metadata, nbgrader's metadata removed."""
    for cell in lab["cells"]:
        cell["metadata"] = {"id": cell.pop("id"), "colab": {"base_uri": "https://localhost:8080/"}}
    return data(lab | {"nbformat_minor": 0})


def schema_1(cell: dict) -> None:
    """Change a cell's metadata to nbgrader's schema 1."""
    if about(cell):
        entry = {name: value for name, value in about(cell).items() if name not in ("task", "cell_type")}
        cell["metadata"]["nbgrader"] = entry | {"schema_version": 1}


def retyped(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab whose answers have changed to other cell types."""
    for number, cell in enumerate(solutions(lab)):
        cell["cell_type"] = ("markdown", "raw")[number % 2]
    for cell in lab["cells"]:
        if about(cell).get("solution") and about(cell).get("grade"):
            cell["cell_type"] = "code"
    return data(lab)


def doubled(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with an earlier attempt above each answer and a copy of the stub below."""
    cells = []
    for cell in lab["cells"]:
        if cell in solutions(lab):
            name = notebook.grade_id(cell).removesuffix("-solution")
            early, stub = copy.deepcopy(cell), copy.deepcopy(cell)
            early["source"], stub["source"] = f"def {name}(*args, **kwargs):\n    return 0", stub_of(cell)
            cells += [early, cell, stub]
        else:
            cells.append(cell)
    return data(lab | {"cells": cells})


def checks_changed(cell: dict) -> None:
    """Replace the source of a check cell."""
    cell["source"] = f'print("{notebook.grade_id(cell)}: passed")'


def setup_changed(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with a further import in its setup cell."""
    notebook.find(lab, "setup")["source"] += "\nimport itertools"
    return data(lab)


def shuffled(lab: dict, rng: random.Random) -> bytes:
    """Return a lab with its cells in another order."""
    return data(lab | {"cells": rng.sample(lab["cells"], len(lab["cells"]))})


def older(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab from an older release with other statements and checks."""
    for cell in lab["cells"]:
        if not about(cell).get("solution"):
            cell["source"] += "\n\n" if cell["cell_type"] == "code" else "\n\nAs it was said before."
            cell["source"] += "# as it was before" if cell["cell_type"] == "code" else ""
    given = [cell for cell in lab["cells"] if not about(cell).get("solution")]
    stamps = {"version": "0.0.9", "released": sorted({notebook.digest(cell["source"]) for cell in given})}
    return data(lab | {"metadata": lab["metadata"] | {"mmlab": lab_file.stamps(lab) | stamps}})


def metadata_changed(cell: dict) -> None:
    """Raise a cell's points, invert its lock, and make it editable."""
    if about(cell):
        cell["metadata"]["nbgrader"] |= {"points": 1000} if "points" in about(cell) else {}
        cell["metadata"]["nbgrader"]["locked"] = not about(cell)["locked"]
        cell["metadata"] |= {"editable": True, "deletable": True}


def one_cell(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with all answers in the first solution cell, the others left as stubs."""
    first, *rest = solutions(lab)
    sources = [first["source"]] + [cell["source"] for cell in rest]
    for cell in rest:
        cell["source"] = stub_of(cell)
    first["source"] = "\n\n\n".join(sources)
    return data(lab)


def beside(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with each answer in a new cell below its stub."""
    cells = []
    for cell in lab["cells"]:
        cells.append(cell)
        if cell in solutions(lab):
            cells.append(new_cell(cell["source"]))
            cell["source"] = stub_of(cell)
    return data(lab | {"cells": cells})


def split(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with each answer moved to a new cell; an import is left in its place."""
    cells = []
    for cell in lab["cells"]:
        cells.append(cell)
        if cell in solutions(lab):
            cells.append(new_cell(cell["source"]))
            cell["source"] = "import math  # I need this below"
    return data(lab | {"cells": cells})


def in_checks(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with each answer in the check cell, and its stub in the solution cell."""
    for cell in solutions(lab):
        check = notebook.cell_named(lab, notebook.grade_id(cell).removesuffix("-solution"))
        if check is not None:
            check["source"], cell["source"] = cell["source"] + "\n\n" + check["source"], stub_of(cell)
    return data(lab)


def swapped(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab whose answers carry one another's metadata."""
    cells = solutions(lab)
    sources = [cell["source"] for cell in cells]
    for cell, source in zip(cells, sources[1:] + sources[:1], strict=True):
        cell["source"] = source
    return data(lab)


def wrong_metadata(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab whose metadata names another week, and another exercise in each cell."""
    for cell in lab["cells"]:
        cell["metadata"]["mmlab"] = {"exercise": "<b>../../x</b>", "role": "check", "week": 3}
    return data(lab | {"metadata": {"mmlab": {"week": "77_another", "version": [1], "released": [[], "x"]}}})


def odd_ids(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with added cells whose ids hold paths, markup, and the ids of other cells."""
    ids = [
        "../../etc/passwd",
        "<script>alert(1)</script>",
        lab["cells"][0]["id"],
        "setup",
        "x" * 300,
        "",
        "é",
    ]
    own = [new_cell(f"word_{number} = {number}") | {"id": name} for number, name in enumerate(ids)]
    return data(lab | {"cells": own + lab["cells"]})


def odd_characters(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with half an emoji and a null character in its answers' comments."""
    for cell in solutions(lab):
        cell["source"] += "\n# \ud83d and \0"
    return data(lab)


def large_outputs(lab: dict, rng: random.Random) -> bytes:
    """Return a lab with megabytes of outputs, including forged verdicts."""
    for cell in lab["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = copy.deepcopy(FORGED), 7
    lab["cells"][1]["outputs"].append(
        {"output_type": "stream", "name": "stdout", "text": rng.randbytes(1_500_000).hex()}
    )
    return data(lab)


ACCEPTED = {
    "metadata cleared": (each(lambda cell: cell.update(metadata={})), False, "known by what is in them"),
    "ids cleared": (each(lambda cell: cell.pop("id")), False, ""),
    "ids all alike": (each(lambda cell: cell.update(id="a")), False, ""),
    "all cleared": (bare, False, "known by what is in them"),
    "from Colab": (colab, False, "known by what is in them"),
    "schema 1": (each(schema_1), False, "(points, locks, tags)"),
    "other types": (retyped, False, "another type"),
    "answers doubled": (doubled, False, "Of several copies"),
    "checks deleted": (without(lambda cell: cell in checks({"cells": [cell]})), False, "Missing cells"),
    "checks changed": (each(checks_changed, checks), False, "came back as released"),
    "setup deleted": (without(lambda cell: cell.get("id") == "setup"), False, "Missing cells"),
    "setup changed": (setup_changed, False, "came back as released"),
    "statements deleted": (without(lambda cell: not about(cell)), False, "Missing cells"),
    "another order": (shuffled, False, "another order"),
    "an older release": (older, False, "older release (0.0.9)"),
    "marks changed": (each(metadata_changed), False, "(points, locks, tags)"),
    "answers tagged": (
        each(lambda cell: cell["metadata"].update(tags=["demo", "skip-execution"]), solutions),
        False,
        "(points, locks, tags)",
    ),
    "all in one cell": (one_cell, False, "was split"),
    "answers beside their stubs": (beside, False, "Answers in another cell"),
    "answers split": (split, False, "Answers in another cell"),
    "answers in checks": (in_checks, False, "Answers in another cell"),
    "answers swapped": (swapped, False, "Answers in another cell"),
    "metadata that lies": (wrong_metadata, False, ""),
    "odd ids": (odd_ids, False, ""),
    "odd letters": (odd_characters, False, "Invalid characters were removed"),
    "large and forged outputs": (large_outputs, False, ""),
}
