from __future__ import annotations

import json
import logging
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer

from worker.aws import job_events
from worker.aws.client import simulated_session
from worker.aws.job_events import JobEvents, arn_of

REGION = "eu-central-1"
ARN = f"arn:aws:bedrock:{REGION}:123456789012:model-invocation-job/"


def event(number, status="Completed"):
    return json.dumps(
        {
            "version": "0",
            "detail-type": "Batch Inference Job State Change",
            "source": "aws.bedrock",
            "region": REGION,
            "detail": {"batchJobArn": f"{ARN}{number}", "batchJobName": f"skuscribe-j-{number}", "status": status},
        }
    )


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def sqs(moto, monkeypatch):
    monkeypatch.setattr(job_events, "_WAIT_S", 0)
    urlopen(Request(f"{moto}/moto-api/reset", method="POST")).close()  # noqa: S310 - a server of this test
    client = boto3.client(
        "sqs",
        region_name=REGION,
        endpoint_url=moto,
        aws_access_key_id="simulated",
        aws_secret_access_key="simulated",  # noqa: S106 - a key of nobody
    )
    # What was received and not deleted is there again at once.
    client.queue = client.create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    return client


@pytest.fixture
def events(moto, sqs):
    return JobEvents(simulated_session(REGION), queue_url=sqs.queue, region=REGION, endpoint_url=moto)


def left(sqs):
    """Count what is in the queue, whether or not somebody has received it."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = sqs.get_queue_attributes(QueueUrl=sqs.queue, AttributeNames=names)["Attributes"]
    return sum(int(told[name]) for name in names)


@pytest.mark.servers
def test_jobs_that_changed_are_given_once_the_caller_has_acted(events, sqs):
    for number in (1, 2, 2):
        sqs.send_message(QueueUrl=sqs.queue, MessageBody=event(number))

    assert events.arns() == {f"{ARN}1", f"{ARN}2"}
    assert left(sqs) == 3
    events.forget()
    assert left(sqs) == 0
    assert events.arns() == set()


@pytest.mark.servers
def test_what_was_not_forgotten_comes_again(events, sqs):
    sqs.send_message(QueueUrl=sqs.queue, MessageBody=event(1))
    events.arns()

    assert events.arns() == {f"{ARN}1"}


@pytest.mark.servers
def test_more_messages_than_one_answer_holds_are_all_read(events, sqs):
    sqs.set_queue_attributes(QueueUrl=sqs.queue, Attributes={"VisibilityTimeout": "30"})
    for number in range(25):
        sqs.send_message(QueueUrl=sqs.queue, MessageBody=event(number))

    assert len(events.arns()) == 25
    events.forget()
    assert left(sqs) == 0


@pytest.mark.servers
def test_messages_of_others_are_left_and_told(events, sqs, caplog):
    sqs.send_message(QueueUrl=sqs.queue, MessageBody="nonsense")
    sqs.send_message(QueueUrl=sqs.queue, MessageBody=event(1))
    sqs.set_queue_attributes(QueueUrl=sqs.queue, Attributes={"VisibilityTimeout": "30"})
    with caplog.at_level(logging.WARNING):
        assert events.arns() == {f"{ARN}1"}

    assert "1 messages" in caplog.text
    sqs.set_queue_attributes(QueueUrl=sqs.queue, Attributes={"VisibilityTimeout": "0"})
    events.forget()
    assert left(sqs) == 1


@pytest.mark.servers
@pytest.mark.parametrize("queue", ["https://sqs.eu-central-1.amazonaws.com/123456789012/none", "nonsense"])
def test_a_queue_that_is_not_there_gives_nothing_and_is_logged(moto, sqs, caplog, queue):  # noqa: ARG001 - its wait is off
    nowhere = JobEvents(simulated_session(REGION), queue_url=queue, region=REGION, endpoint_url=moto)
    with caplog.at_level(logging.WARNING):
        assert nowhere.arns() == set()
        nowhere.forget()

    assert queue in caplog.text


def test_without_credentials_or_configuration_there_are_no_events(caplog):
    nowhere = JobEvents(simulated_session(REGION), queue_url="x", region=REGION, endpoint_url="no url")
    with caplog.at_level(logging.WARNING):
        assert nowhere.arns() == set()

    assert "cannot be read" in caplog.text


def test_a_queue_is_asked_in_the_region_of_its_url():
    url = "https://sqs.us-west-2.amazonaws.com/123456789012/jobs"

    assert JobEvents(simulated_session(REGION), queue_url=url, region=REGION)._region == "us-west-2"


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"detail": 1}', '{"detail": {"batchJobArn": "arn:aws:s3:::x"}}'])
def test_what_is_no_event_of_a_batch_job_has_no_arn(body):
    assert arn_of(body) == ""


def test_an_event_tells_its_job():
    assert arn_of(event("abc123abc123")) == f"{ARN}abc123abc123"
