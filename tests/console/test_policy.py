from __future__ import annotations

import json

import pytest


def test_a_policy_is_printed_without_credentials_and_nobody_is_asked(skuscribe):
    outcome = skuscribe("policy", "--region", "cn-north-1")

    assert outcome.code == 0
    assert json.loads(outcome.out)["Version"] == "2012-10-17"
    assert "arn:aws-cn:bedrock:cn-north-1::foundation-model/amazon.nova-lite-v1:0" in outcome.out


def test_a_policy_is_of_the_models_and_files_in_use(skuscribe, monkeypatch):
    monkeypatch.setenv("SKUSCRIBE_MODEL", "eu.amazon.nova-pro-v1:0")
    monkeypatch.setenv("SKUSCRIBE_FILES", "s3://shop-files/skuscribe")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")

    of_settings = skuscribe("policy").out
    assert "inference-profile/eu.amazon.nova-pro-v1:0" in of_settings
    assert "arn:aws:s3:::shop-files/skuscribe/*" in of_settings

    of_options = skuscribe("policy", "--model", "a.b", "--model", "c.d", "--model", "a.b", "--files", "/mnt/x").out
    assert "foundation-model/a.b" in of_options
    assert "foundation-model/c.d" in of_options
    assert "nova" not in of_options
    assert "s3:" not in of_options


@pytest.mark.parametrize(
    ("arguments", "code"),
    [((), 5), (("--region", "Frankfurt"), 5), (("--region", "eu-west-1", "--files", "s3://X"), 2)],
)
def test_what_is_missing_or_wrong_is_told(skuscribe, arguments, code):
    error = skuscribe.json("policy", *arguments, code=code)["error"]

    assert error["fix"]
