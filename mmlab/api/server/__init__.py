"""A local server with the wire protocols of three providers, in front of a simulated model.

    with server.running() as local:
        client = openai.OpenAI(base_url=local.openai_base_url, api_key="any")

    service                        the server: threads, limits, keys
    http                           HTTP over one socket
    messages                       requests and responses, JSON, forms and server-sent events
    routes                         the table of functions that answer requests
    openai, anthropic, google      a wire protocol each, with a module for each resource of the API
    fields, errors                 validation of requests, with each provider's error messages
    media, document_input          images, audio, video and documents of requests
    world_routes                   files of the world, served under /world/
    files, batches, response_store data that is stored between requests
    model                          the simulated model
    faults                         injected faults
    resource_limits                limits on memory and time for requests

The server binds to localhost, reads no files, makes no network requests and ends with its process.
"""

from mmlab.api.server.service import Limits, Server, running, start

__all__ = ["Limits", "Server", "running", "start"]
