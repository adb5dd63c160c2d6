from __future__ import annotations

import pytest

from worker.aws.endpoint import realm_of
from worker.aws.models import IdKind, parse_model, resolved_profile

HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"


@pytest.mark.parametrize(
    ("text", "base", "scope", "kind"),
    [
        ("amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0", "in-region", IdKind.FOUNDATION_MODEL),
        (f"us.{HAIKU}", HAIKU, "geo", IdKind.INFERENCE_PROFILE),
        (f"eu.{HAIKU}", HAIKU, "geo", IdKind.INFERENCE_PROFILE),
        (f"apac.{HAIKU}", HAIKU, "geo", IdKind.INFERENCE_PROFILE),
        (f"us-gov.{HAIKU}", HAIKU, "geo", IdKind.INFERENCE_PROFILE),
        (f"sa.{HAIKU}", HAIKU, "geo", IdKind.INFERENCE_PROFILE),
        (f"global.{HAIKU}", HAIKU, "global", IdKind.INFERENCE_PROFILE),
        ("zai.glm-4.7-flash", "zai.glm-4.7-flash", "in-region", IdKind.FOUNDATION_MODEL),
        (
            f"arn:aws:bedrock:eu-west-1::foundation-model/{HAIKU}",
            HAIKU,
            "in-region",
            IdKind.FOUNDATION_MODEL,
        ),
        (
            f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.{HAIKU}",
            HAIKU,
            "global",
            IdKind.INFERENCE_PROFILE,
        ),
        (
            "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123",
            None,
            "in-region",
            IdKind.APPLICATION_PROFILE,
        ),
        ("arn:aws:bedrock:us-east-1:123456789012:imported-model/abc123", None, "in-region", IdKind.OTHER),
        (f"  us.{HAIKU} ", HAIKU, "geo", IdKind.INFERENCE_PROFILE),
        ("my-own-model", "my-own-model", "in-region", IdKind.FOUNDATION_MODEL),
    ],
)
def test_an_id_tells_base_model_scope_and_kind(text, base, scope, kind):
    ref = parse_model(text)

    assert (ref.base, ref.scope, ref.kind) == (base, scope, kind)
    assert ref.id == text.strip()


def test_an_arn_tells_its_region():
    assert parse_model(f"arn:aws:bedrock:eu-west-1::foundation-model/{HAIKU}").region == "eu-west-1"


@pytest.mark.parametrize(
    ("regions", "scope"),
    [(["us-east-1"], "in-region"), (["us-east-1", "us-west-2"], "geo"), (["us-east-1", ""], "global")],
)
def test_an_application_profile_takes_base_and_scope_from_the_models_behind_it(regions, scope):
    ref = parse_model("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123")

    resolved = resolved_profile(ref, [f"arn:aws:bedrock:{region}::foundation-model/{HAIKU}" for region in regions])

    assert (resolved.base, resolved.scope, resolved.id) == (HAIKU, scope, ref.id)


def test_an_application_profile_with_nothing_behind_it_stays_unknown():
    ref = parse_model("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123")

    assert resolved_profile(ref, []) == ref


@pytest.mark.parametrize(
    ("endpoint", "realm"),
    [
        (None, "aws"),
        ("", "aws"),
        ("https://bedrock-runtime.us-east-1.amazonaws.com", "aws"),
        ("https://vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com", "aws"),
        ("https://bedrock-runtime.cn-north-1.amazonaws.com.cn", "aws"),
        ("https://bedrock-runtime.us-east-1.api.aws", "aws"),
        ("http://localhost:8080/path", "localhost:8080"),
        ("http://127.0.0.1:4566", "127.0.0.1:4566"),
        ("http://[::1]:4566", "[::1]:4566"),
        ("https://llm.example.com", "llm.example.com:443"),
        ("https://amazonaws.com.evil.example", "amazonaws.com.evil.example:443"),
        ("https://notamazonaws.com", "notamazonaws.com:443"),
    ],
)
def test_the_realm_of_an_endpoint_is_aws_or_its_host_and_port(endpoint, realm):
    assert realm_of(endpoint) == realm
