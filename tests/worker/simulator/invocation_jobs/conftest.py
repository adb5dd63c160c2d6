"""A simulator with S3 in its process, real clients for both, and a clock that is driven."""

import json
from dataclasses import asdict
from functools import partial
from itertools import count

import boto3
import pytest
from botocore.config import Config

from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings

BUCKET = "skuscribe-simulated"
NOVA = "amazon.nova-lite-v1:0"
ROLE = "arn:aws:iam::123456789012:role/batch"
SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
SYSTEM = f"Write product copy.\n\nAnswer with one JSON object. It must match this JSON schema:\n{json.dumps(SCHEMA)}"


def product(number):
    return f"<product>\nTitle: Ridge Trail Shoe {number}\nBrand: Acme\nMaterial: cotton\n</product>\n\nWrite the title."


def converse(number, **more):
    said = {"role": "user", "content": [{"text": product(number)}]}
    return {"system": [{"text": SYSTEM}], "messages": [said], "inferenceConfig": {"maxTokens": 900}, **more}


class World:
    """What a test needs: clients, settings, clock, input and output."""

    bucket, role, system = BUCKET, ROLE, SYSTEM
    product, converse = staticmethod(product), staticmethod(converse)

    def __init__(self, simulator, ask):
        self.endpoint, self.s3_endpoint = simulator.endpoint, simulator.s3_endpoint
        self._ask = partial(ask, simulator.endpoint)
        keys = {"aws_access_key_id": "id", "aws_secret_access_key": "any"}
        session = boto3.Session(region_name="us-east-1", **keys)
        # Without boto3's own checks, so that the simulator's are reached.
        config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        self.bedrock = session.client("bedrock", endpoint_url=self.endpoint, config=config)
        self.runtime = session.client("bedrock-runtime", endpoint_url=self.endpoint, config=config)
        self.s3 = session.client("s3", endpoint_url=self.s3_endpoint, config=config)
        self._numbers = count(1)

    def close(self):
        for client in (self.bedrock, self.runtime, self.s3):
            client.close()

    def set(self, **settings):
        defaults = asdict(SimulatorSettings(batch_least_records=1))
        self._ask("settings", {**defaults, "s3": 1, "s3_endpoint": self.s3_endpoint, **settings})

    def advance(self, seconds):
        return self._ask("clock", {"advance_s": seconds})

    def counters(self):
        return self._ask("counters")

    def folder(self):
        return f"s3://{BUCKET}/test-{next(self._numbers)}"

    def put(self, uri, text):
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        self.s3.put_object(Bucket=bucket, Key=key, Body=text.encode())

    def upload(self, bodies, folder=None):
        uri = f"{folder or self.folder()}/records.jsonl"
        lines = [json.dumps({"recordId": f"r-{n}", "modelInput": body}) for n, body in enumerate(bodies)]
        self.put(uri, "\n".join(lines) + "\n")
        return uri

    def create(self, uri, *, name="", kind="Converse", model=NOVA, **more):
        asked = {
            "jobName": name or f"job-{next(self._numbers)}",
            "roleArn": ROLE,
            "modelId": model,
            "modelInvocationType": kind,
            "inputDataConfig": {"s3InputDataConfig": {"s3Uri": uri}},
            "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": f"{uri.rpartition('/')[0]}/out/"}},
        }
        return self.bedrock.create_model_invocation_job(**{**asked, **more})["jobArn"]

    def get(self, arn):
        return self.bedrock.get_model_invocation_job(jobIdentifier=arn)

    def read(self, arn, name):
        uri = self.get(arn)["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"]
        key = f"{uri.removeprefix(f's3://{BUCKET}/').rstrip('/')}/{arn.rpartition('/')[2]}/{name}"
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()

    def lines(self, arn, name="records.jsonl.out"):
        return [json.loads(line) for line in self.read(arn, name).splitlines()]

    def manifest(self, arn):
        return json.loads(self.read(arn, "manifest.json.out"))


@pytest.fixture(scope="session")
def running(ask):
    with start_simulator(SimulatorSettings(s3=1)) as simulator:
        world = World(simulator, ask)
        yield world
        world.close()


@pytest.fixture
def world(running):
    running.set()
    return running
