"""One record a provider: complete, found where the client and the server look, and enough for a fourth."""

import dataclasses
import importlib
from email.message import Message

import pytest

from api_strategies import PNG, SCENE
from mmlab.api.catalog import catalog
from mmlab.api.client import connect
from mmlab.api.client.asking import WIRES
from mmlab.api.providers import ANTHROPIC, GOOGLE, OPENAI, PROVIDERS
from mmlab.api.server import routes


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
def test_a_record_names_what_there_is(provider, local):
    assert provider.image_rules[0] == provider.id and provider.limits is catalog()["limits"][provider.id]
    assert all(
        callable(getattr(WIRES[provider.id], name))
        for name in ("body", "open_client", "send", "stream", "read", "Assembler")
    )
    assert importlib.import_module(provider.routes).ROUTES
    assert (
        getattr(local, provider.url_name)
        == local.url + provider.base_path
        == local.addresses()[provider.url_name]
    )
    assert {row["provider"] for row in catalog()["retirements"]} == set(PROVIDERS)


def test_every_field_that_tells_providers_apart_does():
    for name in (
        "id",
        "name",
        "package",
        "module",
        "key_variables",
        "wire",
        "routes",
        "base_path",
        "url_name",
        "example",
        "telemetry",
        "error_body",
        "key_refusal",
    ):
        assert len({getattr(provider, name) for provider in PROVIDERS.values()}) == len(PROVIDERS), name


@pytest.mark.parametrize(
    ("provider", "headers", "query", "wanted"),
    [
        (OPENAI, {"authorization": "Bearer a"}, {"key": ["b"], "": ["c"]}, "a"),
        (OPENAI, {"x-api-key": "a"}, {"key": ["b"], "": ["c"]}, ""),
        (ANTHROPIC, {"X-Api-Key": "a", "Authorization": "Bearer b"}, {}, "a"),
        (ANTHROPIC, {"Authorization": "Bearer b"}, {"": ["c"]}, "b"),
        (GOOGLE, {"x-goog-api-key": "a"}, {"key": ["b"]}, "a"),
        (GOOGLE, {"Authorization": "Bearer c"}, {"key": ["b"]}, "b"),
        (GOOGLE, {"Authorization": "Bearer c"}, {}, ""),
    ],
)
def test_a_key_is_looked_for_where_the_provider_has_it(provider, headers, query, wanted):
    message = Message()
    for name, value in headers.items():
        message[name] = value
    assert provider.key_of(message, query) == wanted


def test_a_fourth_provider_is_one_more_record(local, monkeypatch):
    fourth = dataclasses.replace(OPENAI, id="fourth", base_path="/fourth/v1", url_name="fourth_base_url")
    monkeypatch.setitem(PROVIDERS, "fourth", fourth)
    monkeypatch.setitem(WIRES, "fourth", importlib.import_module(fourth.wire))
    routes._table.cache_clear()
    try:
        answer = connect("fourth", server=local).ask("What colour is the background? One word.", [PNG])
    finally:
        routes._table.cache_clear()
    assert (
        answer.text == SCENE.background and local.addresses()["fourth_base_url"] == local.url + "/fourth/v1"
    )
