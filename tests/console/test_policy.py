from __future__ import annotations

import json

import pytest
from command_line import csv_file

LITE = "amazon.nova-lite-v1:0"


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


ROLE = "arn:aws:iam::123456789012:role/batch"


def test_the_batch_lane_has_four_parts(skuscribe, monkeypatch):
    monkeypatch.setenv("SKUSCRIBE_BATCH_BUCKET", "s3://shop-batch/skuscribe")
    monkeypatch.setenv("SKUSCRIBE_BATCH_ROLE_ARN", ROLE)
    written = skuscribe.json("policy", "--region", "eu-central-1", "--lane", "batch")

    assert set(written) == {"caller", "service_role", "lifecycle"}
    assert set(written["service_role"]) == {"trust", "permissions"}
    assert written["lifecycle"]["Rules"][0]["Filter"] == {"Prefix": "skuscribe/"}


def test_a_bucket_of_another_account_is_the_only_one_that_is_let_in(skuscribe, monkeypatch):
    monkeypatch.setenv("SKUSCRIBE_BATCH_BUCKET_OWNER", "210987654321")
    asked = ("--region", "eu-central-1", "--lane", "batch", "--role", ROLE, "--bucket", "s3://shop-batch/x")
    permissions = skuscribe.json("policy", *asked)["service_role"]["permissions"]["Statement"]

    assert permissions[0]["Condition"] == {"StringEquals": {"aws:ResourceAccount": "210987654321"}}


def test_bucket_and_role_are_told_by_options_and_a_whole_bucket_is_warned_of(skuscribe):
    asked = ("policy", "--region", "eu-central-1", "--lane", "batch", "--role", ROLE)
    outcome = skuscribe(*asked, "--bucket", "shop-batch")

    assert outcome.code == 0
    assert "arn:aws:s3:::shop-batch/*" in outcome.out
    assert "whatever is in s3://shop-batch" in outcome.err
    assert skuscribe(*asked, "--bucket", "s3://shop-batch/x/").err == ""


def test_other_lanes_have_the_policy_without_batch_jobs(skuscribe, monkeypatch):
    plain = skuscribe("policy", "--region", "eu-central-1").out
    monkeypatch.setenv("SKUSCRIBE_BATCH_BUCKET", "s3://shop-batch/skuscribe")

    assert skuscribe("policy", "--region", "eu-central-1", "--lane", "flex").out == plain
    assert "ModelInvocationJob" not in plain


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--bucket", "shop-batch"), "--role arn:aws:iam::ACCOUNT"),
        (("--role", ROLE), "--bucket s3://BUCKET/PREFIX"),
        (("--bucket", "Shop!", "--role", ROLE), "--bucket"),
        (("--bucket", "shop-batch", "--role", "batch"), "twelve digits"),
    ],
)
def test_nobody_is_trusted_whose_account_is_not_known(skuscribe, options, told):
    error = skuscribe.json("policy", "--region", "eu-central-1", "--lane", "batch", *options, code=2)["error"]

    assert told in error["fix"]


OF_BATCH = ("--region", "eu-central-1", "--lane", "batch", "--role", ROLE, "--bucket", "shop-batch/x")


@pytest.mark.parametrize(
    "model", ["nope", "anthropic.claude-opus-4-7", "eu.acme.unheard-of-v1:0", " nope", "no id", " "]
)
def test_a_model_that_run_refuses_for_the_batch_lane_is_refused_in_the_same_words(skuscribe, tmp_path, model):
    source = csv_file(tmp_path / "p.csv")
    options = ("--lane", "batch", "--model", model)
    of_run = skuscribe.json("run", source, "--template", "image-alt-text", "--simulate", "--yes", *options, code=2)

    assert skuscribe.json("policy", *OF_BATCH, "--model", model, code=2) == of_run
    assert skuscribe.json("policy", *OF_BATCH, "--model", LITE, "--model", model, code=2) == of_run


@pytest.mark.parametrize(
    "model",
    [
        LITE,
        f" {LITE} ",
        f"eu.{LITE}",
        f"global.{LITE}",
        f"arn:aws:bedrock:eu-central-1::foundation-model/{LITE}",
        f"arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.{LITE}",
        "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abc123abc123",
        f"arn:aws:bedrock:eu-central-1:123456789012:custom-model/{LITE}/abc123abc123",
    ],
)
def test_every_way_to_name_a_model_of_the_batch_lane_is_taken(skuscribe, model):
    assert model.strip().rpartition("/")[2] in str(skuscribe.json("policy", *OF_BATCH, "--model", model)["caller"])


def test_a_model_that_nobody_has_heard_of_yet_is_taken_for_other_lanes(skuscribe):
    for lane in ("on-demand", "flex"):
        written = skuscribe.json("policy", "--region", "eu-central-1", "--lane", lane, "--model", "acme.new-v1:0")
        assert "foundation-model/acme.new-v1:0" in str(written)
