"""What S3 refuses, in the words of the person at the keyboard.

Source: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, read 2026-11; a HEAD has no body, so that only the
HTTP status is known of it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from templates.errors import AccessError, SkuscribeError, UserError, without_passwords

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_MISSING = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
_FORBIDDEN = {"403", "AccessDenied", "Forbidden"}
#: Of the batch bucket. Source: botocore 1.44.5, ExpectedBucketOwner: another owner is 403, access denied.
OWNER = (
    "S3 says the same of a bucket that is of another AWS account than the batch role: name that account in "
    "SKUSCRIBE_BATCH_BUCKET_OWNER if the bucket is meant."
)
_CREDENTIALS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}


class Deed(StrEnum):
    """What was to be done with an object, as it is told."""

    READ = "read"
    WRITE = "written"
    REMOVE = "removed"


_ACTIONS = {Deed.READ: "s3:GetObject", Deed.WRITE: "s3:PutObject", Deed.REMOVE: "s3:DeleteObject"}


def is_missing(error: ClientError) -> bool:
    """There is no such object, or no such bucket."""
    return _code_of(error) in _MISSING


def is_refused(error: ClientError) -> bool:
    """We may not, or may not know that it is missing."""
    return _code_of(error) in _FORBIDDEN


def refused(url: str, deed: Deed, error: ClientError) -> SkuscribeError:
    """Say what an error answer of S3 means."""
    code = _code_of(error)
    if code == "NoSuchBucket":
        return UserError(
            f"{url} does not exist: there is no such bucket.",
            fix="Correct its name, or make the bucket in the account and Region that you mean.",
            code="source" if deed is Deed.READ else "files",
        )
    if code in _MISSING:
        return UserError(
            f"{url} does not exist.", fix="Check the bucket and the key; keys are case-sensitive.", code="source"
        )
    if code in _FORBIDDEN:
        return AccessError(
            f"{url} may not be {deed} ({code}).",
            fix=f"The identity needs {_ACTIONS[deed]} on it; `skuscribe policy` prints all that it needs. Of an object "
            "that is gone S3 says the same to who may not list the bucket.",
            code="access",
        )
    if code in _CREDENTIALS:
        return AccessError(
            f"{url} may not be {deed}: AWS does not take these credentials ({code}).",
            fix="Sign in again (`aws sso login` or `aws configure`), and check this machine's clock.",
            code="credentials",
        )
    return AccessError(
        f"{url} cannot be {deed}: {without_passwords(str(error))}",
        fix="Try again; `skuscribe doctor` shows what can be reached.",
        code="access",
    )


def broken_off(url: str, deed: Deed, error: Exception) -> AccessError:
    """Say that there was no answer: no credentials, no network, or a connection that broke."""
    return AccessError(
        f"{url} cannot be {deed}: {without_passwords(str(error))}",
        fix="Check the AWS credentials (`aws sts get-caller-identity`), AWS_REGION and the network.",
        code="credentials" if type(error).__name__.endswith("CredentialsError") else "access",
    )


def _code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
