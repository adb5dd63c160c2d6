"""The least-privilege IAM policy of a job: what our own calls need on the models and files in use, and nothing else.

Sources, read 2026-11: the service authorization reference (list_bedrock, list_service-quotas, list_s3) for the action
and the resource types of each operation; the Bedrock user guide (geographic-cross-region-inference and
global-cross-region-inference) for inference profiles; the S3 user guide (mpuoverview) for uploads in parts. Asking STS
who calls needs no permission.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from templates.errors import UserError
from worker.aws.models import IdKind, ModelRef
from worker.aws.objects import Bucket

#: Each operation that worker/aws calls -> the IAM actions that allow it; a test holds it to the calls.
ACTIONS: dict[str, tuple[str, ...]] = {
    "converse": ("bedrock:InvokeModel",),
    "converse_stream": ("bedrock:InvokeModelWithResponseStream",),
    "get_foundation_model": ("bedrock:GetFoundationModel",),
    "get_foundation_model_availability": ("bedrock:GetFoundationModelAvailability",),
    "get_inference_profile": ("bedrock:GetInferenceProfile",),
    "list_service_quotas": ("servicequotas:ListServiceQuotas",),
    "get_caller_identity": (),
    "get_object": ("s3:GetObject",),
    "head_object": ("s3:GetObject",),
    "download_fileobj": ("s3:GetObject",),
    "put_object": ("s3:PutObject",),
    "upload_fileobj": ("s3:PutObject", "s3:AbortMultipartUpload"),
    "delete_object": ("s3:DeleteObject",),
    "head_bucket": ("s3:ListBucket",),
    "list_objects_v2": ("s3:ListBucket",),
    "get_bucket_lifecycle_configuration": ("s3:GetLifecycleConfiguration",),
    "get_role": ("iam:GetRole",),
    "simulate_principal_policy": ("iam:SimulatePrincipalPolicy",),
    "create_model_invocation_job": ("bedrock:CreateModelInvocationJob", "bedrock:TagResource", "iam:PassRole"),
    "get_model_invocation_job": ("bedrock:GetModelInvocationJob",),
    "list_model_invocation_jobs": ("bedrock:ListModelInvocationJobs",),
    "stop_model_invocation_job": ("bedrock:StopModelInvocationJob",),
    "create_multipart_upload": ("s3:PutObject",),
    "upload_part": ("s3:PutObject",),
    "complete_multipart_upload": ("s3:PutObject",),
    "abort_multipart_upload": ("s3:AbortMultipartUpload",),
    "delete_objects": ("s3:DeleteObject",),
    "receive_message": ("sqs:ReceiveMessage",),
    "delete_message_batch": ("sqs:DeleteMessage",),
}
_INVOKE = ("converse", "converse_stream")
_FILES = ("head_object", "download_fileobj", "upload_fileobj")
_WORD = re.compile(r"[A-Za-z0-9]+")

Statement = dict[str, Any]


def policy_of(models: Sequence[ModelRef], *, region: str, partition: str, bucket: Bucket | None) -> dict[str, Any]:
    """Write the policy for models that are called from a Region, and for the files in a bucket where there is one.

    Raises:
        UserError: an id does not say which resource it is.
    """
    at = f"arn:{partition}:bedrock:{region}"
    statements = [one for ref in models for one in _invocations(ref, at, partition)]
    statements += _checks(models, at)
    if bucket:
        statements += _of_files(bucket, partition)
    return {"Version": "2012-10-17", "Statement": statements}


def arns_of(ref: ModelRef, at: str, partition: str, *, account: str = "*") -> tuple[str, list[str]]:
    """Give the ARN that an id names, and those of the foundation models behind it where it names a profile.

    `account`: whose profile it is; it need not be known when the policy is written.

    Raises:
        UserError: the id does not say which resource it is.
    """
    if ref.kind is IdKind.FOUNDATION_MODEL:
        return _foundation_model(ref, at), []
    if ref.kind is IdKind.OTHER:
        return _own_arn(ref), []
    profile = ref.id if ref.region else f"{at}:{account}:inference-profile/{ref.id}"
    if ref.scope == "global":
        return profile, [
            f"{at}::foundation-model/{ref.base}",
            f"arn:{partition}:bedrock:::foundation-model/{ref.base}",
        ]
    # Profiles gain Regions, and AWS lists them on the page of each model only.
    return profile, [f"arn:{partition}:bedrock:*::foundation-model/{ref.base or '*'}"]


def _invocations(ref: ModelRef, at: str, partition: str) -> list[Statement]:
    """Let a model be called; through a profile it may be called wherever the profile leads, and only through it."""
    named, behind = arns_of(ref, at, partition)
    if not behind:
        name = ref.name if ref.base else ref.id.rpartition(":")[2]
        return [allow(f"Invoke {name}", _INVOKE, [named])]
    through = {"Condition": {"ArnLike": {"bedrock:InferenceProfileArn": named}}}
    name = ref.id.rpartition("/")[2]
    return [
        allow(f"Invoke {name}", _INVOKE, [named]),
        allow(f"Invoke what stands behind {name}", _INVOKE, behind) | through,
    ]


def _checks(models: Iterable[ModelRef], at: str) -> list[Statement]:
    """Let `doctor` and the look before each job ask about the models; no answer to them is only a warning."""
    profiles = sorted({ref.id for ref in models if ref.kind is IdKind.APPLICATION_PROFILE})
    bases = {ref.base for ref in models if ref.base} | ({"*"} if profiles else set())
    statements = []
    if profiles:
        statements.append(allow("Check which model a profile leads to", ("get_inference_profile",), profiles))
    if bases:
        known = [f"{at}::foundation-model/{base}" for base in sorted(bases)]
        statements += [
            allow("Check the life of the models", ("get_foundation_model",), known),
            # These two know no resources: AWS takes them for all or for none.
            allow("Check access to the models", ("get_foundation_model_availability",), ["*"]),
            allow("Read the quotas of the models", ("list_service_quotas",), ["*"]),
        ]
    return statements


def _of_files(bucket: Bucket, partition: str) -> list[Statement]:
    below = f"arn:{partition}:s3:::{bucket.name}/{bucket.prefix}"
    return [
        allow("Keep sources and results", _FILES, [f"{below}*"]),
        allow("Remove what doctor wrote", ("delete_object",), [f"{below}doctor/*"]),
    ]


def _foundation_model(ref: ModelRef, at: str) -> str:
    return ref.id if ref.region else f"{at}::foundation-model/{ref.base}"


def _own_arn(ref: ModelRef) -> str:
    if not ref.region:
        raise UserError(
            f'Which resource "{ref.id}" is cannot be told.',
            fix="Give the model's id, an inference profile, or a whole ARN.",
            code="model",
        )
    return ref.id


def allow(purpose: str, operations: Iterable[str], resources: list[str]) -> Statement:
    """Write a statement for operations that we call."""
    return statement(purpose, {action for operation in operations for action in ACTIONS[operation]}, resources)


def statement(purpose: str, actions: Iterable[str], resources: list[str]) -> Statement:
    """Write a statement whose Sid, letters and digits only, says what it is for."""
    return {
        "Sid": "".join(word[0].upper() + word[1:] for word in _WORD.findall(purpose)),
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": resources,
    }
