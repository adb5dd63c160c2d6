"""What Bedrock refuses of batch-inference jobs, in the words of who has to mend it.

Source: service model of botocore 1.44.5 (errors of the four operations), Bedrock user guide (batch-inference,
batch-inference-permissions, batch-iam-sr), read 2026-11. The words of its messages are not documented: those that are
known to occur lead to a better sentence, any other is quoted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from templates.errors import without_passwords
from worker.aws.errors import model_error, request_id_of
from worker.aws.refusals import Refusal, refusal_of
from worker.inference_jobs import JobOrder
from worker.model import ErrorKind, ModelError

_DETAIL_CHARS = 300
_AGAIN = "It is tried again by itself; `skuscribe resume` goes on later."
_POLICY = "`skuscribe policy --lane batch` prints what the identity and the role need; `skuscribe doctor` checks it."
_OTHER_LANE = "Choose another model, or go on in another lane: `skuscribe resume JOB --lane on-demand`."

_DENIED = Refusal(
    kind=ErrorKind.FORBIDDEN,
    message="AWS does not allow the batch job {job} with {model} in {region}.",
    fix=_POLICY,
    quoted=True,
)
_PASS_ROLE = Refusal(
    kind=ErrorKind.FORBIDDEN,
    message="The AWS identity may not hand the role {role} to Bedrock (iam:PassRole).",
    fix=_POLICY,
    quoted=True,
)
_ROLE = Refusal(
    kind=ErrorKind.REJECTED,
    message="Bedrock cannot take on the role {role} for the batch job {job}.",
    fix=f"Check SKUSCRIBE_BATCH_ROLE_ARN and the role's trust in bedrock.amazonaws.com. {_POLICY}",
    quoted=True,
)
_KEY = Refusal(
    kind=ErrorKind.REJECTED,
    message="Bedrock cannot use the KMS key of the batch job {job}.",
    fix=f"Check SKUSCRIBE_BATCH_KMS_KEY; the role {{role}} needs the key as well. {_POLICY}",
    quoted=True,
)
_FILES = Refusal(
    kind=ErrorKind.REJECTED,
    message="Bedrock cannot use {input} or {output} for the batch job {job}.",
    fix=f"Check SKUSCRIBE_BATCH_BUCKET, and that the bucket is open to the role {{role}}. {_POLICY}",
    quoted=True,
)
_SIZE = Refusal(
    kind=ErrorKind.REJECTED,
    message="The batch job {job} is outside of what the account may put into one.",
    fix="Set SKUSCRIBE_BATCH_LEAST_RECORDS, SKUSCRIBE_BATCH_MOST_RECORDS and SKUSCRIBE_BATCH_MOST_BYTES to the"
    " account's limits, which the Service Quotas console shows.",
    quoted=True,
)
_NO_BATCH = Refusal(
    kind=ErrorKind.NO_MODEL,
    message="{model} takes no batch jobs in {region}.",
    fix=_OTHER_LANE,
    quoted=True,
)
#: Codes that mean something else for a job than for a request to a model.
_CODES: dict[str, Refusal] = {
    "AccessDeniedException": _DENIED,
    "AccessDenied": _DENIED,
    "ValidationException": Refusal(
        kind=ErrorKind.REJECTED,
        message="Bedrock does not take the batch job {job}.",
        fix=f"`skuscribe doctor` checks the bucket, the role and the model. {_OTHER_LANE}",
        quoted=True,
    ),
    # Perhaps the job is being made at this moment: who tries again looks for it first.
    "ConflictException": Refusal(
        kind=ErrorKind.UNAVAILABLE,
        message="Bedrock has a job of the name {job} already, or is just making it.",
        fix=_AGAIN,
        quoted=True,
    ),
    "ServiceQuotaExceededException": Refusal(
        kind=ErrorKind.QUOTA,
        message="All batch jobs that the account may have of {model} in {region} are taken.",
        fix="It is submitted when another has ended. A higher quota is asked for in the Service Quotas console: Sum of"
        " in-progress and submitted batch inference jobs.",
        quoted=True,
    ),
    "ThrottlingException": Refusal(
        kind=ErrorKind.THROTTLED, message="Bedrock is asked about batch jobs too often.", fix=_AGAIN
    ),
}
_DENIED_CODES = ("AccessDeniedException", "AccessDenied")
#: Codes whose words say more, the first that fits counts; None leaves it to the table of requests to models.
_WORDS: tuple[tuple[tuple[str, ...], tuple[str, ...], Refusal | None], ...] = (
    ((*_DENIED_CODES, "ValidationException"), ("passrole", "pass role"), _PASS_ROLE),
    ((*_DENIED_CODES, "ValidationException"), ("use case", "end of its life", "end of life"), None),
    (("ValidationException",), ("operation not allowed", "account is not authorized"), None),
    (("ValidationException",), ("model identifier is invalid", "invalid model", "on-demand throughput"), None),
    (
        ("ValidationException",),
        ("batch inference is not supported", "not supported for batch", "does not support batch"),
        _NO_BATCH,
    ),
    (("ValidationException",), ("kms",), _KEY),
    (("ValidationException",), ("record", "file size", "job size", "too large", "too many"), _SIZE),
    (("ValidationException",), ("assume", "role"), _ROLE),
    (("ValidationException",), ("s3", "bucket"), _FILES),
)
_LOOKED = {
    ErrorKind.FORBIDDEN: Refusal(
        kind=ErrorKind.FORBIDDEN, message="AWS does not allow {action} on {job}.", fix=_POLICY, quoted=True
    ),
    ErrorKind.REJECTED: Refusal(
        kind=ErrorKind.REJECTED,
        message="Bedrock does not take {action} on {job}.",
        fix="Check that the Region and the account are those that the job was started in.",
        quoted=True,
    ),
}


def order_error(error: Exception, order: JobOrder, *, region: str) -> ModelError:
    """Say why a job was not made, or why nobody knows whether it was."""
    if not isinstance(error, ClientError):
        return _without_answer(error, model=order.model, region=region)
    code, said = _answer(error)
    words = said.casefold()
    worded = (meant for codes, parts, meant in _WORDS if code in codes and any(part in words for part in parts))
    refusal = next(worded, _CODES.get(code))
    names = {
        "job": order.name,
        "model": order.model,
        "role": order.role_arn,
        "input": order.input_uri,
        "output": order.output_uri,
        "region": region,
    }
    if refusal is None:
        return _general(error, model=order.model, region=region)
    return _error(refusal, names, said, error)


def look_error(error: Exception, *, action: str, job: str, region: str) -> ModelError:
    """Say why jobs could not be looked at or stopped.

    Args:
        error: Whatever boto3 raised.
        action: The IAM action that was needed.
        job: The job's ARN or name.
        region: The Region that was called.
    """
    if not isinstance(error, ClientError):
        return _without_answer(error, model=job, region=region)
    code, said = _answer(error)
    names = {"job": job, "action": action, "region": region}
    if code == "ThrottlingException":
        return _error(_CODES[code], names, said, error)
    general = _general(error, model=job, region=region)
    # Nothing that a job's text or model is blamed for can be meant here.
    kind = ErrorKind.REJECTED if general.kind in (ErrorKind.TOO_LONG, ErrorKind.NO_MODEL) else general.kind
    refusal = _LOOKED.get(kind)
    return _error(refusal, names, said, error) if refusal else general


def _general(error: ClientError, *, model: str, region: str) -> ModelError:
    """What the table of requests to models says, for what is the same of jobs."""
    refusal = refusal_of(error.response, model=model, region=region)
    kind, message, fix = refusal.kind, refusal.message, refusal.fix
    if kind in (ErrorKind.UNAVAILABLE, ErrorKind.INTERNAL, ErrorKind.TIMEOUT, ErrorKind.NOT_READY):
        fix = _AGAIN
    if kind is ErrorKind.TIMEOUT:
        message = "Bedrock took too long to answer."
    if kind is ErrorKind.TOO_LONG:
        kind, message, fix = ErrorKind.REJECTED, "Bedrock does not take a request of this size.", _OTHER_LANE
    return ModelError(message, kind=kind, fix=fix, request_id=request_id_of(error.response))


def _without_answer(error: Exception, *, model: str, region: str) -> ModelError:
    found = model_error(error, model=model, region=region)
    if found.kind is ErrorKind.TIMEOUT:
        return ModelError("Bedrock took too long to answer.", kind=found.kind, fix=_AGAIN)
    passes = found.maybe_billed
    return ModelError(found.message, kind=found.kind, fix=_AGAIN if passes else found.fix)


def _answer(error: ClientError) -> tuple[str, str]:
    answer = error.response.get("Error", {})
    return str(answer.get("Code", "")), without_passwords(" ".join(str(answer.get("Message") or "").split()))


def _error(refusal: Refusal, names: Mapping[str, Any], said: str, error: ClientError) -> ModelError:
    message = refusal.message.format_map(names)
    if refusal.quoted and said:
        message += f" AWS says: {said[:_DETAIL_CHARS]}"
    return ModelError(
        message, kind=refusal.kind, fix=refusal.fix.format_map(names), request_id=request_id_of(error.response)
    )
