"""Sources that lie in S3."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from templates.errors import AccessError, UserError, without_passwords
from worker.aws.client import open_client, session_for

SCHEME = "s3://"
_CHUNK_BYTES = 1 << 20
#: Codes of S3 for what is not there. Source: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
_MISSING = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
_FORBIDDEN = {"403", "AccessDenied", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}


def fetch_object(url: str, target: Path) -> None:
    """Copy `s3://bucket/key` into a file.

    Raises:
        UserError: it is no such URL, or nothing lies there.
        AccessError: no credentials, no permission, or S3 is out of reach.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - boto3 is slow to import

    bucket, _, key = url.removeprefix(SCHEME).partition("/")
    if not bucket or not key or key.endswith("/"):
        raise UserError(
            f"{url} does not name an object in S3.", fix="Write it as s3://BUCKET/FOLDER/FILE.xlsx.", code="source"
        )
    session = session_for()
    client = open_client(session, "s3", region=session.region_name or "us-east-1")
    try:
        body = client.get_object(Bucket=bucket, Key=key)["Body"]
        with target.open("wb") as file:
            file.writelines(body.iter_chunks(_CHUNK_BYTES))
    except ClientError as error:
        _refuse(url, error.response.get("Error", {}).get("Code", ""), error)
    except BotoCoreError as error:
        raise AccessError(
            f"{url} cannot be fetched: {without_passwords(str(error))}",
            fix="Check the AWS credentials (`aws sts get-caller-identity`), AWS_REGION and the network.",
            code="credentials",
        ) from error


def _refuse(url: str, code: str, error: Exception) -> NoReturn:
    if code in _MISSING:
        raise UserError(
            f"{url} does not exist.", fix="Check the bucket and the key; keys are case-sensitive.", code="source"
        ) from error
    if code in _FORBIDDEN:
        raise AccessError(
            f"{url} may not be read ({code}).",
            fix="The identity needs s3:GetObject on it, and s3:ListBucket on the bucket to tell what is missing.",
            code="access",
        ) from error
    raise AccessError(
        f"{url} cannot be fetched: {error}", fix="Try again, or copy it here first.", code="access"
    ) from error
