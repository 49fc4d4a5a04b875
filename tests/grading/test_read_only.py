"""Arrays in read-only memory look and compute as before, and a write to one ends the process."""

import os
import signal

import numpy as np
import pytest
import torch

from mmlab import codec
from mmlab.instructor.grading.sandbox.read_only import protected

VALUES = {
    "numpy": np.arange(6.0).reshape(2, 3),
    "bytes": np.zeros((5, 7, 3), np.uint8),
    "complex": np.ones(3, np.complex64),
    "a scalar": torch.tensor(3.5),
    "bfloat16": torch.ones(4, dtype=torch.bfloat16),
    "truth values": torch.tensor([True, False]),
    "integers": torch.arange(5),
    "nested": {"a": [torch.ones(2), (np.ones(3), "text")], "b": 3},
    "empty": [torch.zeros(0, 3), np.zeros((2, 0))],
    "nothing": [],
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_protected_value_is_the_same_value(value):
    assert codec.dumps(protected(value)) == codec.dumps(value)


def test_protected_arrays_compute_and_differentiate():
    array, tensor = protected([np.arange(4.0), torch.arange(4.0)])
    assert array.flags.writeable and (array + 1).sum() == 10 and torch.from_numpy(array).sum() == 6
    (tensor.requires_grad_() ** 2).sum().backward()
    assert tensor.grad.tolist() == [0, 2, 4, 6]


@pytest.mark.parametrize(
    "write",
    [
        lambda array, tensor: array.fill(1),
        lambda array, tensor: array.sort(),
        lambda array, tensor: tensor.add_(1),
        lambda array, tensor: torch.from_numpy(array).zero_(),
        lambda array, tensor: tensor.numpy().fill(1),
    ],
)
def test_a_write_ends_the_process(write):
    import faulthandler

    pid = os.fork()
    if pid == 0:
        faulthandler.disable()
        write(*protected([np.arange(9.0)[::-1].copy(), torch.ones(9)]))
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGSEGV, signal.SIGBUS)
