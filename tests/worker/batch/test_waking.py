"""Events about batch jobs, out of a real queue: what they name is due at once."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import boto3
import pytest
from batch_world import BatchWorld
from hosts_making import ListBroker
from moto.server import ThreadedMotoServer
from store_making import JOB

from jobs.lifecycle import JobState
from jobs.store.database import StoreLostError
from templates.errors import AccessError
from worker.aws import job_events
from worker.aws.client import simulated_session
from worker.aws.job_events import JobEvents
from worker.batch.waking import Waking
from worker.messages import Messages
from worker.sweep import Sweep
from worker.tick import Tick

REGION = "us-east-1"
ARN = f"arn:aws:bedrock:{REGION}:123456789012:model-invocation-job/"


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Queue:
    """An SQS queue, and what EventBridge puts into it."""

    def __init__(self, endpoint, name):
        self.endpoint = endpoint
        key = "simulated"
        self.sqs = boto3.client(
            "sqs", region_name=REGION, endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=key
        )
        self.url = self.sqs.create_queue(QueueName=name)["QueueUrl"]

    def events(self):
        return JobEvents(simulated_session(REGION), queue_url=self.url, region=REGION, endpoint_url=self.endpoint)

    def say(self, name):
        event = {"detail-type": "Batch Inference Job State Change", "detail": {"batchJobArn": f"{ARN}{name}"}}
        self.sqs.send_message(QueueUrl=self.url, MessageBody=json.dumps(event))

    def holds(self):
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(found["Attributes"]["ApproximateNumberOfMessages"])


@pytest.fixture
def queue(moto, tmp_path, monkeypatch):
    monkeypatch.setattr(job_events, "_WAIT_S", 0)
    return Queue(moto, tmp_path.name)


@pytest.fixture
def world(tmp_path):
    """A shared job whose three shards are at Bedrock and not due for hours."""
    world = BatchWorld(tmp_path, shared=True, state=JobState.RUNNING)
    shards = world.store.shards
    shards.plan(JOB, name="s", most_records=4, now=world.clock())
    for number, shard in enumerate(shards.open(JOB), 1):
        claimed = shards.change(shards.claim(shard.id, "w"), state="submitted", arn=f"{ARN}job{number}")
        shards.release(claimed, due_at=world.clock() + timedelta(hours=3))
    return world


def due_at_once(world):
    return [shard.arn.removeprefix(ARN) for shard in world.store.shards.open(JOB) if not shard.due_at]


def test_a_tick_has_a_job_looked_at_as_soon_as_its_event_is_there(world, queue):
    broker = ListBroker()
    messages = Messages(store=world.store, broker=broker, clock=world.clock)
    sweep = Sweep(store=world.store, messages=messages, lease_s=60, clock=world.clock, clock_s=lambda: 0.0)
    tick = Tick(sweep).after(Waking(world.store.shards, queue.events).run)
    tick.run()
    assert broker.batches == []
    queue.say("job2")
    tick.run()
    assert broker.batches == [JOB]
    assert due_at_once(world) == ["job2"]
    assert queue.holds() == 0


def test_more_events_than_one_fetch_gives_are_all_heard(world, queue):
    for number in range(130):
        queue.say(f"stranger{number}")
    queue.say("job3")
    Waking(world.store.shards, queue.events).run()
    assert due_at_once(world) == ["job3"]
    assert queue.holds() == 0


def test_events_of_closed_shards_and_of_others_jobs_wake_nothing(world, queue):
    shards = world.store.shards
    [first, *_] = shards.open(JOB)
    shards.change(shards.claim(first.id, "w"), state="closed")
    queue.say("job1")
    queue.say("of-somebody-else")
    Waking(shards, queue.events).run()
    assert due_at_once(world) == []
    assert queue.holds() == 0


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/1/nowhere", "no url"])
def test_a_queue_that_cannot_be_reached_breaks_no_tick(world, url, caplog):
    def events():
        return JobEvents(simulated_session(REGION), queue_url=url, region=REGION, endpoint_url="http://127.0.0.1:1")

    Waking(world.store.shards, events).run()
    assert "cannot be read" in caplog.text


def test_an_aws_configuration_that_cannot_be_used_breaks_no_tick(world, caplog):
    def refuse():
        raise AccessError("There is no such profile.", fix="Correct it.", code="credentials")

    Waking(world.store.shards, refuse).run()
    assert "no such profile" in caplog.text


def test_events_that_could_not_be_acted_on_come_again(world, queue, monkeypatch):
    def away(_ids):
        raise StoreLostError("The store is away.", code="store")

    # What was received and not deleted is there again at once.
    queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "0"})
    queue.say("job1")
    waking = Waking(world.store.shards, queue.events)
    with monkeypatch.context() as patch:
        patch.setattr(world.store.shards, "wake", away)
        waking.run()
    waking.run()
    assert due_at_once(world) == ["job1"]


def test_one_thread_at_a_time_asks_the_queue(world):
    asked, inside, go_on = [], threading.Event(), threading.Event()

    class Slow:
        def arns(self):
            asked.append(1)
            inside.set()
            go_on.wait(10)
            return set()

    waking = Waking(world.store.shards, Slow)
    first = threading.Thread(target=waking.run)
    first.start()
    inside.wait(10)
    waking.run()
    go_on.set()
    first.join(10)
    assert asked == [1]
