"""The catalog: every row dated and sourced, and equal to the SDKs' own tables."""

import datetime
import re
import typing
from pathlib import Path

import openai
import pytest
from anthropic.resources.messages.messages import DEPRECATED_MODELS

from mmlab.api import catalog
from mmlab.api.tokens import image_tokens
from mmlab.errors import InputError

TYPES = Path(openai.__file__).parent / "types"
TABLES = ("shared/chat_model.py", "image_model.py", "audio_model.py", "audio/speech_model.py")


def announced_by_openai() -> dict[str, datetime.date]:
    """Return id → date of every shutdown that the installed SDK's docstrings announce."""
    found = {}
    for name in TABLES:
        table = (TYPES / name).read_text().split('"""')[1]
        for entry in re.split(r"\n- ", table)[1:]:
            head, _, rest = " ".join(entry.split()).partition('": ')
            for pattern, form in ((r"\d{4}-\d\d-\d\d", "%Y-%m-%d"), (r"[A-Z][a-z]+ \d+, \d{4}", "%B %d, %Y")):
                if date := re.search(pattern, rest):
                    day = datetime.datetime.strptime(date[0], form).date()
                    found |= dict.fromkeys(re.findall(r'"([^"]+)"', head + '"'), day)
                    break
    return found


def test_anthropics_table_is_the_catalogs():
    told = {
        name: datetime.datetime.strptime(re.sub(r"(\d)(st|nd|rd|th)", r"\1", day), "%B %d, %Y").date()
        for name, day in DEPRECATED_MODELS.items()
    }
    assert len(told) > 10
    assert {name: catalog.retirements().get(name) for name in told} == told


def test_openais_table_is_the_catalogs():
    told = announced_by_openai()
    assert len(told) > 50 and told["dall-e-3"] == datetime.date(2026, 5, 12)
    assert {name: catalog.retirements().get(name) for name in told} == told


def test_every_row_says_when_and_where():
    data = catalog.catalog()
    tables = [
        data[name].values() for name in data if name not in ("as_of", "roles", "client_models", "retirements")
    ]
    rows = [row for table in tables for row in table] + data["retirements"]
    assert len(rows) > 30
    for row in rows:
        assert isinstance(row["as_of"], datetime.date) and row["source"]


def test_no_role_is_played_by_a_model_that_goes_soon():
    roles = catalog.catalog()["roles"]
    ids = [name for row in roles.values() for name in row.values()]
    assert len(ids) > 8
    soon = catalog.catalog()["as_of"] + datetime.timedelta(days=60)
    assert [name for name in ids if catalog.is_retired(name, soon)] == []


def test_openais_and_anthropics_roles_are_ids_that_the_sdks_know():
    from anthropic.types import Model
    from openai.types import ChatModel

    known = {*typing.get_args(ChatModel), *typing.get_args(typing.get_args(Model)[0])}
    for provider in ("openai", "anthropic"):
        for role in ("vision", "fast"):
            assert catalog.model_for(role, provider) in known


def test_retired_ids_are_told_by_the_day():
    day = datetime.date(2026, 6, 15)
    assert catalog.is_retired("claude-opus-4-0", day)
    assert not catalog.is_retired("claude-opus-4-0", day - datetime.timedelta(days=1))
    assert not catalog.is_retired("no-such-model")


@pytest.mark.parametrize("arguments", [("vison",), ("vision", "nobody")])
def test_an_unknown_role_or_provider_is_named(arguments):
    with pytest.raises(InputError, match=arguments[-1]):
        catalog.model_for(*arguments)


# What the providers publish: the size of a picture, its detail, its tokens.
PUBLISHED = [
    ("openai", 1024, 1024, "high", 765),
    ("openai", 2048, 4096, "high", 1105),
    ("openai", 4096, 8192, "low", 85),
    ("openai-mini", 1024, 1024, "high", round(1024 * 1.62 + 0.5)),
    ("openai-mini", 1800, 2400, "high", round(1452 * 1.62 + 0.5)),
    ("anthropic", 1000, 1000, "auto", 1296),
    ("anthropic", 1092, 1092, "auto", 1521),  # the largest that stay as they are
    ("anthropic", 951, 1268, "auto", 1564),
    ("anthropic", 819, 1456, "auto", 1560),
    ("anthropic", 784, 1568, "auto", 1568),
    ("google", 4000, 3000, "low", 280),
    ("google", 40, 30, "auto", 1120),
    ("google", 40, 30, "ultra_high", 2240),
]


@pytest.mark.parametrize(("rule", "width", "height", "detail", "tokens"), PUBLISHED)
def test_pictures_cost_what_is_published(rule, width, height, detail, tokens):
    assert image_tokens(rule, width, height, detail) == tokens


@pytest.mark.parametrize("rule", ["anthropic", "anthropic-large", "openai-mini", "openai-original"])
@pytest.mark.parametrize("size", [(1, 1), (8000, 1), (1, 8000), (8000, 8000), (3001, 1999), (29, 6000)])
def test_no_picture_costs_nothing_or_more_than_the_most(rule, size):
    numbers = catalog.catalog()["image_tokens"][rule]["numbers"]
    assert 1 <= image_tokens(rule, *size) <= round(numbers["most"] * numbers.get("factor", 1) + 0.5)
    smaller = [max(side // 2, 1) for side in size]
    assert image_tokens(rule, *smaller) <= image_tokens(rule, *size) + numbers["most"] * 0.05


def test_every_model_that_answers_for_a_role_has_its_price():
    roles = catalog.catalog()["roles"]
    for provider, row in roles.items():
        for role, name in row.items():
            if role in ("vision", "fast", "embed"):
                price = catalog.price_of(name)
                assert price["input"] > 0 and price["output"] >= 0
                assert not price.get("cached") or price["cached"] < price["input"]
    assert {row["provider"] for row in catalog.catalog()["prices"].values()} == set(roles) - {"mmlab"}


def test_long_prompts_cost_more_where_they_do():
    name = catalog.model_for("fast", "anthropic")
    assert catalog.price_of(name, 200_000)["input"] > catalog.price_of(name, 1_000)["input"]
    with pytest.raises(InputError, match="mm-vision"):
        catalog.price_of("nobody")
