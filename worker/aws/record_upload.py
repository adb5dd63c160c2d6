"""An object that is written to S3 while its content comes, in parts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from worker.aws.record_errors import Need, told

#: S3 takes 5 MiB to 5 GiB for a part, 10,000 parts of an object: 80 GB. Source: S3 user guide, qfacts, read 2026-11.
PART_BYTES = 8 << 20
_LOG = logging.getLogger("skuscribe.batch")


def upload(client: Any, uri: str, target: Mapping[str, str], parts: Iterable[bytes], kind: Mapping[str, str]) -> int:
    """Write an object, a small one at once, a big one in parts; give its bytes.

    It is there when it is whole: whatever breaks off, also in the parts themselves, leaves nothing behind.

    Args:
        client: boto3's client of S3.
        uri: What the object is called in messages.
        target: Its bucket and key, and the bucket's owner: all that names it in each of the operations.
        parts: Its content as it comes.
        kind: Its content type and encryption.
    """
    blocks = blocks_of(parts, PART_BYTES)
    first = next(blocks, b"")
    if len(first) < PART_BYTES:
        with told(uri, Need.WRITE):
            client.put_object(**target, **kind, Body=first)
        return len(first)
    with told(uri, Need.WRITE):
        begun = client.create_multipart_upload(**target, **kind, ChecksumAlgorithm="CRC32")["UploadId"]
    place = {**target, "UploadId": begun}
    try:
        size, sent = _send(client, uri, place, first, blocks)
        with told(uri, Need.WRITE):
            client.complete_multipart_upload(**place, MultipartUpload={"Parts": sent})
    except BaseException:
        _abort(client, uri, place)
        raise
    return size


def blocks_of(parts: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Gather parts of any size into blocks of one size; the last may be smaller, and is never empty."""
    gathered = bytearray()
    for part in parts:
        gathered += part
        while len(gathered) >= size:
            yield bytes(memoryview(gathered)[:size])
            del gathered[:size]
    if gathered:
        yield bytes(gathered)


def _send(
    client: Any, uri: str, place: Mapping[str, str], first: bytes, blocks: Iterator[bytes]
) -> tuple[int, list[dict[str, Any]]]:
    """Send the blocks one after another; give their bytes and what S3 is told of them in the end."""
    size, block = 0, first
    sent: list[dict[str, Any]] = []
    while block:
        number = len(sent) + 1
        with told(uri, Need.WRITE):
            answer = client.upload_part(**place, PartNumber=number, Body=block, ChecksumAlgorithm="CRC32")
        part = {"PartNumber": number, "ETag": answer["ETag"]}
        if checksum := answer.get("ChecksumCRC32"):
            part["ChecksumCRC32"] = checksum
        sent.append(part)
        size += len(block)
        block = next(blocks, b"")
    return size, sent


def _abort(client: Any, uri: str, place: Mapping[str, str]) -> None:
    """Drop what was sent; where that fails, a lifecycle rule of the bucket does it later."""
    try:
        client.abort_multipart_upload(**place)
    except Exception as error:  # noqa: BLE001 - what broke the upload off is told, not this
        _LOG.warning("An unfinished upload of %s is left in its bucket: %s", uri, error)
