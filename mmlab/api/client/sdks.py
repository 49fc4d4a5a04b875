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
    sdk = module(provider)
    http = _http(transport, waits, local=base_url is not None)
    if provider == "google":
        options = {"timeout": int(timeout * 1000), **({"base_url": base_url} if base_url else {})}
        if http:
            options["httpx_async_client" if waits else "httpx_client"] = http
        client = sdk.Client(api_key=key, vertexai=False, http_options=options)
        return _Async(client) if waits else client
    kind = {"openai": ("OpenAI", "AsyncOpenAI"), "anthropic": ("Anthropic", "AsyncAnthropic")}[provider][waits]
    more = {"http_client": http} if http else {}
    return getattr(sdk, kind)(api_key=key, base_url=base_url, timeout=timeout, max_retries=0, **more)


class _Async:
    """Google's asynchronous half, which lives only as long as its whole."""

    def __init__(self, client):
        self._whole, self.models = client, client.aio.models


def _http(transport, waits: bool, local: bool):
    """Return an HTTP client where the SDK's own will not do: a given transport, or a proxy before this machine."""
    if transport is None and not (local and urllib.request.getproxies()):
        return None
    import httpx2

    kind = httpx2.AsyncClient if waits else httpx2.Client
    return kind(transport=transport, trust_env=False, follow_redirects=True)
