from __future__ import annotations

import fnmatch
import json

import boto3
import pytest
from botocore.validate import validate_parameters

from templates.errors import UserError
from worker.aws.batch_policy import BatchPlace, batch_policies
from worker.aws.models import parse_model
from worker.aws.objects import Bucket
from worker.aws.service_role import parse_role

LITE = "amazon.nova-lite-v1:0"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
ROLE = "arn:aws:iam::123456789012:role/batch"
JOB = "arn:aws:bedrock:eu-central-1:123456789012:model-invocation-job/abc123abc123"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"


def written(*models, bucket="s3://shop-files/batch", **place):
    given = {"bucket": Bucket(bucket), "role": parse_role(ROLE), "region": "eu-central-1"} | place
    return batch_policies([parse_model(one) for one in models or (LITE,)], BatchPlace(**given), files=None)


def statements_of(policy, action, resource):
    return [
        one
        for one in policy["Statement"]
        if action in one["Action"] and any(fnmatch.fnmatchcase(resource, pattern) for pattern in one["Resource"])
    ]


def test_the_caller_may_run_jobs_of_its_models_and_no_others():
    caller = written()["caller"]
    lite = f"arn:aws:bedrock:eu-central-1::foundation-model/{LITE}"

    for action in ("Create", "Get", "Stop"):
        assert statements_of(caller, f"bedrock:{action}ModelInvocationJob", JOB)
        assert not statements_of(caller, f"bedrock:{action}ModelInvocationJob", JOB.replace("eu-central", "us-east"))
    assert statements_of(caller, "bedrock:TagResource", JOB)
    assert statements_of(caller, "bedrock:CreateModelInvocationJob", lite)
    assert not statements_of(caller, "bedrock:CreateModelInvocationJob", lite.replace("lite", "pro"))
    assert statements_of(caller, "bedrock:InvokeModel", lite), "the second pass goes one by one"


def test_the_role_is_handed_to_bedrock_and_to_nobody_else():
    caller = written()["caller"]
    [passing] = statements_of(caller, "iam:PassRole", ROLE)

    assert passing["Resource"] == [ROLE]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}}
    assert statements_of(caller, "iam:GetRole", ROLE)


def test_objects_are_reached_below_the_prefix_only():
    both = written()

    for policy in (both["caller"], both["service_role"]["permissions"]):
        for action in ("s3:GetObject", "s3:PutObject"):
            assert statements_of(policy, action, "arn:aws:s3:::shop-files/batch/j1/records.jsonl")
            assert not statements_of(policy, action, "arn:aws:s3:::shop-files/other/x")
        assert statements_of(policy, "s3:ListBucket", "arn:aws:s3:::shop-files")
    assert not statements_of(
        both["service_role"]["permissions"], "s3:DeleteObject", "arn:aws:s3:::shop-files/batch/j1/records.jsonl"
    )


@pytest.mark.parametrize(("setting", "owner"), [("", "123456789012"), ("210987654321", "210987654321")])
def test_a_bucket_of_the_same_name_in_another_account_is_kept_out(setting, owner):
    both = written(bucket_owner=setting)
    ours = [
        one
        for policy in (both["caller"], both["service_role"]["permissions"])
        for one in policy["Statement"]
        if any(action.startswith("s3:") for action in one["Action"])
    ]

    assert len(ours) == 4
    assert all(one["Condition"] == {"StringEquals": {"aws:ResourceAccount": owner}} for one in ours)


def test_the_role_may_call_what_stands_behind_a_profile_wherever_that_is():
    assert not any("Invoke" in one["Sid"] for one in written()["service_role"]["permissions"]["Statement"])
    for scope, region in (("eu", "eu-west-3"), ("global", "")):
        policy = written(f"{scope}.{HAIKU}")["service_role"]["permissions"]
        profile = f"arn:aws:bedrock:eu-central-1:123456789012:inference-profile/{scope}.{HAIKU}"
        assert statements_of(policy, "bedrock:InvokeModel", profile)
        assert statements_of(policy, "bedrock:InvokeModel", f"arn:aws:bedrock:{region}::foundation-model/{HAIKU}")
        assert not statements_of(policy, "bedrock:InvokeModel", f"arn:aws:bedrock:{region}::foundation-model/{LITE}")


@pytest.mark.parametrize(
    ("key", "resource", "alias"),
    [
        (KEY_ID, f"arn:aws:kms:eu-central-1:123456789012:key/{KEY_ID}", None),
        (f"arn:aws:kms:eu-west-1:999999999999:key/{KEY_ID}", f"arn:aws:kms:eu-west-1:999999999999:key/{KEY_ID}", None),
        ("alias/shop", "arn:aws:kms:eu-central-1:123456789012:key/*", "alias/shop"),
        ("arn:aws:kms:eu-west-1:123456789012:alias/shop", "arn:aws:kms:eu-west-1:123456789012:key/*", "alias/shop"),
    ],
)
def test_a_key_is_used_by_both_and_one_with_an_alias_by_a_condition_on_it(key, resource, alias):
    both = written(kms_key=key)

    for policy in (both["caller"], both["service_role"]["permissions"]):
        [using] = [one for one in policy["Statement"] if "kms:GenerateDataKey" in one["Action"]]
        assert "kms:Decrypt" in using["Action"]
        assert using["Resource"] == [resource]
        assert using.get("Condition", {}).get("ForAnyValue:StringEquals", {}).get("kms:ResourceAliases") == alias


def test_events_are_taken_from_their_queue():
    queue = "arn:aws:sqs:eu-west-1:123456789012:jobs"

    assert statements_of(written(events=QUEUE)["caller"], "sqs:DeleteMessage", queue)
    assert "sqs" not in json.dumps(written())


@pytest.mark.parametrize(
    "wrong",
    [{"kms_key": "my key"}, {"events": "https://sqs.eu-west-1.amazonaws.com/jobs"}, {"events": "jobs"}],
)
def test_a_setting_that_names_nothing_is_told(wrong):
    with pytest.raises(UserError) as caught:
        written(**wrong)
    assert caught.value.fix


def test_a_model_without_batch_inference_is_refused_and_a_custom_one_is_not():
    at = "arn:aws:bedrock:eu-central-1:123456789012"
    with pytest.raises(UserError, match="does not take"):
        written(f"{at}:imported-model/abc123abc123")

    custom = f"{at}:custom-model/amazon.nova-lite-v1:0/abc123abc123"
    assert statements_of(written(custom)["caller"], "bedrock:CreateModelInvocationJob", custom)


@pytest.mark.parametrize(("bucket", "prefix"), [("s3://shop-files/batch", "batch/"), ("s3://shop-files", "")])
def test_the_lifecycle_is_one_that_s3_takes_for_the_prefix(bucket, prefix):
    lifecycle = written(bucket=bucket)["lifecycle"]
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106 - no key of anybody
    shape = client.meta.service_model.operation_model("PutBucketLifecycleConfiguration").input_shape

    validate_parameters({"Bucket": "shop-files", "LifecycleConfiguration": lifecycle}, shape)
    [rule] = lifecycle["Rules"]
    assert rule["Filter"] == {"Prefix": prefix}
    assert rule["Expiration"] == {"Days": 14}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 2}


def test_each_statement_has_a_sid_of_its_own():
    both = written(LITE, f"eu.{HAIKU}", f"global.{HAIKU}", kms_key="alias/x", events=QUEUE)
    for policy in (both["caller"], both["service_role"]["permissions"]):
        sids = [one["Sid"] for one in policy["Statement"]]
        assert len(set(sids)) == len(sids)
        assert all(sid.isalnum() for sid in sids)
