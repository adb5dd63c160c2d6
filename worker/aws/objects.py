"""Objects in S3: sources that lie there, and the files that all workers share."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from templates.errors import AccessError, UserError, without_passwords
from worker.aws.client import open_client, session_for
from worker.aws.object_errors import Deed, broken_off, is_missing, is_refused, refused

SCHEME = "s3://"
_CHUNK_BYTES = 1 << 20
#: botocore's standard retries. That the engine alone tries again is a rule for requests to models, which are paid for.
_ATTEMPTS = 3
#: Source: docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, read 2026-11.
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
#: Metadata of an object: what its content is. An ETag tells that only of objects that were not uploaded in parts.
_DIGEST = "sha256"


def fetch_object(url: str, target: Path) -> None:
    """Copy `s3://bucket/key` into a file.

    Raises:
        UserError: it is no such URL, or nothing lies there.
        AccessError: no credentials, no permission, or S3 is out of reach.
    """
    bucket, _, key = url.removeprefix(SCHEME).partition("/")
    if not bucket or not key or key.endswith("/"):
        raise UserError(
            f"{url} does not name an object in S3.", fix="Write it as s3://BUCKET/FOLDER/FILE.xlsx.", code="source"
        )
    session = session_for()
    client = open_client(session, "s3", region=session.region_name or "us-east-1")
    with _told(url, Deed.READ):
        body = client.get_object(Bucket=bucket, Key=key)["Body"]
        with target.open("wb") as file:
            file.writelines(body.iter_chunks(_CHUNK_BYTES))


class Bucket:
    """The objects of a bucket below a prefix, each by a name with slashes.

    How they are encrypted is the bucket's own default.
    """

    def __init__(self, url: str) -> None:
        """Read `s3://bucket/prefix`; nothing is asked yet.

        Raises:
            UserError: it is no such URL.
        """
        self.name, _, prefix = url[len(SCHEME) :].partition("/")
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        if not _BUCKET_NAME.fullmatch(self.name):
            raise UserError(
                f'"{without_passwords(url)}" does not name a bucket of S3.',
                fix="Write it as s3://BUCKET/PREFIX: a bucket's name has 3 to 63 small letters, digits, dots and "
                "hyphens.",
                code="setting",
            )

    @property
    def url(self) -> str:
        """The bucket and prefix."""
        return f"{SCHEME}{self.name}/{self.prefix}".rstrip("/")

    def address(self, name: str) -> str:
        """URL of an object."""
        return f"{SCHEME}{self.name}/{self.prefix}{name}"

    def digest(self, name: str) -> str | None:
        """The sha256 that was noted with an object, "" when it is not known; None when there is no such object.

        To who may not list the bucket a missing object is forbidden, which leaves it open: what is done next with it
        is refused if we really may not. Source: API reference of HeadObject, read 2026-11.
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415 - boto3 is slow to import

        with _told(self.address(name), Deed.READ):
            try:
                found = self._client.head_object(Bucket=self.name, Key=self.prefix + name)
            except ClientError as error:
                if is_missing(error):
                    return None
                if is_refused(error):
                    return ""
                raise
        return str(found.get("Metadata", {}).get(_DIGEST, ""))

    def upload(self, local: Path, name: str, *, sha256: str) -> None:
        """Write an object, a big one in parts; it is there when it is whole.

        Raises:
            UserError: there is no such bucket.
            AccessError: no credentials, no permission, or S3 is out of reach.
        """
        with _told(self.address(name), Deed.WRITE), local.open("rb") as file:
            self._client.upload_fileobj(file, self.name, self.prefix + name, ExtraArgs={"Metadata": {_DIGEST: sha256}})

    def download(self, name: str, target: Path) -> None:
        """Copy an object into a file.

        Raises:
            FileNotFoundError: there is no such object.
            AccessError: no credentials, no permission, or S3 is out of reach.
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415 - boto3 is slow to import

        with _told(self.address(name), Deed.READ), target.open("wb") as file:
            try:
                self._client.download_fileobj(self.name, self.prefix + name, file)
            except ClientError as error:
                if is_missing(error):
                    raise FileNotFoundError(self.address(name)) from error
                raise

    def probe(self) -> None:
        """Write an object, read it back and remove it.

        Raises:
            UserError: there is no such bucket.
            AccessError: one of them is refused, or S3 is out of reach.
        """
        name = f"doctor/{secrets.token_hex(8)}"
        target = {"Bucket": self.name, "Key": self.prefix + name}
        content = secrets.token_bytes(16)
        with _told(self.address(name), Deed.WRITE):
            self._client.put_object(**target, Body=content)
        with _told(self.address(name), Deed.READ):
            found = self._client.get_object(**target)["Body"].read()
        with _told(self.address(name), Deed.REMOVE):
            self._client.delete_object(**target)
        if found != content:
            raise AccessError(
                f"An object that was written to {self.url} came back as another.",
                fix="Check what AWS_ENDPOINT_URL_S3 leads to.",
                code="files",
            )

    @cached_property
    def _client(self) -> Any:
        session = session_for()
        return open_client(
            session,
            "s3",
            region=session.region_name or "us-east-1",
            attempts=_ATTEMPTS,
            connect_timeout=5,
            read_timeout=60,
        )


@contextmanager
def _told(url: str, deed: Deed) -> Iterator[None]:
    """Say in a sentence what S3 refuses."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - boto3 is slow to import
    from s3transfer.exceptions import RetriesExceededError  # noqa: PLC0415 - as above

    try:
        yield
    except ClientError as error:
        raise refused(url, deed, error) from error
    except (BotoCoreError, RetriesExceededError) as error:
        raise broken_off(url, deed, error) from error
