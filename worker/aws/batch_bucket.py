"""The bucket of the batch lane, as `doctor` looks at it.

Source: S3 API reference, HeadBucket, GetBucketLifecycleConfiguration and ErrorResponses, read 2026-11; botocore 1.44.5,
ExpectedBucketOwner of each operation here: a bucket of another account is refused with 403.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from templates.errors import AccessError
from worker.aws.asking import ask
from worker.aws.client import probe_client
from worker.aws.object_errors import OWNER, Deed, broken_off, refused
from worker.aws.objects import Bucket

if TYPE_CHECKING:
    from boto3 import Session

_SET_LIFECYCLE = (
    '`skuscribe policy --lane batch` prints one as "lifecycle", which `aws s3api put-bucket-lifecycle-configuration '
    "--bucket {bucket} --lifecycle-configuration file://lifecycle.json` sets in place of all rules that it has."
)


def look_at_bucket(
    session: Session, bucket: Bucket, *, owner: str, region: str, kms_key: str, timeout_hours: int, warnings: list[str]
) -> str:
    """Write an object below the prefix, read, list and remove it; then look where the bucket is and what expires.

    `owner`: the AWS account that it has to be of, "" for anybody's.

    Raises:
        UserError: there is no such bucket.
        AccessError: one of them is refused, or S3 is out of reach.
    """
    client = probe_client(session, "s3", region=region)
    owned = {"ExpectedBucketOwner": owner} if owner else {}
    _probe(client, bucket, owned, kms_key)
    found = _region_of(client, bucket, owned)
    if found and found != region:
        warnings.append(f"It is in {found}, and Bedrock is called in {region}: use a bucket in the same Region.")
    days = _expiry(client, bucket, owned, warnings)
    if days is not None and days * 24 <= timeout_hours:
        warnings.append(
            f"Objects expire after {days} days, and a job may take {timeout_hours} hours: results would be lost before"
            " they are read."
        )
    expiry = "" if days is None else f", objects expire after {days} days"
    return f"{bucket.url} can be written, read and listed{f', in {found}' if found else ''}{expiry}"


def expires_after(rules: Iterable[Mapping[str, Any]], prefix: str) -> int | None:
    """Say after how many days a lifecycle removes all objects below a prefix, None when no rule does."""
    days = [
        int(rule["Expiration"]["Days"])
        for rule in rules
        if rule.get("Status") == "Enabled"
        and "Days" in (rule.get("Expiration") or {})
        and (below := _whole_prefix(rule)) is not None
        and prefix.startswith(below)
    ]
    return min(days, default=None)


def _whole_prefix(rule: Mapping[str, Any]) -> str | None:
    """Give the prefix below which a rule takes every object, None when it goes by tags or sizes."""
    named = rule.get("Filter")
    if named is None:
        return str(rule.get("Prefix") or "")
    return str(named.get("Prefix") or "") if set(named) <= {"Prefix"} else None


def _probe(client: Any, bucket: Bucket, owned: Mapping[str, str], kms_key: str) -> None:
    key, content = f"{bucket.prefix}doctor/{secrets.token_hex(8)}", secrets.token_bytes(16)
    url, target = f"s3://{bucket.name}/{key}", {"Bucket": bucket.name, "Key": key, **owned}
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
    with _told(url, Deed.WRITE):
        client.put_object(**target, Body=content, **encrypted)
    try:
        with _told(url, Deed.READ):
            read = client.get_object(**target)["Body"].read()
        with _told(bucket.url, Deed.READ, needs="s3:ListBucket"):
            listed = client.list_objects_v2(Bucket=bucket.name, Prefix=key, **owned).get("Contents") or []
    finally:
        with _told(url, Deed.REMOVE):
            client.delete_object(**target)
    if read != content or [one.get("Key") for one in listed] != [key]:
        raise AccessError(
            f"An object that was written to {bucket.url} came back as another.",
            fix="Check what AWS_ENDPOINT_URL_S3 leads to.",
            code="files",
        )


def _region_of(client: Any, bucket: Bucket, owned: Mapping[str, str]) -> str:
    """Ask where a bucket is; S3 tells that also to whom it refuses the rest. "" when it does not."""
    reply = ask(client, "head_bucket", Bucket=bucket.name, **owned).reply
    headers = reply.get("ResponseMetadata", {}).get("HTTPHeaders") or {}
    return str(reply.get("BucketRegion") or headers.get("x-amz-bucket-region") or "")


def _expiry(client: Any, bucket: Bucket, owned: Mapping[str, str], warnings: list[str]) -> int | None:
    """Ask after how many days objects expire; None with a warning when they do not, or it cannot be asked."""
    answer = ask(client, "get_bucket_lifecycle_configuration", Bucket=bucket.name, **owned)
    if answer.why and answer.code != "NoSuchLifecycleConfiguration":
        needs = "" if not answer.code else " It takes s3:GetLifecycleConfiguration."
        warnings.append(f"Whether objects expire could not be read: {answer.why}.{needs}")
        return None
    rules = answer.reply.get("Rules") or []
    days = expires_after(rules, bucket.prefix)
    if days is None:
        warnings.append(
            "No lifecycle rule removes what nobody removes with `skuscribe batch clean`: "
            + _SET_LIFECYCLE.format(bucket=bucket.name)
        )
    return days


@contextmanager
def _told(url: str, deed: Deed, *, needs: str = "") -> Iterator[None]:
    """Say in a sentence what S3 refuses."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - boto3 is slow to import

    try:
        yield
    except ClientError as error:
        told = refused(url, deed, error)
        if told.code == "access":
            missing = f"The identity needs {needs} on the bucket. " if needs else ""
            told.fix = f"{missing}{told.fix} For the batch lane: `skuscribe policy --lane batch`. {OWNER}"
        raise told from error
    except Exception as error:
        raise broken_off(url, deed, error) from error
