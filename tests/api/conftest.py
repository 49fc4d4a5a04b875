"""One local server for all tests of the API, and clients that do not retry."""

import openai
import pytest
from google import genai

from mmlab.api import server
from mmlab.api.pytest_plugin import mmlab_server  # noqa: F401


@pytest.fixture(scope="session")
def local():
    """A running server."""
    with server.running() as running:
        yield running


@pytest.fixture(scope="module")
def client(local):
    """OpenAI's client, where a module has no other."""
    return openai.OpenAI(base_url=local.openai_base_url, api_key="any", max_retries=0)


@pytest.fixture(scope="module")
def google(local):
    """Google's client."""
    return genai.Client(api_key="any", http_options={"base_url": local.gemini_base_url})
