from __future__ import annotations

import pytest

from templates.errors import AccessError, UserError
from worker.aws.objects import fetch_object

pytestmark = pytest.mark.servers

ERROR = '<?xml version="1.0"?><Error><Code>{}</Code><Message>No.</Message></Error>'


@pytest.fixture
def bucket(stand_in, keys, monkeypatch):  # noqa: ARG001 - credentials are needed to sign
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{stand_in.server.server_port}")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    return stand_in


def test_an_object_is_copied_to_its_last_byte(bucket, tmp_path):
    content = bytes(range(256)) * 9000
    bucket.answers["/shop-files/exports/Fr%C3%BChling%202026.csv"] = (200, content, {})
    fetch_object("s3://shop-files/exports/Frühling 2026.csv", tmp_path / "f.csv")
    assert (tmp_path / "f.csv").read_bytes() == content
    assert "AWS4-HMAC-SHA256" in bucket.requests[0][2]["Authorization"]


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (404, "NoSuchKey", (UserError, "does not exist")),
        (404, "NoSuchBucket", (UserError, "does not exist")),
        (403, "AccessDenied", (AccessError, "may not be read")),
        (500, "InternalError", (AccessError, "cannot be read")),
    ],
)
def test_what_s3_refuses_is_told_in_a_sentence(bucket, tmp_path, status, code, told):
    bucket.answers["/b/k.csv"] = (status, ERROR.format(code).encode(), {"content-type": "application/xml"})
    with pytest.raises(told[0], match=told[1]):
        fetch_object("s3://b/k.csv", tmp_path / "k.csv")


def test_an_object_that_breaks_off_is_not_taken_for_whole(bucket, tmp_path):
    def cut_off(handler):
        handler.send_response(200)
        handler.send_header("content-length", "1000")
        handler.end_headers()
        handler.wfile.write(b"SKU,Title\n1,a")
        handler.close_connection = True

    bucket.answers["/b/k.csv"] = cut_off
    with pytest.raises(AccessError, match="cannot be read"):
        fetch_object("s3://b/k.csv", tmp_path / "k.csv")


@pytest.mark.parametrize("url", ["s3://", "s3://bucket", "s3://bucket/folder/"])
def test_a_url_without_an_object_is_refused_before_anything_is_asked(url, tmp_path):
    with pytest.raises(UserError, match="does not name an object"):
        fetch_object(url, tmp_path / "k")


def test_without_credentials_the_sentence_says_so(stand_in, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{stand_in.server.server_port}")
    with pytest.raises(AccessError, match="credentials"):
        fetch_object("s3://b/k.csv", tmp_path / "k")
