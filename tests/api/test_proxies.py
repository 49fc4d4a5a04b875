"""A proxy of the environment gets no request to this machine, and other hosts keep it."""

import os
import urllib.error
import urllib.request

import httpx
import pytest

from mmlab.api import proxies, server
from mmlab.cli import doctor, serve, start

NAMES = [f"{kind}_proxy" for kind in ("http", "https", "all", "no")]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    """Run each test without the proxies of this machine."""
    for name in [*NAMES, *map(str.upper, NAMES)]:
        monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("excepted", ["", ".corp.example", "10.0.0.0/8,intranet"])
def test_a_server_of_this_process_is_reached_directly(name, excepted, monkeypatch):
    monkeypatch.setenv(name, "http://ada:secret@192.0.2.1:3128")
    if excepted:
        monkeypatch.setenv("NO_PROXY", excepted)
    (shown,) = proxies.in_the_way().values()
    assert shown == "http://192.0.2.1:3128", "a password is not printed"
    with server.running() as local:
        with pytest.raises(urllib.error.HTTPError, match="404"):  # the server's own answer
            urllib.request.urlopen(f"{local.url}/nothing", timeout=5)
        client = httpx.Client()
        direct = client._transport_for_url(httpx.URL(local.url))
        other = client._transport_for_url(httpx.URL("http://example.com"))
        assert direct is client._transport and other is not client._transport
    assert proxies.in_the_way() == {}
    assert set(filter(None, excepted.split(","))) < set(os.environ["NO_PROXY"].split(","))


@pytest.mark.parametrize("excepted", ["127.0.0.1,localhost", "*", "localhost, 127.0.0.1"])
def test_nothing_is_changed_or_said_where_no_proxy_is_in_the_way(excepted, monkeypatch):
    assert proxies.in_the_way() == {}
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:3128")
    monkeypatch.setenv("NO_PROXY", excepted)
    proxies.keep_local_requests_local()
    assert os.environ["NO_PROXY"] == excepted and doctor.proxy().do == ""


def test_doctor_and_serve_say_what_to_set(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://ada:secret@192.0.2.1:3128")
    found = doctor.proxy()
    assert found.ok and "NO_PROXY=127.0.0.1,localhost" in found.do and "secret" not in found.detail
    through = proxies.in_the_way()
    with server.running() as local:
        said = serve._announcement(local, False, through)
        assert "192.0.2.1:3128" in said and "NO_PROXY=127.0.0.1,localhost" in said.splitlines()[-1]
        assert "NO_PROXY" not in serve._announcement(local, False, {})


def test_start_waits_for_jupyterlab_without_the_proxy(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")
    direct = start.direct()
    assert not any(isinstance(handler, urllib.request.ProxyHandler) for handler in direct.handlers)
