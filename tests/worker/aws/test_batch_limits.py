from __future__ import annotations

import pytest

from templates.errors import UserError
from worker.aws.batch_limits import DEFAULTS, BatchLimits, batch_limits, limits_among
from worker.aws.models import parse_model
from worker.batch_settings import BatchSettings

HAIKU = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
LITE = "amazon.nova-lite-v1:0"


def quota(name, value):
    return {"QuotaName": name, "Value": value}


def of(model, **values):
    names = {
        "least": "Minimum number of records per batch inference job",
        "job": "Records per batch inference job",
        "file": "Records per input file per batch inference job",
        "file_gb": "Batch inference input file size (in GB)",
        "job_gb": "Batch inference job size (in GB)",
        "jobs": "Sum of in-progress and submitted batch inference jobs using a base model",
    }
    return [quota(f"{names[name]} for {model}", value) for name, value in values.items()]


def test_a_models_limits_are_found_by_their_names():
    listed = [
        *of("Claude Haiku 4.5", least=100.0, job=200_000.0, file=150_000.0, file_gb=1.0, job_gb=5.0, jobs=40.0),
        *of("Claude Sonnet 4.5", least=7.0, job=7.0, file=7.0, file_gb=7.0, job_gb=7.0, jobs=7.0),
        quota("Cross-region model inference tokens per minute for Anthropic Claude Haiku 4.5", 9.0),
        {"QuotaName": None},
        quota("Records per batch inference job for Claude Haiku 4.5", None),
    ]

    assert limits_among(listed, parse_model(HAIKU)) == BatchLimits(
        least_records=100, most_records=150_000, most_bytes=1_000_000_000, most_jobs=40
    )


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (LITE, "Amazon Nova Lite"),
        (LITE, "Nova Lite V1"),
        (HAIKU, "Anthropic Claude Haiku 4.5"),
        ("meta.llama3-3-70b-instruct-v1:0", "Llama 3.3 70B Instruct"),
        ("openai.gpt-oss-120b-1:0", "OpenAI gpt-oss-120b"),
        ("openai.gpt-oss-120b-1:0", "gpt-oss-120b"),
        ("qwen.qwen3-32b-v1:0", "Qwen3 32B"),
    ],
)
def test_a_model_is_known_with_and_without_its_maker(model, name):
    assert limits_among(of(name, jobs=3.0), parse_model(model)).most_jobs == 3


def test_what_is_not_listed_is_as_documented():
    found = limits_among(of("Nova Lite", jobs=20.0, job_gb=100.0), parse_model(LITE))

    assert found == BatchLimits(least_records=100, most_records=100_000, most_bytes=1_000_000_000, most_jobs=20)


@pytest.mark.parametrize(
    ("sizes", "most"),
    [({"job_gb": 0.5}, 500_000_000), ({"file_gb": 2.0}, 2_000_000_000), ({"file_gb": 9.0}, 5_000_000_000)],
)
def test_the_smaller_of_the_files_and_the_jobs_size_counts(sizes, most):
    assert limits_among(of("Nova Lite", **sizes), parse_model(LITE)).most_bytes == most


@pytest.mark.parametrize("listed", [[], of("Nova Pro", jobs=3.0), of("Nova Lite", jobs=0.0)])
def test_a_model_without_limits_in_the_list_has_none(listed):
    assert limits_among(listed, parse_model(LITE)) is None


def test_settings_win_over_what_was_found_and_that_over_the_defaults():
    found = BatchLimits(least_records=100, most_records=50_000, most_bytes=5, most_jobs=20)

    assert batch_limits(BatchSettings(), None) == DEFAULTS
    assert batch_limits(BatchSettings(), found) == found
    assert batch_limits(BatchSettings(least_records=1, most_jobs=2), found) == BatchLimits(
        least_records=1, most_records=50_000, most_bytes=5, most_jobs=2
    )
    assert batch_limits(BatchSettings(most_records=300, most_bytes=4), None) == BatchLimits(
        least_records=100, most_records=300, most_bytes=4, most_jobs=100
    )


def test_limits_that_no_job_can_keep_to_are_refused():
    with pytest.raises(UserError, match="at most 99 records, and takes at least 100"):
        batch_limits(BatchSettings(most_records=99), None)
    assert batch_limits(BatchSettings(most_records=99, least_records=99), None).most_records == 99


def test_a_model_without_a_known_base_has_no_limits_of_its_own():
    arn = "arn:aws:bedrock:us-east-1:123456789012:custom-model/abc"

    assert limits_among(of("Amazon Nova Lite", jobs=3.0), parse_model(arn)) is None
