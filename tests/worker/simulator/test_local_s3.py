import json
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from templates.errors import UserError
from worker.simulator import local_s3
from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings


def test_without_its_extra_it_names_it(monkeypatch):
    monkeypatch.setattr(local_s3, "find_spec", lambda _: None)
    with pytest.raises(UserError) as caught:
        start_simulator(SimulatorSettings(s3=1))
    assert "skuscribe[demo]" in caught.value.fix


@pytest.mark.servers
def test_it_says_where_s3_is_and_its_bucket_is_there(make_client):
    with start_simulator(SimulatorSettings(s3=1)) as simulator:
        s3 = make_client("s3", simulator.s3_endpoint)
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [local_s3.BUCKET]


@pytest.mark.servers
def test_a_bucket_that_is_to_be_of_another_account_is_refused(make_client):
    with local_s3.local_s3("127.0.0.1") as s3_endpoint:
        s3, ours = make_client("s3", s3_endpoint), {"ExpectedBucketOwner": "123456789012"}
        s3.put_object(Bucket=local_s3.BUCKET, Key="x", Body=b"ours", **ours)
        theirs = {"Bucket": local_s3.BUCKET, "ExpectedBucketOwner": "210987654321"}
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object(Key="x", Body=bytes(1 << 20), **theirs)
        with pytest.raises(ClientError, match="403"):
            s3.head_bucket(**theirs)
        assert s3.get_object(Bucket=local_s3.BUCKET, Key="x", **ours)["Body"].read() == b"ours"


@pytest.mark.servers
def test_without_the_setting_there_is_no_s3():
    with start_simulator(SimulatorSettings()) as simulator:
        assert simulator.s3_endpoint == ""


@pytest.mark.servers
def test_it_writes_nothing_but_its_line():
    command = [sys.executable, "-m", "worker.simulator", "--s3", "1", "--with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        line = json.loads(process.stdout.readline())
        assert set(line) == {"port", "endpoint", "s3_endpoint"}
        process.stdin.close()
        assert process.wait(60) == 0
        assert process.stdout.read() == b""
        assert process.stderr.read() == b""


@pytest.mark.servers
def test_jobs_find_s3_where_the_setting_says(make_client):
    with local_s3.local_s3("127.0.0.1") as s3_endpoint:
        settings = SimulatorSettings(s3_endpoint=s3_endpoint, batch_least_records=1)
        with start_simulator(settings) as simulator:
            record = {"modelInput": {"messages": [{"role": "user", "content": [{"text": "Title: Shoe"}]}]}}
            s3, bedrock = make_client("s3", s3_endpoint), make_client("bedrock", simulator.endpoint)
            s3.put_object(Bucket=local_s3.BUCKET, Key="in/x.jsonl", Body=json.dumps(record).encode())
            arn = bedrock.create_model_invocation_job(
                jobName="job",
                roleArn="arn:aws:iam::123456789012:role/batch",
                modelId="amazon.nova-micro-v1:0",
                modelInvocationType="Converse",
                inputDataConfig={"s3InputDataConfig": {"s3Uri": f"s3://{local_s3.BUCKET}/in/"}},
                outputDataConfig={"s3OutputDataConfig": {"s3Uri": f"s3://{local_s3.BUCKET}/out"}},
            )["jobArn"]
            assert bedrock.get_model_invocation_job(jobIdentifier=arn)["status"] == "Completed"
            listed = s3.list_objects_v2(Bucket=local_s3.BUCKET, Prefix="out/")["Contents"]
            job_id = arn.rpartition("/")[2]
            assert [each["Key"] for each in listed] == [f"out/{job_id}/manifest.json.out", f"out/{job_id}/x.jsonl.out"]
