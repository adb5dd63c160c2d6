from __future__ import annotations

import json
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore import endpoint
from botocore.exceptions import ReadTimeoutError

from worker.aws.client import session_for, simulated_session
from worker.aws.invocation_jobs import InvocationJobs
from worker.aws.job_refusals import order_error
from worker.inference_jobs import JobOrder, JobView, RecordFormat
from worker.model import ErrorKind, ModelError

pytestmark = pytest.mark.servers

REGION = "eu-central-1"
ARN = f"arn:aws:bedrock:{REGION}:123456789012:model-invocation-job/abc123abc123"
NAME = "skuscribe-j7-a1"
ROLE = "arn:aws:iam::123456789012:role/batch"
MODEL = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"


def order(**changes):
    return JobOrder(
        **{
            "name": NAME,
            "token": "ab" * 32,
            "model": MODEL,
            "role_arn": ROLE,
            "format": RecordFormat.CONVERSE,
            "input_uri": "s3://shop-batch/j7/a1/records.jsonl",
            "output_uri": "s3://shop-batch/j7/a1/out/",
            "kms_key": "",
            "timeout_hours": 72,
            "tags": {"skuscribe-job": "j7"},
            **changes,
        }
    )


def listed(name=NAME, arn=ARN, status="InProgress"):
    return {
        "jobArn": arn,
        "jobName": name,
        "modelId": MODEL,
        "roleArn": ROLE,
        "status": status,
        "submitTime": "2026-11-22T10:00:00Z",
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://shop-batch/j7/a1/records.jsonl"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://shop-batch/j7/a1/out/"}},
    }


@pytest.fixture(autouse=True)
def no_waits(monkeypatch):
    monkeypatch.setattr(endpoint, "time", SimpleNamespace(sleep=lambda _: None))


@pytest.fixture
def jobs(stand_in):
    return InvocationJobs(simulated_session(REGION), region=REGION, endpoint_url=stand_in.url)


def refuse(stand_in, path, code, message, *, status=400):
    stand_in.says(path, {"message": message}, status=status, x_amzn_errortype=code)


def test_a_job_is_asked_for_with_everything_that_its_order_says(stand_in, jobs):
    stand_in.says("/model-invocation-job", {"jobArn": ARN})

    assert jobs.create(order(kms_key="alias/batch", bucket_owner="123456789012")) == ARN
    assert json.loads(stand_in.requests[0][3]) == {
        "jobName": NAME,
        "clientRequestToken": "ab" * 32,
        "roleArn": ROLE,
        "modelId": MODEL,
        "modelInvocationType": "Converse",
        "inputDataConfig": {
            "s3InputDataConfig": {
                "s3Uri": "s3://shop-batch/j7/a1/records.jsonl",
                "s3InputFormat": "JSONL",
                "s3BucketOwner": "123456789012",
            }
        },
        "outputDataConfig": {
            "s3OutputDataConfig": {
                "s3Uri": "s3://shop-batch/j7/a1/out/",
                "s3EncryptionKeyId": "alias/batch",
                "s3BucketOwner": "123456789012",
            }
        },
        "timeoutDurationInHours": 72,
        "tags": [{"key": "skuscribe-job", "value": "j7"}],
    }


def test_what_is_not_known_is_not_sent(stand_in, jobs):
    stand_in.says("/model-invocation-job", {"jobArn": ARN})
    jobs.create(order())
    sent = stand_in.requests[0][3]

    assert b"s3EncryptionKeyId" not in sent
    assert b"s3BucketOwner" not in sent


