from __future__ import annotations

import tracemalloc
from types import SimpleNamespace
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore import endpoint
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer
from s3_stand_in import Kept, S3StandIn

from templates.errors import AccessError, UserError
from worker.aws import record_files, record_upload
from worker.aws.client import session_for, simulated_session
from worker.aws.record_errors import Need, refusal
from worker.aws.record_files import S3RecordFiles
from worker.model import ErrorKind, ModelError
from worker.simulator.local_s3 import BUCKET, local_s3

pytestmark = pytest.mark.servers

REGION = "eu-central-1"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
ROOT = "s3://shop-batch/skuscribe"


@pytest.fixture(autouse=True)
def no_waits(monkeypatch):
    monkeypatch.setattr(endpoint, "time", SimpleNamespace(sleep=lambda _: None))


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(moto):
    """An S3 of moto's with one bucket."""
    urlopen(Request(f"{moto}/moto-api/reset", method="POST")).close()  # noqa: S310 - a server of this test
    client = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=moto,
        aws_access_key_id="simulated",
        aws_secret_access_key="simulated",  # noqa: S106 - a key of nobody
    )
    client.create_bucket(Bucket="shop-batch", CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


@pytest.fixture
def files(moto, s3):  # noqa: ARG001 - the bucket is needed
    return S3RecordFiles(simulated_session(REGION), region=REGION, endpoint_url=moto)


@pytest.fixture
def frail():
    """An S3 that refuses, is busy and breaks off."""
    with S3StandIn("shop-batch") as stand_in:
        yield stand_in


@pytest.fixture
def frail_files(frail):
    return S3RecordFiles(simulated_session(REGION), region=REGION, endpoint_url=frail.endpoint)


def test_a_small_object_comes_back_line_by_line(files, s3):
    assert files.write(f"{ROOT}/a.jsonl", [b'{"a":1}\n{"b"', b":2}\n", "ü\n".encode()]) == 19
    assert list(files.lines(f"{ROOT}/a.jsonl")) == [b'{"a":1}', b'{"b":2}', "ü".encode()]
    assert s3.head_object(Bucket="shop-batch", Key="skuscribe/a.jsonl")["ContentType"] == "application/jsonl"


def test_a_big_object_goes_in_parts_and_comes_back_whole(files, s3):
    line = b"0123456789abcdef" * 64 + b"\n"
    size = files.write(f"{ROOT}/a.jsonl", (line for _ in range(20_000)))
    head = s3.head_object(Bucket="shop-batch", Key="skuscribe/a.jsonl")

    assert size == head["ContentLength"] == 20_000 * len(line)
    assert head["ETag"].endswith('-3"')
    assert sum(found == line[:-1] for found in files.lines(f"{ROOT}/a.jsonl")) == 20_000


def test_what_breaks_off_leaves_neither_object_nor_parts(files, s3, monkeypatch):
    monkeypatch.setattr(record_upload, "PART_BYTES", 5 << 20)

    def parts():
        yield b"0" * (6 << 20)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.write(f"{ROOT}/a.jsonl", parts())

    assert files.listed(ROOT) == []
    assert s3.list_multipart_uploads(Bucket="shop-batch").get("Uploads", []) == []


@pytest.mark.parametrize("size", [10, 9 << 20])
def test_a_key_encrypts_what_is_written(moto, s3, size):
    keyed = S3RecordFiles(simulated_session(REGION), region=REGION, endpoint_url=moto, kms_key=KEY)
    keyed.write(f"{ROOT}/a.jsonl", [b"0" * size])
    head = s3.head_object(Bucket="shop-batch", Key="skuscribe/a.jsonl")

    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", KEY)


def test_nothing_is_done_with_a_bucket_of_another_account():
    with local_s3("127.0.0.1") as endpoint:
        ours, theirs = (
            S3RecordFiles(simulated_session(REGION), region=REGION, endpoint_url=endpoint, owner=owner)
            for owner in ("123456789012", "210987654321")
        )
        uri = f"s3://{BUCKET}/a.jsonl"
        ours.write(uri, [b"ours"])
        for deed in (
            lambda: theirs.write(uri, [b"theirs"]),
            lambda: theirs.write(uri, [bytes(9 << 20)]),
            lambda: list(theirs.lines(uri)),
            lambda: theirs.listed(f"s3://{BUCKET}/"),
            lambda: theirs.remove([uri]),
        ):
            with pytest.raises(AccessError) as raised:
                deed()
            assert "SKUSCRIBE_BATCH_BUCKET_OWNER" in raised.value.fix

        assert list(ours.lines(uri)) == [b"ours"]
        assert ours.write(f"s3://{BUCKET}/big.jsonl", [bytes(9 << 20)]) == 9 << 20
        assert ours.remove(ours.listed(f"s3://{BUCKET}/")) == 2


@pytest.mark.parametrize(
    ("content", "lines"),
    [(b"", []), (b"\n", [b""]), (b"a", [b"a"]), (b"a\n\nb", [b"a", b"", b"b"])],
)
def test_lines_are_what_stands_between_their_ends(files, content, lines):
    files.write(f"{ROOT}/a", [content])

    assert list(files.lines(f"{ROOT}/a")) == lines


def test_lines_are_whole_wherever_the_chunks_end(files, monkeypatch):
    monkeypatch.setattr(record_files, "_CHUNK_BYTES", 7)
    content = b"\n".join(b"x" * length for length in range(30))
    files.write(f"{ROOT}/a", [content])

    assert list(files.lines(f"{ROOT}/a")) == content.split(b"\n")


def test_objects_below_a_prefix_are_listed_and_removed_page_by_page(files, monkeypatch):
    monkeypatch.setattr(record_files, "_PAGE", 2)
    for name in ("many/0", "many/1", "many/2", "many/3", "many/4", "many-more/0"):
        files.write(f"{ROOT}/{name}", [b""])
    found = files.listed(f"{ROOT}/many/")

    assert found == [f"{ROOT}/many/{number}" for number in range(5)]
    assert files.remove([*found, found[0]]) == 5
    assert files.listed("s3://shop-batch/") == [f"{ROOT}/many-more/0"]


def test_removing_nothing_asks_nothing(frail, frail_files):
    assert frail_files.remove([]) == 0
    assert not frail.counts


def test_an_object_that_is_not_there_says_so(files):
    with pytest.raises(FileNotFoundError):
        list(files.lines(f"{ROOT}/none"))


def test_a_bucket_that_is_not_there_is_told_with_its_setting(files):
    for work in (
        lambda: files.write("s3://other-bucket/a", [b"a"]),
        lambda: list(files.lines("s3://other-bucket/a")),
        lambda: files.listed("s3://other-bucket/"),
        lambda: files.remove(["s3://other-bucket/a"]),
    ):
        with pytest.raises(UserError, match="no bucket other-bucket") as raised:
            work()
        assert "SKUSCRIBE_BATCH_BUCKET" in raised.value.fix


@pytest.mark.parametrize("uri", ["shop-batch/a", "s3://"])
def test_what_is_no_place_in_s3_is_refused(files, uri):
    with pytest.raises(UserError, match="does not name a place"):
        files.write(uri, [])


@pytest.mark.parametrize(
    ("action", "work"),
    [
        ("s3:PutObject", lambda files: files.write(f"{ROOT}/a", [b"a"])),
        ("s3:GetObject", lambda files: list(files.lines(f"{ROOT}/a"))),
    ],
)
def test_what_is_refused_names_the_action_that_the_identity_lacks(frail, frail_files, action, work):
    frail.refused.add(action)
    with pytest.raises(AccessError, match=ROOT) as raised:
        work(frail_files)

    assert action in raised.value.fix
    assert "skuscribe policy --lane batch" in raised.value.fix


def test_an_s3_that_is_busy_for_a_moment_is_waited_for(frail, frail_files):
    frail.busy = 2

    assert frail_files.write(f"{ROOT}/a", [b"a"]) == 1


@pytest.mark.parametrize(
    "work", [lambda files: files.write(f"{ROOT}/a", [b"a"]), lambda files: list(files.lines(f"{ROOT}/a"))]
)
def test_an_s3_that_stays_busy_passes(frail, frail_files, work):
    frail.busy = 100
    with pytest.raises(ModelError) as raised:
        work(frail_files)

    assert raised.value.kind is ErrorKind.UNAVAILABLE


def test_a_reading_that_breaks_off_goes_on_where_it_was(frail, frail_files):
    content = b"".join(b"%06d\n" % number for number in range(500_000))
    frail.objects["shop-batch/skuscribe/a"] = Kept(content)
    frail.cut_off = 3

    assert b"\n".join(frail_files.lines(f"{ROOT}/a")) == content[:-1]
    assert frail.counts["GET"] == 4


def test_a_reading_that_gets_nowhere_is_given_up(frail, frail_files):
    # After the first reply there is one byte left, and half of one is none.
    frail.objects["shop-batch/skuscribe/a"] = Kept(b"ab")
    frail.cut_off = 100
    with pytest.raises(ModelError, match="connection to S3 broke") as raised:
        list(frail_files.lines(f"{ROOT}/a"))

    assert raised.value.kind is ErrorKind.TRANSPORT
    assert frail.counts["GET"] == 1 + record_files._RESUMES


def test_an_object_that_changes_while_it_is_read_is_not_mixed(files, s3, monkeypatch):
    files.write(f"{ROOT}/a", [b"old\n" * 10])
    real = files._client.get_object

    def breaks_off(**asked):
        answer = real(**asked)
        if "Range" not in asked:
            answer["Body"] = SimpleNamespace(iter_chunks=broken, close=lambda: None)
        return answer

    def broken(_):
        yield b"old\nold\n"
        s3.put_object(Bucket="shop-batch", Key="skuscribe/a", Body=b"new\n" * 10)
        raise ConnectionResetError

    monkeypatch.setattr(files, "_client", SimpleNamespace(get_object=breaks_off))
    with pytest.raises(ModelError, match="PreconditionFailed"):
        list(files.lines(f"{ROOT}/a"))


def test_reading_goes_on_at_motos_s3_too(files, monkeypatch):
    content = b"".join(b"%04d\n" % number for number in range(100))
    files.write(f"{ROOT}/a", [content])
    real = files._client.get_object
    left = [3]

    def breaks_off(**asked):
        answer = real(**asked)
        if left[0]:
            left[0] -= 1
            body = answer["Body"]
            answer["Body"] = SimpleNamespace(iter_chunks=lambda _: broken(body), close=body.close)
        return answer

    def broken(body):
        yield body.read(33)
        raise ConnectionResetError

    monkeypatch.setattr(files, "_client", SimpleNamespace(get_object=breaks_off))

    assert b"\n".join(files.lines(f"{ROOT}/a")) == content[:-1]


def test_a_reading_that_breaks_after_the_last_byte_is_whole(files, monkeypatch):
    files.write(f"{ROOT}/a", [b"a\nb\n"])

    def broken(_):
        yield b"a\nb\n"
        raise ConnectionResetError

    body = SimpleNamespace(iter_chunks=broken, close=lambda: None)
    answer = {"Body": body, "ETag": '"e"', "ContentLength": 4}
    monkeypatch.setattr(files, "_client", SimpleNamespace(get_object=lambda **_: answer))

    assert list(files.lines(f"{ROOT}/a")) == [b"a", b"b"]


def test_a_stand_in_that_knows_no_ranges_is_not_read_twice(files, monkeypatch):
    def broken(_):
        yield b"a\n"
        raise ConnectionResetError

    body = SimpleNamespace(iter_chunks=broken, close=lambda: None)
    answer = {"Body": body, "ETag": '"e"', "ContentLength": 4}
    monkeypatch.setattr(files, "_client", SimpleNamespace(get_object=lambda **_: answer))
    with pytest.raises(ModelError, match="does not give the rest"):
        list(files.lines(f"{ROOT}/a"))


def test_memory_stays_flat_however_big_the_object(frail, frail_files):
    line = b"x" * 1023 + b"\n"
    frail.objects["shop-batch/skuscribe/a"] = Kept(line * (48 << 10))
    tracemalloc.start()
    try:
        count = sum(1 for _ in frail_files.lines(f"{ROOT}/a"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert count == 48 << 10
    assert peak < 12 << 20


@pytest.mark.usefixtures("keys")
def test_s3_is_found_as_every_boto3_program_finds_it(frail, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", frail.endpoint)
    S3RecordFiles(session_for(), region=REGION).write(f"{ROOT}/a", [b"a"])

    assert frail.objects["shop-batch/skuscribe/a"].content == b"a"


def test_without_credentials_the_sentence_says_so(frail, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", frail.endpoint)
    with pytest.raises(AccessError, match="credentials") as raised:
        S3RecordFiles(session_for(), region=REGION).write(f"{ROOT}/a", [b"a"])

    assert raised.value.code == "credentials"


@pytest.mark.usefixtures("keys")
def test_an_s3_that_is_out_of_reach_passes(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match="connection to S3 broke") as raised:
        S3RecordFiles(session_for(), region=REGION).write(f"{ROOT}/a", [b"a"])

    assert raised.value.kind is ErrorKind.TRANSPORT


@pytest.mark.parametrize(
    ("code", "said", "status", "kind", "told"),
    [
        ("AccessDenied", "not authorized to perform: kms:GenerateDataKey", 403, AccessError, "with its KMS key"),
        ("KMS.NotFoundException", "Key does not exist", 400, AccessError, "with its KMS key"),
        ("NoSuchUpload", "Gone", 404, ModelError, "at the moment"),
        ("InternalError", "No.", 500, ModelError, "at the moment"),
        ("InvalidAccessKeyId", "No.", 403, AccessError, "credentials"),
        ("EntityTooLarge", "Too large.", 400, AccessError, "EntityTooLarge"),
    ],
)
def test_each_refusal_says_whether_it_passes_or_what_to_mend(code, said, status, kind, told):
    answer = {"Error": {"Code": code, "Message": said}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error = refusal(f"{ROOT}/a", Need.WRITE, ClientError(answer, "PutObject"))

    assert type(error) is kind
    assert told in error.message


def test_an_object_that_may_not_be_removed_is_told(files, monkeypatch):
    answer = {"Errors": [{"Key": "skuscribe/a", "Code": "AccessDenied", "Message": "No."}], "Deleted": []}
    monkeypatch.setattr(files, "_client", SimpleNamespace(delete_objects=lambda **_: answer))
    with pytest.raises(AccessError, match=r"skuscribe/a may not be removed") as raised:
        files.remove([f"{ROOT}/a"])

    assert "s3:DeleteObject" in raised.value.fix
