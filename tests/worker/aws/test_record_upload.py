from __future__ import annotations

import logging
from contextlib import suppress

import pytest
from botocore.exceptions import ClientError

from worker.aws import record_upload
from worker.aws.record_upload import blocks_of, upload
from worker.model import ErrorKind, ModelError

PLACE = {"Bucket": "b", "Key": "k", "ExpectedBucketOwner": "123456789012"}


class Client:
    """An S3 that notes what is asked of it, and fails at one of its operations."""

    def __init__(self, fails_at=""):
        self.fails_at = fails_at
        self.asked = []

    def __getattr__(self, operation):
        def ask(**arguments):
            self.asked.append((operation, arguments))
            if operation in self.fails_at.split():
                raise ClientError({"Error": {"Code": "SlowDown"}}, operation)
            return {"UploadId": "u", "ETag": "e", "ChecksumCRC32": "c"}

        return ask

    @property
    def operations(self):
        return [operation for operation, _ in self.asked]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(record_upload, "PART_BYTES", 10)


@pytest.mark.parametrize(
    ("parts", "blocks"),
    [
        ([], []),
        ([b"", b""], []),
        ([b"abc"], [b"abc"]),
        ([b"ab", b"", b"cd", b"e"], [b"abc", b"de"]),
        ([b"abcdefgh"], [b"abc", b"def", b"gh"]),
        ([b"abc", b"def"], [b"abc", b"def"]),
    ],
)
def test_parts_of_any_size_are_gathered_into_blocks_of_one(parts, blocks):
    assert list(blocks_of(parts, 3)) == blocks


@pytest.mark.parametrize("content", [b"", b"123456789"])
def test_what_is_small_is_written_at_once(content):
    client = Client()

    assert upload(client, "s3://b/k", PLACE, [content], {"ContentType": "t"}) == len(content)
    assert client.asked == [("put_object", {**PLACE, "ContentType": "t", "Body": content})]


def test_what_is_big_is_written_in_parts_with_their_checksums():
    client = Client()
    size = upload(client, "s3://b/k", PLACE, [b"0123456", b"789abcdefghijk"], {"SSEKMSKeyId": "key"})

    assert size == 21
    assert client.asked[0][1]["SSEKMSKeyId"] == "key"
    assert [sent["Body"] for operation, sent in client.asked if operation == "upload_part"] == [
        b"0123456789",
        b"abcdefghij",
        b"k",
    ]
    assert client.asked[-1] == (
        "complete_multipart_upload",
        {
            **PLACE,
            "UploadId": "u",
            "MultipartUpload": {
                "Parts": [{"PartNumber": number, "ETag": "e", "ChecksumCRC32": "c"} for number in (1, 2, 3)]
            },
        },
    )


def test_every_request_says_whose_bucket_it_has_to_be():
    for client in (Client(), Client(fails_at="complete_multipart_upload")):
        with suppress(ModelError):
            upload(client, "s3://b/k", PLACE, [b"0" * 25], {})

        assert {arguments.get("ExpectedBucketOwner") for _, arguments in client.asked} == {"123456789012"}


@pytest.mark.parametrize("operation", ["upload_part", "complete_multipart_upload"])
def test_an_upload_that_s3_breaks_off_is_given_up(operation):
    client = Client(fails_at=operation)
    with pytest.raises(ModelError) as raised:
        upload(client, "s3://b/k", PLACE, [b"0" * 25], {})

    assert raised.value.kind is ErrorKind.UNAVAILABLE
    assert client.operations[-1] == "abort_multipart_upload"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_upload_whose_content_breaks_off_is_given_up_and_the_error_stays_what_it_was(error):
    def parts():
        yield b"0" * 25
        raise error

    client = Client()
    with pytest.raises(error):
        upload(client, "s3://b/k", PLACE, parts(), {})

    assert client.operations[-1] == "abort_multipart_upload"
    assert "complete_multipart_upload" not in client.operations


def test_content_that_breaks_off_before_the_first_part_asks_for_nothing():
    def parts():
        yield b"0"
        raise KeyError("SKU")

    client = Client()
    with pytest.raises(KeyError):
        upload(client, "s3://b/k", PLACE, parts(), {})

    assert client.asked == []


def test_what_broke_an_upload_off_is_told_also_where_it_cannot_be_given_up(caplog):
    def parts():
        yield b"0" * 25
        raise KeyboardInterrupt

    client = Client(fails_at="abort_multipart_upload")
    with caplog.at_level(logging.WARNING), pytest.raises(KeyboardInterrupt):
        upload(client, "s3://b/k", PLACE, parts(), {})

    assert "unfinished upload of s3://b/k" in caplog.text
