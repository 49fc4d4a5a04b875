"""A local model server: three providers' wire protocols over what the world shows.

    with server.running() as local:
        client = openai.OpenAI(base_url=local.openai_base_url, api_key="any")

Binds to this machine only, reads no file, fetches nothing from elsewhere, and
ends with its process.
"""

from mmlab.api.server.service import Limits, Server, running, start

__all__ = ["Limits", "Server", "running", "start"]
