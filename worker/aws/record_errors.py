"""What S3 refuses of the batch lane's objects: what passes, what somebody has to mend.

Source: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from botocore import exceptions as sdk
from urllib3 import exceptions as wire

from templates.errors import AccessError, SkuscribeError, UserError, without_passwords
from worker.aws.object_errors import OWNER, Deed, broken_off, is_refused, refused
from worker.model import ErrorKind, ModelError

#: What passes by itself, whatever the HTTP status; an upload that is gone and an object that changed are begun anew.
_PASSING_CODES = {
    "BadDigest",
    "ConditionalRequestConflict",
    "IncompleteBody",
    "InternalError",
    "NoSuchUpload",
    "OperationAborted",
    "PreconditionFailed",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
}
#: Connections that broke, also in the middle of a reply.
BROKEN = (
    sdk.ConnectionError,
    sdk.HTTPClientError,
    sdk.IncompleteReadError,
    sdk.FlexibleChecksumError,
    sdk.ChecksumError,
    wire.HTTPError,
    ConnectionError,
    TimeoutError,
)
_AGAIN = "It is tried again by itself; `skuscribe resume` goes on later."
_POLICY = "`skuscribe policy --lane batch` prints all that the lane needs."


class Need(StrEnum):
    """What is done with an object, by the IAM action that allows it."""

    READ = "s3:GetObject"
    WRITE = "s3:PutObject"
    REMOVE = "s3:DeleteObject"
    LIST = "s3:ListBucket"


_DEEDS = {
    Need.READ: Deed.READ,
    Need.WRITE: Deed.WRITE,
    Need.REMOVE: Deed.REMOVE,
    Need.LIST: Deed.READ,
}


@contextmanager
def told(uri: str, need: Need) -> Iterator[None]:
    """Say in a sentence what S3 refuses, and whether it passes."""
    try:
        yield
    except sdk.ClientError as error:
        raise refusal(uri, need, error) from error
    except BROKEN as error:
        raise lost(uri, need, error) from error
    except sdk.BotoCoreError as error:
        raise broken_off(uri, _DEEDS[need], error) from error


def refusal(uri: str, need: Need, error: sdk.ClientError) -> SkuscribeError:
    """Say what an error answer of S3 means."""
    answer = error.response.get("Error", {})
    code, said = str(answer.get("Code", "")), without_passwords(str(answer.get("Message", "")))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    bucket = bucket_of(uri)
    if code == "NoSuchBucket":
        return UserError(
            f"There is no bucket {bucket}, which the batch lane is to use.",
            fix="Correct SKUSCRIBE_BATCH_BUCKET, or make the bucket in the account and Region that you mean.",
            code="batch_bucket",
        )
    if "kms" in f"{code} {said}".casefold() and status < 500:  # noqa: PLR2004 - HTTP status classes
        return AccessError(
            f"{uri} cannot be {_DEEDS[need]} with its KMS key ({code}): {said}",
            fix="Check SKUSCRIBE_BATCH_KMS_KEY; this identity and the batch role need kms:GenerateDataKey and"
            f" kms:Decrypt on the key. {_POLICY}",
            code="access",
        )
    if is_refused(error):
        return AccessError(
            f"{uri} may not be {'listed' if need is Need.LIST else _DEEDS[need]} ({code}).",
            fix=f"The identity needs {need} on it. {_POLICY} {OWNER}",
            code="access",
        )
    if code in _PASSING_CODES or status >= 500 or status == 429:  # noqa: PLR2004 - HTTP status classes
        return ModelError(
            f"S3 cannot take care of {uri} at the moment ({code}).", kind=ErrorKind.UNAVAILABLE, fix=_AGAIN
        )
    return refused(uri, _DEEDS[need], error)


def lost(uri: str, need: Need, error: Exception) -> ModelError:
    """Say that the connection broke."""
    detail = without_passwords(" ".join(str(error).split()))
    return ModelError(
        f"{uri} could not be {_DEEDS[need]}, the connection to S3 broke: {detail}",
        kind=ErrorKind.TRANSPORT,
        fix=f"{_AGAIN} Check the network, the proxy, AWS_CA_BUNDLE and AWS_ENDPOINT_URL_S3.",
    )


def bucket_of(uri: str) -> str:
    """Name the bucket of an `s3://` URI."""
    return uri.removeprefix("s3://").partition("/")[0]
