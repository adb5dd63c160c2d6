from __future__ import annotations

import tomllib
from datetime import date
from importlib import resources

import pytest

from jobs.prices.book import PriceBook
from worker.aws.capabilities import KEYS, Capability, capability_of, output_mode
from worker.model import OutputMode
from worker.simulator.models import MODELS

TODAY = date(2026, 11, 22)


def test_every_priced_model_is_in_the_table_and_says_its_sources():
    unknown = [model for model in PriceBook.load().models if not capability_of(model).sources]

    assert unknown == []


def test_the_table_has_no_key_that_nobody_reads():
    table = tomllib.loads(resources.files("worker.aws").joinpath("capabilities.toml").read_text(encoding="utf-8"))

    assert {key for entry in table.values() for key in entry} <= KEYS


def test_the_table_agrees_with_the_price_book_on_tiers():
    book = PriceBook.load()
    for model in book.models:
        priced = {row.lane for row in book.rows(model=model) if row.model == model} & {"flex", "priority"}

        assert priced <= set(capability_of(model).tiers), model


@pytest.mark.parametrize(
    ("model", "mode"),
    [
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", OutputMode.STRUCTURED),
        ("amazon.nova-lite-v1:0", OutputMode.TOOL),
        ("global.anthropic.claude-sonnet-4-6", OutputMode.TOOL),
        ("mistral.mistral-large-3-675b-instruct", OutputMode.TOOL),
        ("us.anthropic.claude-opus-5-5", OutputMode.PROMPT),
        ("meta.llama3-1-8b-instruct-v1:0", OutputMode.PROMPT),
        ("some.body-new-v9:0", OutputMode.PROMPT),
        ("arn:aws:bedrock:us-east-1:123456789012:imported-model/abc123", OutputMode.PROMPT),
    ],
)
def test_json_is_asked_for_in_the_strictest_way_that_the_model_is_known_to_take(model, mode):
    assert output_mode(model) is mode


@pytest.mark.parametrize(
    ("base", "rate"),
    [
        ("anthropic.claude-opus-4-8", 15),
        ("anthropic.claude-opus-5", 10),
        ("anthropic.claude-opus-5-5", 10),
        ("anthropic.claude-sonnet-5", 10),
        ("anthropic.claude-fable-5-1", 10),
        ("anthropic.claude-opus-4-7", 5),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", 5),
        ("amazon.nova-pro-v1:0", 1),
        ("some.body-new-v9:0", 1),
    ],
)
def test_the_burndown_rate_is_the_models_own(base, rate):
    assert capability_of(base).burndown_rate == rate


def test_a_model_that_nobody_described_has_the_careful_values():
    assert capability_of("some.body-new-v9:0") == Capability()
    assert capability_of(None) == Capability()


def test_a_longer_name_does_not_inherit_from_a_model_whose_id_begins_the_same():
    assert capability_of("anthropic.claude-sonnet-4-20250514-v1:0").is_over(TODAY)
    assert not capability_of("anthropic.claude-sonnet-4-5-20250929-v1:0").is_over(TODAY)
    assert not capability_of("anthropic.claude-sonnet-4-6").is_over(TODAY)


@pytest.mark.parametrize(
    ("base", "over"),
    [
        ("anthropic.claude-3-haiku-20240307-v1:0", True),
        ("anthropic.claude-opus-4-1-20250805-v1:0", False),
        ("amazon.titan-text-express-v1", True),
        ("amazon.nova-lite-v1:0", False),
    ],
)
def test_the_end_of_life_is_a_day(base, over):
    assert capability_of(base).is_over(TODAY) is over


def test_the_day_of_the_end_of_life_is_over():
    haiku = capability_of("anthropic.claude-3-haiku-20240307-v1:0")

    assert not haiku.is_over(date(2026, 9, 9))
    assert haiku.is_over(date(2026, 9, 10))


