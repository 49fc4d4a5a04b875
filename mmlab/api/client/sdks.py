"""The SDKs' own clients, opened late, told not to retry: that is this client's business, in one place."""

import importlib
import urllib.request

from mmlab.errors import MissingPart

PROVIDERS = ("openai", "anthropic", "google")
KEYS = {"openai": ("OPENAI_API_KEY",), "anthropic": ("ANTHROPIC_API_KEY",),
        "google": ("GEMINI_API_KEY", "GOOGLE_API_KEY")}  # fmt: skip
_MODULES = {"openai": "openai", "anthropic": "anthropic", "google": "google.genai"}


def module(provider: str):
    """Return a provider's SDK; raise MissingPart, with the pip line, where it is not installed."""
    name = _MODULES[provider]
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in (name, "google"):
            raise
        raise MissingPart(f"connect({provider!r}): {name} is not installed", "the provider's SDK",
                          "pip install mmlab[api]") from error  # fmt: skip


def opened(provider: str, *, base_url: str | None, key: str, timeout: float, transport=None, waits: bool = False):
    """Return an SDK's client.

    base_url   where it asks; None: the provider
    timeout    float   seconds without a byte that are too long
    transport  httpx2's, for tests that record or replay; None: the network
    waits      whether it is to be awaited
    """
    sdk, options = module(provider), _network(transport, local=base_url is not None)
    if provider == "google":
        http = {"timeout": int(timeout * 1000), **({"base_url": base_url} if base_url else {})}
        if options:
            import httpx2

            kind = httpx2.AsyncClient if waits else httpx2.Client
            http["httpx_async_client" if waits else "httpx_client"] = kind(follow_redirects=True, **options)
        client = sdk.Client(api_key=key, vertexai=False, http_options=http)
        return _Awaited(client) if waits else client
    told = {"api_key": key, "base_url": base_url, "timeout": timeout, "max_retries": 0}
    if waits:
        # Theirs, but for a farewell that would run in whatever loop runs when it is forgotten.
        told["http_client"] = sdk.DefaultAsyncHttpxClient(**options)
    elif options:
        told["http_client"] = sdk.DefaultHttpxClient(**options)
    names = {"openai": ("OpenAI", "AsyncOpenAI"), "anthropic": ("Anthropic", "AsyncAnthropic")}[provider]
    return getattr(sdk, names[waits])(**told)


class _Awaited:
    """Google's asynchronous half, which lives only as long as its whole."""

    def __init__(self, client):
        self._whole, self.models = client, client.aio.models


def _network(transport, local: bool) -> dict:
    """Return what the SDK's HTTP client is to do otherwise: a transport of ours, no proxy before this machine."""
    options = {"transport": transport} if transport else {}
    if local and not transport and urllib.request.getproxies():
        options["mounts"] = {"all://127.0.0.1": None, "all://localhost": None}
    return options
