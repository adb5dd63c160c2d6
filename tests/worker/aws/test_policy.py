from __future__ import annotations

import ast
import fnmatch
import re
from pathlib import Path

import boto3
import pytest
from botocore import xform_name

import worker.aws
from templates.errors import UserError
from worker.aws.batch_policy import BatchPlace, batch_policies
from worker.aws.models import parse_model
from worker.aws.objects import Bucket
from worker.aws.policy import ACTIONS, policy_of
from worker.aws.service_role import parse_role

SERVICES = ("bedrock", "bedrock-runtime", "sts", "service-quotas", "s3", "iam", "sqs")
#: What boto3 adds to the operations of S3.
TRANSFERS = {"upload_file", "upload_fileobj", "download_file", "download_fileobj", "copy"}
LITE = "amazon.nova-lite-v1:0"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
APPLICATION = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abc123"


def policy(*models, bucket=None, region="eu-central-1", partition="aws"):
    refs = [parse_model(model) for model in models or (LITE,)]
    return policy_of(refs, region=region, partition=partition, bucket=Bucket(bucket) if bucket else None)


def allows(written, action, resource, **context):
    """Judge as IAM does, as far as our statements go: one that fits allows it."""
    for statement in written["Statement"]:
        condition = statement.get("Condition", {}).get("ArnLike", {})
        fits = all(fnmatch.fnmatchcase(context.get(key, ""), pattern) for key, pattern in condition.items())
        known = any(fnmatch.fnmatchcase(resource, pattern) for pattern in statement["Resource"])
        if action in statement["Action"] and known and fits:
            return True
    return False


def called_operations():
    """Every name of an operation of AWS that stands in worker/aws, as a call or as a text."""
    known = set(TRANSFERS)
    for service in SERVICES:
        client = boto3.client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106 - no key of anybody
        known |= {xform_name(name) for name in client.meta.service_model.operation_names}
    found = set()
    for path in Path(worker.aws.__file__).parent.glob("*.py"):
        if path.name == "policy.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found & known - {"copy"}


def test_every_operation_that_is_called_has_its_action_and_no_other_has():
    assert called_operations() == set(ACTIONS)


def test_every_action_is_in_the_policy_of_a_job_that_needs_them_all():
    place = BatchPlace(
        bucket=Bucket("s3://shop-batch"),
        role=parse_role("arn:aws:iam::123456789012:role/batch"),
        region="eu-central-1",
        events="https://sqs.eu-central-1.amazonaws.com/123456789012/jobs",
    )
    models = [parse_model(LITE), parse_model(APPLICATION)]
    written = batch_policies(models, place, files=Bucket("s3://shop-files/skuscribe"))["caller"]
    listed = {action for statement in written["Statement"] for action in statement["Action"]}

    assert listed == {action for actions in ACTIONS.values() for action in actions}


def test_a_model_of_the_region_is_allowed_and_no_other():
    written = policy()

    for action in ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"):
        assert allows(written, action, f"arn:aws:bedrock:eu-central-1::foundation-model/{LITE}")
        assert not allows(written, action, f"arn:aws:bedrock:us-east-1::foundation-model/{LITE}")
        assert not allows(written, action, "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-pro-v1:0")


@pytest.mark.parametrize(
    ("scope", "regions", "not_there"),
    [("eu", ["eu-central-1", "eu-west-3"], []), ("global", ["eu-central-1", ""], ["us-east-1"])],
)
def test_behind_a_profile_its_model_is_allowed_through_it_and_not_by_itself(scope, regions, not_there):
    written = policy(f"{scope}.{HAIKU}")
    profile = f"arn:aws:bedrock:eu-central-1:123456789012:inference-profile/{scope}.{HAIKU}"
    through = {"bedrock:InferenceProfileArn": profile}

    assert allows(written, "bedrock:InvokeModel", profile)
    assert not allows(written, "bedrock:InvokeModel", profile.replace(f"/{scope}.", "/us."))
    for region in regions:
        model = f"arn:aws:bedrock:{region}::foundation-model/{HAIKU}"
        assert allows(written, "bedrock:InvokeModel", model, **through)
        assert not allows(written, "bedrock:InvokeModel", model)
    for region in not_there:
        assert not allows(
            written, "bedrock:InvokeModel", f"arn:aws:bedrock:{region}::foundation-model/{HAIKU}", **through
        )


def test_an_application_profile_is_allowed_with_whatever_stands_behind_it():
    written = policy(APPLICATION)
    model = f"arn:aws:bedrock:eu-west-1::foundation-model/{LITE}"

    assert allows(written, "bedrock:InvokeModel", APPLICATION)
    assert allows(written, "bedrock:GetInferenceProfile", APPLICATION)
    assert allows(written, "bedrock:InvokeModel", model, **{"bedrock:InferenceProfileArn": APPLICATION})
    assert not allows(written, "bedrock:InvokeModel", model)


def test_an_imported_model_is_allowed_by_its_own_arn():
    imported = "arn:aws:bedrock:us-east-1:123456789012:imported-model/abc123abc123"
    written = policy(imported)

    assert allows(written, "bedrock:InvokeModel", imported)
    assert len(written["Statement"]) == 1


def test_what_names_no_resource_is_refused():
    with pytest.raises(UserError, match="cannot be told"):
        policy("somebody/something")


def test_files_are_allowed_below_their_prefix_and_removed_only_where_doctor_writes():
    written = policy(bucket="s3://shop-files/skuscribe/")

    for action in ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"):
        assert allows(written, action, "arn:aws:s3:::shop-files/skuscribe/sources/ab/p.csv")
        assert not allows(written, action, "arn:aws:s3:::shop-files/skuscribe-2/p.csv")
    assert allows(written, "s3:DeleteObject", "arn:aws:s3:::shop-files/skuscribe/doctor/ab")
    assert not allows(written, "s3:DeleteObject", "arn:aws:s3:::shop-files/skuscribe/sources/ab/p.csv")


def test_each_statement_says_what_it_is_for_in_a_sid_of_its_own():
    written = policy(LITE, f"eu.{HAIKU}", f"global.{HAIKU}", APPLICATION, bucket="s3://shop-files")
    sids = [statement["Sid"] for statement in written["Statement"]]

    assert len(set(sids)) == len(sids)
    assert all(re.fullmatch(r"[A-Za-z0-9]{10,}", sid) for sid in sids)


def test_arns_are_of_the_partition():
    written = policy(f"us-gov.{HAIKU}", bucket="s3://shop-files", region="us-gov-west-1", partition="aws-us-gov")
    arns = [arn for statement in written["Statement"] for arn in statement["Resource"] if arn != "*"]

    assert all(arn.startswith("arn:aws-us-gov:") for arn in arns)
