"""A cases.npz made by hand."""

import pytest

from mmlab.check import cases
from mmlab.codec import Raised
from tiny_records import call_record, record


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return an empty working folder that holds a cases.npz with `scaled_sum` and `word`."""
    words = record(
        "word",
        {"kind": "call", "options": {}},
        {"kind": "equal", "parameters": {}},
        [{"args": [text]} for text in ("a", "b", "")],
        [
            {"returned": ["a", 1], "mutated": []},
            {"returned": ["b", 1], "mutated": []},
            {"returned": Raised("ValueError", "empty"), "mutated": []},
        ],
    )
    cases.write(tmp_path / "cases.npz", "90_tiny", [call_record(), words])
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MMLAB_CASES", raising=False)
    return tmp_path
