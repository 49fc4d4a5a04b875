"""Proxies: the providers' SDKs send requests to this machine through HTTP_PROXY too, unless NO_PROXY names it.

A proxy cannot reach a server on another machine's loopback address, so it answers 403 or 502, or nothing.
"""

import os
import re
import urllib.request

HERE = ("127.0.0.1", "localhost", "::1")
SETTING = "NO_PROXY=127.0.0.1,localhost"


def in_the_way() -> dict[str, str]:
    """Return the proxies that requests to this machine would go through: kind → address without a password."""
    if urllib.request.proxy_bypass_environment("127.0.0.1"):
        return {}
    addresses = urllib.request.getproxies()
    return {
        kind: re.sub(r"//[^/@]*@", "//", addresses[kind]) for kind in ("http", "all") if addresses.get(kind)
    }


def keep_local_requests_local() -> None:
    """Add this machine to NO_PROXY in this process, if a proxy would get its requests; other hosts keep their proxy."""
    if not in_the_way():
        return
    for kind, address in urllib.request.getproxies().items():  # of the system: NO_PROXY would hide them
        if kind in ("http", "https", "all"):
            os.environ.setdefault(f"{kind}_proxy", address)
    before = [
        part for part in (os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")).split(",") if part
    ]
    hosts = ",".join(dict.fromkeys([*before, *HERE]))
    os.environ.update(NO_PROXY=hosts, no_proxy=hosts)
