from __future__ import annotations

import pytest

from worker.aws.client import session_for
from worker.aws.models import parse_model
from worker.aws.quotas import Quotas, quotas_among, read_quotas


def quota(name, value):
    return {"QuotaName": name, "Value": float(value)}


LISTED = [
    quota("On-demand model inference requests per minute for Amazon Nova Lite", 2000),
    quota("On-demand model inference tokens per minute for Amazon Nova Lite", 4_000_000),
    quota("Cross-region model inference requests per minute for Amazon Nova Lite", 4000),
    quota("Cross-region model inference tokens per minute for Anthropic Claude Haiku 4.5", 5_000_000),
    quota("Global cross-region model inference tokens per minute for Anthropic Claude Haiku 4.5", 9_000_000),
    quota("Cross-region model inference tokens per minute for Anthropic Claude Sonnet 4", 1),
    quota("Cross-region model inference tokens per minute for Anthropic Claude Sonnet 4.5 V1", 7_000_000),
    quota("On-demand InvokeModel tokens per minute for Meta Llama 3.1 8B Instruct", 300_000),
    quota("On-demand model inference tokens per minute for Amazon Nova Micro", 0),
    quota("Model invocation max tokens per day for Amazon Nova Lite (doubled for cross-region calls)", 9),
    {"QuotaName": None},
]


@pytest.mark.parametrize(
    ("model", "requests", "tokens"),
    [
        ("amazon.nova-lite-v1:0", 2000, 4_000_000),
        ("us.amazon.nova-lite-v1:0", 4000, None),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", None, 5_000_000),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", None, 9_000_000),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", None, 7_000_000),
        ("meta.llama3-1-8b-instruct-v1:0", None, 300_000),
    ],
)
def test_a_models_quotas_are_found_by_their_names(model, requests, tokens):
    assert quotas_among(LISTED, parse_model(model)) == Quotas(requests_per_min=requests, tokens_per_min=tokens)


@pytest.mark.parametrize("model", ["amazon.nova-pro-v1:0", "amazon.nova-micro-v1:0", "us.anthropic.claude-sonnet-4-6"])
def test_a_model_without_quotas_in_the_list_has_none(model):
    assert quotas_among(LISTED, parse_model(model)) is None


@pytest.mark.usefixtures("keys")
def test_only_aws_itself_is_asked_for_quotas(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    assert read_quotas(session_for(), parse_model("amazon.nova-lite-v1:0"), region="us-east-1") is None