def test_cache_points_stand_only_where_the_model_takes_them():
    assert capability_of("amazon.nova-lite-v1:0").caches("system")
    assert not capability_of("amazon.nova-lite-v1:0").caches("tools")
    assert not capability_of("meta.llama3-1-8b-instruct-v1:0").caches("system")


@pytest.mark.parametrize(
    ("base", "batch"),
    [
        ("amazon.nova-micro-v1:0", True),
        ("amazon.nova-lite-v1:0", True),
        ("amazon.nova-pro-v1:0", True),
        ("amazon.nova-premier-v1:0", True),
        ("amazon.nova-2-lite-v1:0", True),
        ("amazon.nova-2-sonic-v1:0", False),
        ("anthropic.claude-3-5-haiku-20241022-v1:0", True),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", True),
        ("anthropic.claude-sonnet-4-6", True),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", True),
        ("anthropic.claude-opus-4-5-20251101-v1:0", True),
        ("anthropic.claude-opus-4-6-v1", True),
        ("anthropic.claude-opus-5", True),
        ("anthropic.claude-opus-4-1-20250805-v1:0", False),
        ("anthropic.claude-opus-4-7", False),
        ("anthropic.claude-opus-4-8", False),
        ("anthropic.claude-sonnet-5", False),
        ("anthropic.claude-sonnet-5-5", False),
        ("anthropic.claude-fable-5-1", False),
        ("anthropic.claude-opus-5-5", False),
        ("anthropic.claude-haiku-5-5", False),
        ("meta.llama3-8b-instruct-v1:0", False),
        ("meta.llama3-1-8b-instruct-v1:0", True),
        ("meta.llama3-3-70b-instruct-v1:0", True),
        ("meta.llama4-scout-17b-instruct-v1:0", True),
        ("mistral.mistral-7b-instruct-v0:2", False),
        ("mistral.mistral-small-2402-v1:0", True),
        ("mistral.mistral-large-3-675b-instruct", True),
        ("mistral.ministral-3-8b-instruct", True),
        ("deepseek.v3-v1:0", True),
        ("deepseek.v3.2", True),
        ("deepseek.r1-v1:0", False),
        ("openai.gpt-oss-20b-1:0", True),
        ("qwen.qwen3-next-80b-a3b", True),
        ("zai.glm-4.7-flash", True),
        ("zai.glm-5", False),
        ("moonshotai.kimi-k2.5", True),
        ("minimax.minimax-m2.1", True),
        ("minimax.minimax-m2.5", False),
        ("google.gemma-3-27b-it", True),
        ("nvidia.nemotron-super-3-120b", False),
        ("some.body-new-v9:0", False),
    ],
)
def test_batch_inference_is_what_the_user_guide_lists(base, batch):
    assert capability_of(base).batch is batch


def test_no_model_has_batch_inference_without_a_batch_price():
    book = PriceBook.load()
    for model in book.models:
        if capability_of(model).batch:
            assert "batch" in {row.lane for row in book.rows(model=model)}, model


def test_every_model_says_a_record_format_that_there_is():
    table = tomllib.loads(resources.files("worker.aws").joinpath("capabilities.toml").read_text(encoding="utf-8"))

    assert {entry.get("batch_format", "converse") for entry in table.values()} <= {"converse", "invoke"}


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.id)
def test_the_simulator_takes_batch_jobs_and_ends_where_the_table_says(model):
    told = capability_of(model.id)

    assert (told.batch, told.legacy) == (model.batch, model.legacy)
    if not model.id.startswith("amazon.titan-text"):  # over for both; nobody publishes the day
        assert told.end_of_life == model.end_of_life


@pytest.mark.parametrize(
    "base", ["google.gemma-3-12b-it", "google.gemma-3-27b-it", "deepseek.v3-v1:0", "deepseek.r1-v1:0"]
)
def test_what_ends_in_march_2027_is_told_to_be_legacy(base):
    told = capability_of(base)

    assert (told.legacy, told.end_of_life) == (True, date(2027, 3, 30))
    assert not told.is_over(TODAY)