@pytest.mark.usefixtures("keys")
def test_bedrock_is_found_as_every_boto3_program_finds_it(stand_in, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK", stand_in.url)
    stand_in.says("/model-invocation-job/", listed())

    assert InvocationJobs(session_for(), region=REGION).get(ARN).name == NAME


@pytest.mark.parametrize("status", [500, 503, 504, 429])
def test_a_job_is_never_asked_for_twice_by_boto3(stand_in, jobs, status):
    stand_in.says("/model-invocation-job", {"message": "No."}, status=status)
    with pytest.raises(ModelError):
        jobs.create(order())

    assert len(stand_in.requests) == 1


def test_a_connection_that_breaks_is_not_tried_again_either(stand_in, jobs, wire):
    stand_in.answers["/model-invocation-job"] = wire.hang_up
    with pytest.raises(ModelError) as raised:
        jobs.create(order())

    assert raised.value.kind is ErrorKind.TRANSPORT
    assert len(stand_in.requests) == 1


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (
            ("ServiceQuotaExceededException", 400, "Too many jobs."),
            (ErrorKind.QUOTA, "All batch jobs that the account may have", "Service Quotas"),
        ),
        (("ThrottlingException", 429, "Rate exceeded"), (ErrorKind.THROTTLED, "too often", "by itself")),
        (("InternalServerException", 500, "No."), (ErrorKind.INTERNAL, "error of its own", "by itself")),
        (("ServiceUnavailableException", 503, "No."), (ErrorKind.UNAVAILABLE, "busy", "by itself")),
        (("ConflictException", 400, "Token in use"), (ErrorKind.UNAVAILABLE, f"the name {NAME} already", "by itself")),
        (
            ("AccessDeniedException", 403, f"User: x is not authorized to perform: iam:PassRole on resource: {ROLE}"),
            (ErrorKind.FORBIDDEN, f"hand the role {ROLE}", "skuscribe policy --lane batch"),
        ),
        (
            (
                "AccessDeniedException",
                403,
                "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: bedrock:CreateModelInvocationJob",
            ),
            (ErrorKind.FORBIDDEN, f"does not allow the batch job {NAME}", "skuscribe policy --lane batch"),
        ),
        (
            ("AccessDeniedException", 403, "Submit the use case details first"),
            (ErrorKind.FORBIDDEN, "use case", "use-case form"),
        ),
        (
            ("ValidationException", 400, "Could not assume the provided IAM role"),
            (ErrorKind.REJECTED, f"take on the role {ROLE}", "skuscribe doctor"),
        ),
        (
            ("ValidationException", 400, "Cannot access the S3 bucket"),
            (ErrorKind.REJECTED, "s3://shop-batch/j7/a1/out/", "SKUSCRIBE_BATCH_BUCKET"),
        ),
        (
            ("ValidationException", 400, "A minimum of 100 records is needed"),
            (ErrorKind.REJECTED, "outside of what the account may put", "SKUSCRIBE_BATCH_LEAST_RECORDS"),
        ),
        (
            ("ValidationException", 400, "The KMS key is disabled"),
            (ErrorKind.REJECTED, "KMS key of the batch job", "SKUSCRIBE_BATCH_KMS_KEY"),
        ),
        (
            ("ValidationException", 400, "Batch inference is not supported for it"),
            (ErrorKind.NO_MODEL, f"{MODEL} takes no batch jobs", "--lane on-demand"),
        ),
        (
            ("ValidationException", 400, "The provided model identifier is invalid."),
            (ErrorKind.NO_MODEL, f"no model {MODEL}", "--model"),
        ),
        (
            ("ValidationException", 400, "Something newer {than} this"),
            (ErrorKind.REJECTED, "AWS says: Something newer {than} this", "skuscribe doctor"),
        ),
        (("ResourceNotFoundException", 404, "Gone"), (ErrorKind.NO_MODEL, f"no model {MODEL}", "--model")),
        (("ExpiredTokenException", 403, "No."), (ErrorKind.CREDENTIALS, "sign-in has expired", "aws sso login")),
        (("", 413, "No."), (ErrorKind.REJECTED, "request of this size", "lane")),
    ],
)
def test_what_bedrock_refuses_of_a_job_tells_what_to_mend(stand_in, jobs, answer, meaning):
    (code, status, said), (kind, told, fix) = answer, meaning
    refuse(stand_in, "/model-invocation-job", code, said, status=status)
    with pytest.raises(ModelError) as raised:
        jobs.create(order())

    assert raised.value.kind is kind
    assert told in raised.value.message
    assert fix in raised.value.fix


def test_an_answer_without_an_arn_is_no_job(stand_in, jobs):
    stand_in.says("/model-invocation-job", {})
    with pytest.raises(ModelError, match="no jobArn") as raised:
        jobs.create(order())

    assert raised.value.kind is ErrorKind.TRANSPORT


def test_an_order_that_botocore_refuses_is_rejected_before_it_is_sent(stand_in, jobs):
    with pytest.raises(ModelError, match="not one that Bedrock takes") as raised:
        jobs.create(order(name=""))

    assert raised.value.kind is ErrorKind.REJECTED
    assert stand_in.requests == []


@pytest.mark.usefixtures("keys")
def test_a_bedrock_that_is_out_of_reach_passes(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match="cannot be reached") as raised:
        InvocationJobs(session_for(), region=REGION).create(order())

    assert raised.value.kind is ErrorKind.TRANSPORT


def test_a_job_is_found_by_its_whole_name_on_any_page(stand_in, jobs):
    pages = {
        "": {"invocationJobSummaries": [listed(f"{NAME}1")], "nextToken": "more"},
        "more": {"invocationJobSummaries": [listed(f"x{NAME}"), listed(arn=ARN)], "nextToken": "not-needed"},
    }
    asked = []

    def answer(handler):
        query = {name: values[0] for name, values in parse_qs(urlsplit(handler.path).query).items()}
        asked.append(query)
        content = json.dumps(pages[query.get("nextToken", "")]).encode()
        handler.send_response(200)
        handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    stand_in.answers["/model-invocation-jobs"] = answer

    assert jobs.find(NAME).arn == ARN
    assert [query["nameContains"] for query in asked] == [NAME, NAME]
    assert asked[0]["sortOrder"] == "Descending"


