"""The objects of the batch bucket, by their whole URIs: streamed there, streamed back, listed and removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from templates.errors import UserError
from worker.aws.client import open_client
from worker.aws.object_errors import is_missing
from worker.aws.record_errors import BROKEN, Need, lost, refusal, told
from worker.aws.record_upload import upload
from worker.model import ErrorKind, ModelError

if TYPE_CHECKING:
    from boto3 import Session

_SCHEME = "s3://"
_CHUNK_BYTES = 1 << 20
#: Times in a row that a reading goes on after its connection broke and nothing had come.
_RESUMES = 4
#: Objects of one ListObjectsV2 or DeleteObjects. Source: S3 API reference, both operations, read 2026-11.
_PAGE = 1000
#: botocore's standard retries: what is asked of S3 is not paid for by the token.
_ATTEMPTS = 3


class S3RecordFiles:
    """`RecordFiles` over S3; a KMS key encrypts what is written, without one the bucket's own default does."""

    def __init__(
        self, session: Session, *, region: str, endpoint_url: str | None = None, kms_key: str = "", owner: str = ""
    ) -> None:
        """Open it; S3 refuses whatever is asked of a bucket that is not of the account `owner`, "" for anybody's.

        Raises:
            AccessError: the AWS configuration cannot be used.
        """
        # A stand-in at a port has no host names of buckets.
        options = {"s3": {"addressing_style": "path"}} if endpoint_url else {}
        self._client: Any = open_client(
            session,
            "s3",
            region=region,
            endpoint_url=endpoint_url,
            attempts=_ATTEMPTS,
            connect_timeout=5,
            read_timeout=60,
            **options,
        )
        self._owned = {"ExpectedBucketOwner": owner} if owner else {}
        self._kind = {"ContentType": "application/jsonl"}
        if kms_key:
            self._kind |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key}

    def write(self, uri: str, parts: Iterable[bytes]) -> int:
        """Stream an object there, in parts as they come; give its bytes. Nothing is left of one that breaks off."""
        return upload(self._client, uri, self._target(uri), parts, self._kind)

    def lines(self, uri: str) -> Iterator[bytes]:
        r"""Stream the lines of an object, without the `\n` at their ends; a broken connection is taken up again.

        Raises:
            FileNotFoundError: there is none.
        """
        rest = b""
        for chunk in self._chunks(uri):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole
        if rest:
            yield rest

    def listed(self, prefix: str) -> Sequence[str]:
        """List the objects below a prefix, by URI."""
        bucket, key = _split(prefix)
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=key, **self._owned, PaginationConfig={"PageSize": _PAGE}
        )
        with told(prefix, Need.LIST):
            return [f"{_SCHEME}{bucket}/{found['Key']}" for page in pages for found in page.get("Contents") or ()]

    def remove(self, uris: Sequence[str]) -> int:
        """Remove objects; give how many are gone, those that S3 did not have included."""
        keys: dict[str, list[str]] = {}
        for uri in dict.fromkeys(uris):
            target = self._target(uri)
            keys.setdefault(target["Bucket"], []).append(target["Key"])
        removed = 0
        for bucket, of_bucket in keys.items():
            for start in range(0, len(of_bucket), _PAGE):
                removed += self._remove(bucket, of_bucket[start : start + _PAGE])
        return removed

    def _remove(self, bucket: str, keys: Sequence[str]) -> int:
        with told(f"{_SCHEME}{bucket}/{keys[0]}", Need.REMOVE):
            named = {"Objects": [{"Key": key} for key in keys]}
            answer = self._client.delete_objects(Bucket=bucket, Delete=named, **self._owned)
        for failed in answer.get("Errors") or ():
            code, said = str(failed.get("Code", "")), str(failed.get("Message", ""))
            error = ClientError({"Error": {"Code": code, "Message": said}}, "DeleteObjects")
            raise refusal(f"{_SCHEME}{bucket}/{failed.get('Key', '')}", Need.REMOVE, error)
        return len(answer.get("Deleted") or ())

    def _chunks(self, uri: str) -> Iterator[bytes]:
        """Stream the bytes of an object; where the connection breaks, the rest of the same object is asked for."""
        at, failures = 0, 0
        answer = self._opened(uri)
        etag, size = str(answer.get("ETag") or ""), answer.get("ContentLength")
        while True:
            body = answer["Body"]
            try:
                for chunk in body.iter_chunks(_CHUNK_BYTES):
                    at, failures = at + len(chunk), 0
                    yield chunk
            except BROKEN as error:
                failures += 1
                if failures > _RESUMES or not etag:
                    raise lost(uri, Need.READ, error) from error
            else:
                return
            finally:
                body.close()
            if at == size:
                return
            answer = self._resumed(uri, at, etag)

    def _opened(self, uri: str) -> Any:
        with told(uri, Need.READ):
            try:
                return self._client.get_object(**self._target(uri))
            except ClientError as error:
                if is_missing(error) and _code_of(error) != "NoSuchBucket":
                    raise FileNotFoundError(uri) from error
                raise

    def _resumed(self, uri: str, at: int, etag: str) -> Any:
        with told(uri, Need.READ):
            answer = self._client.get_object(**self._target(uri), Range=f"bytes={at}-", IfMatch=etag)
        if not str(answer.get("ContentRange") or "").startswith(f"bytes {at}-"):
            raise ModelError(
                f"{uri} broke off at byte {at:,}, and what stands in for S3 does not give the rest of an object.",
                kind=ErrorKind.TRANSPORT,
                fix="Check what AWS_ENDPOINT_URL_S3 leads to.",
            )
        return answer

    def _target(self, uri: str) -> dict[str, str]:
        bucket, key = _split(uri)
        return {"Bucket": bucket, "Key": key, **self._owned}


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix(_SCHEME).partition("/")
    if not uri.startswith(_SCHEME) or not bucket:
        raise UserError(
            f'"{uri}" does not name a place in S3.', fix="Write it as s3://BUCKET/PREFIX.", code="batch_bucket"
        )
    return bucket, key


def _code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
