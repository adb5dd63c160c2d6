"""S3 as the service role of a job sees it: the one module of the simulator that knows boto3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from worker.simulator.errors import ServiceError
from worker.simulator.invocation_jobs.role import RoleRefusedError

_READ_BYTES = 1 << 20
_CLIENT_ERRORS = range(400, 500)


class ServiceRole:
    """S3 through boto3; a stand-in for it, named by its endpoint, takes any credentials."""

    def __init__(self, endpoint: str, region: str) -> None:
        if not endpoint:
            self._client: Any = boto3.client("s3", region_name=region)
            return
        self._client = boto3.client(
            "s3",
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id="simulated",
            aws_secret_access_key="simulated",  # noqa: S106 - signs requests to a stand-in only
            config=Config(s3={"addressing_style": "path"}, proxies={}),
        )

    def create_bucket(self, name: str) -> None:
        """Make a bucket."""
        self._client.create_bucket(Bucket=name)

    def listed(self, uri: str, owner: str) -> list[tuple[str, int]]:
        """List the objects at a URI or below it: URI and bytes."""
        bucket, key = _parts(uri)
        with _told(uri):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key, **_owned(owner))
            found = [(each["Key"], each["Size"]) for page in pages for each in page.get("Contents", [])]
        folder = f"{key.rstrip('/')}/" if key else ""
        return [(f"s3://{bucket}/{name}", size) for name, size in found if name == key or name.startswith(folder)]

    def lines(self, uri: str, owner: str) -> Iterator[bytes]:
        """Stream the lines of an object, without their ends."""
        bucket, key = _parts(uri)
        with _told(uri):
            yield from self._client.get_object(Bucket=bucket, Key=key, **_owned(owner))["Body"].iter_lines(_READ_BYTES)

    def fetch(self, uri: str, owner: str, target: IO[bytes]) -> None:
        """Copy an object into a file."""
        bucket, key = _parts(uri)
        with _told(uri):
            for part in self._client.get_object(Bucket=bucket, Key=key, **_owned(owner))["Body"].iter_chunks(
                _READ_BYTES
            ):
                target.write(part)

    def put(self, uri: str, owner: str, source: IO[bytes], kms_key: str) -> None:
        """Write an object, in parts when it is large."""
        bucket, key = _parts(uri)
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
        extra = {**_owned(owner), **encryption}
        with _told(uri):
            self._client.upload_fileobj(source, bucket, key, ExtraArgs=extra, Config=TransferConfig(use_threads=False))


def _parts(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _owned(owner: str) -> dict[str, str]:
    return {"ExpectedBucketOwner": owner} if owner else {}


@contextmanager
def _told(uri: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        answer = error.response
        if answer["ResponseMetadata"]["HTTPStatusCode"] in _CLIENT_ERRORS:
            raise RoleRefusedError(f"{answer['Error'].get('Code')}: {uri}") from error
        raise _out_of_reach(error) from error
    except BotoCoreError as error:
        raise _out_of_reach(error) from error


def _out_of_reach(error: Exception) -> ServiceError:
    return ServiceError("InternalServerException", f"The simulator cannot reach S3: {error}")
