"""A pytest fixture with a local server. In your conftest.py:

    pytest_plugins = ["mmlab.api.pytest_plugin"]

    def test_my_program(mmlab_server):
        mmlab_server.replies([{"contains": "capital", "reply": "Paris"}])
        client = openai.OpenAI(base_url=mmlab_server.openai_base_url, api_key="any")
        ...
        assert mmlab_server.log.all()[-1]["model"] == "your-model"

Every model name is served, by mm-vision. Each test gets a server of its own.
"""

import pytest

from mmlab.api import server


@pytest.fixture
def mmlab_server():
    """Return a running server that serves every model name; it stops after the test."""
    with server.running(aliases={"*": "mm-vision"}) as running:
        yield running
