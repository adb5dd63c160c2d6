"""What the batch lane needs: the caller's policy, the service role's trust and permissions, how long objects stay.

Sources, read 2026-11: the service authorization reference (list_bedrock: CreateModelInvocationJob is allowed on models
and on jobs, and asks for TagResource and iam:PassRole as well; list_sqs, list_iam, list_s3); the Bedrock user guide
(batch-inference-permissions, batch-iam-sr); the KMS developer guide (alias-authorization: an alias is no resource of a
statement about a key) and S3's user guide (uploads in parts with a key need kms:Decrypt). Not documented: whether
CreateModelInvocationJob is checked against a profile or the models behind it, and whether a job tells IAM through which
profile it calls; so the caller may create on both, and the role calls the models without that condition, as in AWS's
own template. That Bedrock asks kms:DescribeKey of the role is documented for its other jobs, not for these.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from templates.errors import UserError, without_passwords
from worker.aws.models import IdKind, ModelRef
from worker.aws.objects import Bucket
from worker.aws.policy import Statement, allow, arns_of, policy_of, statement
from worker.aws.service_role import SERVICE, ServiceRole, trust_policy

#: Source: botocore 1.44.5, S3EncryptionKeyId of the output of a model invocation job.
KMS_KEY = re.compile(
    r"(arn:aws(-[^:]+)?:kms:(?P<region>[a-zA-Z0-9-]*):[0-9]{12}:)?"
    r"((?P<key>(key/)?[a-zA-Z0-9-]{36})|(?P<alias>alias/[a-zA-Z0-9-_/]+))"
)
#: Objects are gone by themselves after so many days; a job may take seven.
_EXPIRE_DAYS = 14
_ABORT_DAYS = 2
_KEY_USE = ("kms:Decrypt", "kms:GenerateDataKey")
_LISTING = ("s3:ListBucket", "s3:GetLifecycleConfiguration")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlace:
    """Where the batch lane works, and as whom."""

    bucket: Bucket
    role: ServiceRole
    region: str
    #: "" where the bucket's own default encrypts.
    kms_key: str = ""
    #: URL of the queue of EventBridge's events, "" where there is none.
    events: str = ""
    #: AWS account of the bucket, "" for that of the role.
    bucket_owner: str = ""

    @property
    def owner(self) -> str:
        """AWS account that the bucket has to be of."""
        return self.bucket_owner or self.role.account


def batch_policies(models: Sequence[ModelRef], place: BatchPlace, *, files: Bucket | None) -> dict[str, Any]:
    """Write the caller's policy, the service role's two, and the bucket's lifecycle.

    Raises:
        UserError: an id does not say which resource it is, a model has no batch inference, or a setting is wrong.
    """
    caller = policy_of(models, region=place.region, partition=place.role.partition, bucket=files)
    caller["Statement"] += [*_jobs(models, place), *_role(place), *_objects(place), *_key(place), *_events(place)]
    return {
        "caller": caller,
        "service_role": {
            "trust": trust_policy(place.role, place.region),
            "permissions": {"Version": "2012-10-17", "Statement": role_statements(models, place)},
        },
        "lifecycle": lifecycle_of(place.bucket),
    }


def role_statements(models: Sequence[ModelRef], place: BatchPlace) -> list[Statement]:
    """Write what Bedrock does as the service role: read and write below the prefix, call models behind profiles."""
    bucket, objects = _bucket_arns(place)
    own = _of_owner(place)
    statements = [
        statement("Read records and write results", ("s3:GetObject", "s3:PutObject"), [objects]) | own,
        statement("Find the records", ("s3:ListBucket",), [bucket]) | own,
    ]
    for ref in models:
        named, behind = _arns_of(ref, place)
        if behind:
            name = ref.id.rpartition("/")[2]
            statements.append(statement(f"Invoke {name}", ("bedrock:InvokeModel",), [named, *behind]))
    return [*statements, *_key(place, ("kms:DescribeKey",))]


def lifecycle_of(bucket: Bucket) -> dict[str, Any]:
    """Write a lifecycle that removes what nobody removed, as `aws s3api put-bucket-lifecycle-configuration` takes it.

    Source: S3 API reference, PutBucketLifecycleConfiguration, read 2026-11.
    """
    return {
        "Rules": [
            {
                "ID": "skuscribe-batch",
                "Status": "Enabled",
                "Filter": {"Prefix": bucket.prefix},
                "Expiration": {"Days": _EXPIRE_DAYS},
                # In a bucket that keeps versions what has expired would stay for ever.
                "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": _ABORT_DAYS},
            }
        ]
    }


def _jobs(models: Sequence[ModelRef], place: BatchPlace) -> list[Statement]:
    on: list[str] = []
    for ref in models:
        named, behind = _arns_of(ref, place)
        on += [named, *behind]
    jobs = place.role.jobs(place.region)
    return [
        statement("Create batch inference jobs", ("bedrock:CreateModelInvocationJob",), [*dict.fromkeys(on), jobs]),
        statement(
            "Tag follow and stop batch inference jobs",
            ("bedrock:TagResource", "bedrock:GetModelInvocationJob", "bedrock:StopModelInvocationJob"),
            [jobs],
        ),
        # It knows no resources: AWS takes it for all or for none.
        statement("Find batch inference jobs", ("bedrock:ListModelInvocationJobs",), ["*"]),
    ]


def _role(place: BatchPlace) -> list[Statement]:
    to_bedrock = {"Condition": {"StringEquals": {"iam:PassedToService": SERVICE}}}
    return [
        statement("Hand the service role to Bedrock", ("iam:PassRole",), [place.role.arn]) | to_bedrock,
        allow("Check the service role", ("get_role", "simulate_principal_policy"), [place.role.arn]),
    ]


def _objects(place: BatchPlace) -> list[Statement]:
    bucket, objects = _bucket_arns(place)
    actions = ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject")
    own = _of_owner(place)
    return [
        statement("Write read and remove batch objects", actions, [objects]) | own,
        # No condition on the prefix: S3 says that an object is missing only to who may list without one.
        statement("Find batch objects", _LISTING, [bucket]) | own,
    ]


def _key(place: BatchPlace, more: tuple[str, ...] = ()) -> list[Statement]:
    if not place.kms_key:
        return []
    found = checked_key(place.kms_key)
    at = f"arn:{place.role.partition}:kms:{found['region'] or place.region}:{place.role.account}"
    if found["alias"]:
        condition = {"Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": found["alias"]}}}
        return [statement("Use the key of the objects", (*_KEY_USE, *more), [f"{at}:key/*"]) | condition]
    key = f"{at}:key/{found['key'].removeprefix('key/')}"
    named = place.kms_key if place.kms_key.startswith("arn:") else key
    return [statement("Use the key of the objects", (*_KEY_USE, *more), [named])]


def checked_key(key: str) -> re.Match[str]:
    """Read a KMS key: an ARN, an id, or an alias.

    Raises:
        UserError: it is none.
    """
    found = KMS_KEY.fullmatch(key)
    if found is None:
        raise UserError(
            f'"{key}" is not a key of KMS.',
            fix="Set SKUSCRIBE_BATCH_KMS_KEY to the key's ARN, its id, or alias/NAME.",
            code="kms_key",
        )
    return found


def _events(place: BatchPlace) -> list[Statement]:
    if not place.events:
        return []
    parts = urlsplit(place.events)
    account, _, name = parts.path.strip("/").partition("/")
    if not re.fullmatch(r"\d{12}", account) or not name or "/" in name:
        raise UserError(
            f'"{without_passwords(place.events)}" is not the URL of a queue.',
            fix="Set SKUSCRIBE_BATCH_EVENTS as SQS shows it: https://sqs.REGION.amazonaws.com/123456789012/NAME.",
            code="setting",
        )
    host = re.match(r"sqs\.([a-z0-9-]+)\.amazonaws\.", parts.hostname or "")
    queue = f"arn:{place.role.partition}:sqs:{host[1] if host else place.region}:{account}:{name}"
    return [statement("Hear of batch inference jobs", ("sqs:ReceiveMessage", "sqs:DeleteMessage"), [queue])]


def _arns_of(ref: ModelRef, place: BatchPlace) -> tuple[str, list[str]]:
    if ref.kind is IdKind.OTHER and ":custom-model/" not in ref.id:
        # botocore 1.44.5, CreateModelInvocationJob: models, profiles and custom models, none that are imported or
        # provisioned.
        raise UserError(
            f'Batch inference does not take "{ref.id}".',
            fix="Give a model's id, an inference profile, or the ARN of a custom model with --model.",
            code="model",
        )
    at = f"arn:{place.role.partition}:bedrock:{place.region}"
    return arns_of(ref, at, place.role.partition, account=place.role.account)


def _of_owner(place: BatchPlace) -> dict[str, Any]:
    """Write the condition that keeps a bucket of the same name in another account out.

    Source: IAM user guide, reference_policies_condition-keys (aws:ResourceAccount), Bedrock user guide, batch-iam-sr.
    """
    return {"Condition": {"StringEquals": {"aws:ResourceAccount": place.owner}}}


def _bucket_arns(place: BatchPlace) -> tuple[str, str]:
    bucket = f"arn:{place.role.partition}:s3:::{place.bucket.name}"
    return bucket, f"{bucket}/{place.bucket.prefix}*"
