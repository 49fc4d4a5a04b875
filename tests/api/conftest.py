"""One local server for all tests of the API, and clients that do not retry."""

import pytest

from mmlab.api import server


@pytest.fixture(scope="session")
def local():
    """A running server."""
    with server.running() as running:
        yield running
