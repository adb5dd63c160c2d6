"""Jobs over an S3 that is a dictionary: what takes long or fails on its way."""

import json
from datetime import UTC, datetime

import pytest

from worker.simulator.clock import DrivenClock
from worker.simulator.counters import Counters
from worker.simulator.errors import ServiceError
from worker.simulator.invocation_jobs import InvocationJobs
from worker.simulator.models import MODELS
from worker.simulator.settings import SimulatorSettings

REGION = "us-east-1"
ASKED = {
    "jobName": "job",
    "roleArn": "arn:aws:iam::123456789012:role/batch",
    "modelId": "amazon.nova-lite-v1:0",
    "modelInvocationType": "Converse",
    "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://bucket/in/x.jsonl"}},
    "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://bucket/out/", "s3EncryptionKeyId": "alias/mine"}},
}


class Objects:
    """S3, out of reach as often as it is told."""

    def __init__(self, **objects):
        self.objects = objects
        self.keys = set()
        self.out_of_reach = 0

    def listed(self, uri, _owner):
        return [(uri, len(self.objects[uri]))]

    def lines(self, uri, _owner):
        yield from self.objects[uri].splitlines()

    def fetch(self, uri, _owner, target):
        target.write(self.objects[uri])
        self._reach()

    def put(self, uri, _owner, source, kms_key):
        self._reach()
        self.objects[uri] = source.read()
        self.keys.add(kms_key)

    def _reach(self):
        if self.out_of_reach:
            self.out_of_reach -= 1
            raise ServiceError("InternalServerException", "out of reach")


def line(number):
    said = [{"role": "user", "content": [{"text": f"Title: Shoe {number}"}]}]
    return json.dumps({"recordId": f"r{number}", "modelInput": {"messages": said}})


@pytest.fixture
def objects():
    return Objects(**{"s3://bucket/in/x.jsonl": "\n".join(line(n) for n in range(50)).encode()})


@pytest.fixture
def make_jobs(objects):
    def make(stopwatch=lambda: 0.0):
        counters = Counters()
        clock = DrivenClock(lambda: 0.0, datetime(2026, 11, 1, tzinfo=UTC))
        jobs = InvocationJobs(clock, counters, role_for=lambda *_: objects, stopwatch=stopwatch)
        settings = SimulatorSettings(batch_least_records=1)
        arn = jobs.create(ASKED, REGION, settings, MODELS.__getitem__)["jobArn"]
        return jobs, arn, counters

    return make


def test_a_big_job_is_in_progress_until_its_output_is_written(make_jobs):
    seconds = iter(range(1000))
    jobs, arn, _ = make_jobs(lambda: float(next(seconds)))
    seen = []
    while not seen or seen[-1] == "InProgress":
        seen.append(str(jobs.get(arn, REGION)["status"]))
    assert seen == [*["InProgress"] * 4, "Completed"]


def test_s3_out_of_reach_costs_no_record_twice(make_jobs, objects):
    jobs, arn, counters = make_jobs()
    objects.out_of_reach = 2
    for _ in range(2):
        with pytest.raises(ServiceError, match="out of reach"):
            jobs.get(arn, REGION)
    assert jobs.get(arn, REGION)["status"] == "Completed"
    assert counters.as_json()["batch"]["records"] == 50
    output = next(text for uri, text in objects.objects.items() if uri.endswith("x.jsonl.out"))
    assert len({json.loads(each)["recordId"] for each in output.splitlines()}) == 50


def test_output_is_encrypted_with_the_key_of_the_order(make_jobs, objects):
    jobs, arn, _ = make_jobs()
    jobs.get(arn, REGION)
    assert objects.keys == {"alias/mine"}


def test_a_closed_simulator_goes_on_with_nothing(make_jobs):
    jobs, arn, counters = make_jobs()
    jobs.close()
    assert jobs.get(arn, REGION)["status"] == "InProgress"
    assert counters.as_json()["batch"]["records"] == 1


def test_another_simulator_gives_its_jobs_other_ids(make_jobs):
    one, two = (make_jobs()[0] for _ in range(2))
    found = MODELS.__getitem__
    settings = SimulatorSettings()
    first = one.create({**ASKED, "clientRequestToken": "a"}, REGION, settings, found)
    second = two.create({**ASKED, "clientRequestToken": "b"}, REGION, settings, found)
    assert first != second