def test_a_name_that_no_job_has_is_not_found(stand_in, jobs):
    stand_in.says("/model-invocation-jobs", {"invocationJobSummaries": [listed(f"{NAME}-2")]})

    assert jobs.find(NAME) is None


def test_a_job_is_seen_with_its_counters_and_its_end(stand_in, jobs):
    ended = {"endTime": "2026-11-22T11:00:00.5Z", "status": "PartiallyCompleted", "message": "Too slow."}
    counts = {"totalRecordCount": 120, "processedRecordCount": 110, "successRecordCount": 107, "errorRecordCount": 3}
    stand_in.says("/model-invocation-job/", {**listed(), **ended, **counts})

    assert jobs.get(ARN) == JobView(
        arn=ARN,
        name=NAME,
        status="PartiallyCompleted",
        message="Too slow.",
        records=120,
        processed=110,
        succeeded=107,
        failed=3,
        output_uri="s3://shop-batch/j7/a1/out/",
        ended_at="2026-11-22T11:00:00.500Z",
    )


def test_a_status_that_is_newer_than_this_program_is_given_as_it_is(stand_in, jobs):
    stand_in.says("/model-invocation-job/", listed(status="Paused"))

    assert jobs.get(ARN).status == "Paused"


def test_a_job_that_bedrock_does_not_know_any_more_is_none(stand_in, jobs):
    refuse(stand_in, "/model-invocation-job/", "ResourceNotFoundException", "Gone", status=404)

    assert jobs.get(ARN) is None


def test_looking_is_tried_again_where_it_may_pass(stand_in, jobs):
    refuse(stand_in, "/model-invocation-job/", "ServiceUnavailableException", "Busy", status=503)
    with pytest.raises(ModelError) as raised:
        jobs.get(ARN)

    assert raised.value.kind is ErrorKind.UNAVAILABLE
    assert len(stand_in.requests) == 3


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (("AccessDeniedException", 403), ErrorKind.FORBIDDEN, "does not allow bedrock:GetModelInvocationJob on"),
        (("ValidationException", 400), ErrorKind.REJECTED, "does not take bedrock:GetModelInvocationJob on"),
        (("ThrottlingException", 429), ErrorKind.THROTTLED, "too often"),
        (("", 404), ErrorKind.REJECTED, "does not take"),
    ],
)
def test_what_bedrock_refuses_of_a_look_says_what_was_to_be_done(stand_in, jobs, answer, kind, told):
    refuse(stand_in, "/model-invocation-job/", answer[0], "No.", status=answer[1])
    with pytest.raises(ModelError, match=told) as raised:
        jobs.get(ARN)

    assert raised.value.kind is kind


def test_a_job_is_asked_to_stop(stand_in, jobs):
    stand_in.says("/stop", {})
    jobs.stop(ARN)

    assert stand_in.requests[0][1].endswith("/stop")


@pytest.mark.parametrize("code", ["ConflictException", "ValidationException"])
@pytest.mark.parametrize("status", ["Completed", "Stopping", "Expired"])
def test_stopping_what_has_ended_or_stops_already_does_nothing(stand_in, jobs, code, status):
    refuse(stand_in, "/stop", code, "Not now.")
    stand_in.says("/model-invocation-job/", listed(status=status))

    jobs.stop(ARN)


def test_stopping_what_is_gone_does_nothing(stand_in, jobs):
    refuse(stand_in, "/stop", "ResourceNotFoundException", "Gone", status=404)

    jobs.stop(ARN)


@pytest.mark.parametrize(
    ("code", "kind"), [("ConflictException", ErrorKind.UNAVAILABLE), ("ValidationException", ErrorKind.REJECTED)]
)
def test_a_job_that_goes_on_although_it_was_to_stop_is_an_error(stand_in, jobs, code, kind):
    refuse(stand_in, "/stop", code, "Not now.")
    stand_in.says("/model-invocation-job/", listed(status="Validating"))
    with pytest.raises(ModelError, match="Not now") as raised:
        jobs.stop(ARN)

    assert raised.value.kind is kind


def test_a_reply_that_does_not_come_passes_and_says_nothing_of_a_model():
    lost = order_error(ReadTimeoutError(endpoint_url="x"), order(), region=REGION)

    assert lost.kind is ErrorKind.TIMEOUT
    assert lost.message == "Bedrock took too long to answer."
