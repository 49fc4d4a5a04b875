"""The catalog: every row dated and sourced, and equal to the SDKs' own tables."""

import datetime
import re
import typing
from pathlib import Path

import openai
import pytest
from anthropic.resources.messages.messages import DEPRECATED_MODELS

from mmlab.api import catalog
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
    rows = [*data["models"].values(), *data["image_tokens"].values(), *data["limits"].values(),
            *data["retirements"]]  # fmt: skip
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
