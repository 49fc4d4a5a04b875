"""The page of model families is what its data says, and its data fits the library and the catalogue."""

import datetime
from pathlib import Path

import pytest

from mmlab.api import catalog
from mmlab.instructor.reports import family_table

ROOT = Path(__file__).parents[1]
DATA = family_table.families(ROOT)
FAMILIES = {family["name"]: family for family in DATA["family"]}


def test_the_committed_page_is_what_is_made():
    made = (ROOT / family_table.PAGE).read_text()
    assert made == family_table.page(DATA), "python -m mmlab.instructor.reports.family_table"


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_has_all_fields_and_every_fact_a_known_status_and_a_source(name):
    family = FAMILIES[name]
    assert {"name", "vendor", "released", "inputs", "outputs", "pattern", "sizes", "source"} <= family.keys()
    assert family["pattern"] in DATA["patterns"]
    assert set(family.get("image_sizes", [])) <= set(family["sizes"])
    assert datetime.date.fromisoformat(f"{family['released']}-01") <= DATA["as_of"]
    assert family["fact"]
    for fact in family["fact"]:
        assert fact["status"] in family_table.STATUSES
        assert fact.get("source", family["source"]).startswith("https://")
        assert fact["text"].endswith(".")


def test_every_class_of_the_page_is_run_by_the_tests_of_families():
    code = (ROOT / "tests/parity/test_families.py").read_text()
    classes = {family["class"] for family in FAMILIES.values() if "class" in family}
    assert len(classes) >= 12
    assert not [name for name in classes if f"    {name},\n" not in code]


def test_facts_read_from_configurations_are_what_the_library_has():
    from transformers import ChameleonConfig, LlavaConfig, MixtralConfig, MllamaConfig

    llama = MllamaConfig()
    assert llama.text_config.num_hidden_layers == 40
    assert llama.text_config.cross_attention_layers == list(range(3, 40, 5))
    windows = {
        name: [f["window"] for f in family["fact"] if "window" in f] for name, family in FAMILIES.items()
    }
    assert windows["Llama 3.2"] == [llama.text_config.max_position_embeddings]
    vision = llama.vision_config
    assert (vision.num_hidden_layers, vision.hidden_size, vision.patch_size, vision.num_global_layers) == (
        32,
        1280,
        14,
        8,
    )
    llava = LlavaConfig().vision_config
    assert (llava.image_size // llava.patch_size) ** 2 == 576
    assert ChameleonConfig().vq_config.num_embeddings == 8192
    mixtral = MixtralConfig()
    assert (mixtral.num_local_experts, mixtral.num_experts_per_tok) == (8, 2)


@pytest.mark.parametrize(
    ("name", "id", "date"),
    [
        ("GPT-4V", "gpt-4-vision-preview", "2024-12-06"),
        ("Gemini 2.0 Flash", "gemini-2.0-flash", "2026-06-01"),
        ("Claude 3", "claude-3-sonnet-20240229", "2025-07-21"),
        ("Claude 3", "claude-3-opus-20240229", "2026-01-05"),
    ],
)
def test_retirement_dates_are_those_of_the_catalogue(name, id, date):
    dates = [str(row["date"]) for row in catalog.catalog()["retirements"] if id in row["ids"]]
    assert dates == [date]
    assert date in " ".join(fact["text"] for fact in FAMILIES[name]["fact"])
