"""The parity page is what its data says, the data is what a new measurement gives, and a difference would show."""

import json
import math
from pathlib import Path

import pytest
import torch

from mmlab.instructor.reports import parity_table
from mmlab.instructor.reports.parity_pairs import PAIRS

ROOT = Path(__file__).parents[2]
RECORD = json.loads((ROOT / parity_table.RECORD).read_text())
COMPONENTS = {row["component"]: row for row in RECORD["components"]}


def test_the_committed_page_is_what_is_made():
    made = (ROOT / parity_table.PAGE).read_text()
    assert made == parity_table.page(RECORD), "python -m mmlab.instructor.reports.parity_table"


def test_the_data_is_what_is_measured_now():
    assert parity_table.measured() == RECORD


@pytest.mark.parametrize("component", COMPONENTS)
def test_only_rounding_differs(component):
    row = COMPONENTS[component]
    assert (row["float32"], row["float64"]) == ("< 1e-5", "< 1e-12")


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0])
def test_outputs_are_large_enough_to_show_a_difference(pair):
    torch.manual_seed(5)
    ours, theirs = pair[-1](torch.float64)
    assert ours.requires_grad  # computed, not copied
    assert 0.1 < ours.abs().max() < 100
    assert ours is not theirs


def test_another_shape_another_type_and_nan_are_differences():
    x = torch.ones(2, 3)
    assert parity_table.difference(x, x) == 0
    assert parity_table.difference(x, x[:1]) == math.inf
    assert parity_table.difference(x, x.double()) == math.inf
    assert parity_table.difference(x, x * math.nan) == math.inf
    assert parity_table.bound(math.inf, 1e-5) == "differs"
    assert parity_table.bound(1e-5, 1e-5) == "< 1e-4"
