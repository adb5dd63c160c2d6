from __future__ import annotations

import sys
from datetime import timedelta
from urllib.request import Request, urlopen

import boto3
import pytest
from chunks_making import session
from moto.server import ThreadedMotoServer
from store_making import JOB, now, with_items

from jobs.clock import stamp
from jobs.lifecycle import JobState
from jobs.store.database import open_database
from jobs.store.shard_table import ShardState
from jobs.store.store import store_on

ROOT = "s3://shop-batch/skuscribe"
ARN = "arn:aws:bedrock:eu-central-1:123456789012:model-invocation-job/abc123abc123"
HARVEST = {
    "records": 120, "replied": 117, "errors": 2, "missing": 1, "input_tokens": 9000, "output_tokens": 4000,
    "manifest_input_tokens": 9000, "manifest_output_tokens": 4000, "status": "PartiallyCompleted", "arn": ARN,
}  # fmt: skip


@pytest.fixture
def store(tmp_path):
    (tmp_path / "home").mkdir()
    store = store_on(open_database(f"sqlite:///{tmp_path}/home/skuscribe.db"))
    session(store)
    yield store
    store.engine.dispose()


def shard(store, *, realm, job_id=JOB, state=ShardState.CLOSED, **values):
    ended = stamp(now() - timedelta(days=30))
    with_items(store, 2, job_id=job_id, lane="batch", realm=realm, state=JobState.DONE, ended_at=ended)
    store.shards.plan(job_id, name=f"b{job_id[-1]}", most_records=100, now=now())
    [planned] = store.shards.open(job_id)
    folder = f"{ROOT}/{job_id}/{planned.name}"
    given = {"input_uri": f"{folder}/records.jsonl", "output_uri": f"{folder}/out/", "state": state}
    claimed = store.shards.claim(planned.id, "s1")
    store.shards.release(store.shards.change(claimed, **(given | values)))
    return store.shards.get(planned.id)


@pytest.fixture
def s3(monkeypatch):
    """A bucket behind the endpoints that batch jobs go to; `s3.realm` is their name."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "stand-in",
        "AWS_SECRET_ACCESS_KEY": "stand-in",
    }.items():
        monkeypatch.setenv(name, value)
    # What moto holds is the process's, whichever server shows it.
    urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="shop-batch")
    client.realm = f"{host}:{port}"
    client.keys = lambda: [one["Key"] for one in client.list_objects_v2(Bucket="shop-batch").get("Contents", ())]
    yield client
    server.stop()


@pytest.fixture
def kept(store, s3):
    """A closed shard with its three objects."""
    found = shard(store, realm=s3.realm, **HARVEST)
    folder = found.input_uri.removeprefix("s3://shop-batch/").rpartition("/")[0]
    for name in ("records.jsonl", "out/abc123abc123/records.jsonl.out", "out/abc123abc123/manifest.json.out"):
        s3.put_object(Bucket="shop-batch", Key=f"{folder}/{name}", Body=b"{}")
    return found


def test_there_are_no_shards_before_the_first_batch_job(skuscribe):
    assert "no job went the batch lane yet" in skuscribe("batch", "list").out
    assert skuscribe.json("batch", "list") == {"shards": []}
    assert skuscribe.json("batch", "list", "j1", code=2)["error"]["code"] == "job"


def test_shards_are_listed_with_what_their_harvest_gave(skuscribe, store):
    first = shard(store, realm="aws", **HARVEST)
    shard(store, realm="aws", job_id="j300000-2", state=ShardState.SUBMITTED, status="InProgress", records=200)
    printed = skuscribe("batch", "list").out

    assert "closed, PartiallyCompleted" in printed
    assert "120 records: 117 replied, 2 errors, 1 missing" in printed
    assert "9,000 tokens in, 4,000 out by the records, as in the manifest" in printed
    assert ARN in printed
    assert "submitted, InProgress" in printed
    newest, oldest = skuscribe.json("batch", "list")["shards"]
    assert (newest["job"], oldest["job"]) == ("j300000-2", JOB)
    assert {name: oldest[name] for name in HARVEST} == HARVEST
    assert [one["shard"] for one in skuscribe.json("batch", "list", JOB)["shards"]] == [first.name]


def test_tokens_that_differ_from_the_manifest_are_told(skuscribe, store):
    shard(store, realm="aws", **(HARVEST | {"manifest_output_tokens": 4010}))
    assert "4,010 out by the manifest: THEY DIFFER" in skuscribe("batch", "list").out


def test_a_harvest_without_a_manifest_is_told(skuscribe, store):
    shard(store, realm="aws", **(HARVEST | {"manifest_input_tokens": None, "manifest_output_tokens": None}))
    assert "there is no manifest" in skuscribe("batch", "list", JOB).out


@pytest.mark.servers
@pytest.mark.usefixtures("kept")
def test_a_dry_run_counts_and_removes_nothing(skuscribe, s3):
    assert skuscribe("batch", "clean", "--dry-run").out == "3 objects of 1 shard would be removed from S3.\n"
    assert skuscribe.json("batch", "clean", "--dry-run") == {"removed": False, "shards": 1, "objects": 3}
    assert len(s3.keys()) == 3


@pytest.mark.servers
def test_objects_of_closed_shards_go_and_the_shards_stay_listed(skuscribe, s3, kept, store):
    s3.put_object(Bucket="shop-batch", Key="skuscribe/other", Body=b"")
    assert skuscribe.json("batch", "clean", "--yes") == {"removed": True, "shards": 1, "objects": 3}

    assert s3.keys() == ["skuscribe/other"]
    assert store.shards.get(kept.id).removed_at
    assert "objects removed" in skuscribe("batch", "list").out
    assert skuscribe.json("batch", "clean", "--yes") == {"removed": False, "shards": 0, "objects": 0}
    assert "nothing to remove" in skuscribe("batch", "clean").err


@pytest.mark.servers
@pytest.mark.usefixtures("kept")
def test_a_job_that_ended_lately_or_another_job_is_left_alone(skuscribe, s3):
    assert skuscribe.json("batch", "clean", "--yes", "--older-than", "3000d")["shards"] == 0
    assert skuscribe.json("batch", "clean", "--yes", "--older-than", "0", JOB)["shards"] == 1
    assert s3.keys() == []


@pytest.mark.servers
@pytest.mark.usefixtures("kept")
def test_nothing_is_removed_unasked(skuscribe, s3, monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    error = skuscribe.json("batch", "clean", code=2)["error"]

    assert "--yes" in error["fix"]
    assert len(s3.keys()) == 3


@pytest.mark.servers
@pytest.mark.usefixtures("kept")
def test_a_bucket_that_is_gone_is_told_in_a_sentence(skuscribe, s3):
    for key in s3.keys():  # noqa: SIM118 - no dictionary
        s3.delete_object(Bucket="shop-batch", Key=key)
    s3.delete_bucket(Bucket="shop-batch")
    error = skuscribe("batch", "clean", "--yes", "--json").json["error"]

    assert "shop-batch" in error["message"]
    assert error["fix"]


def test_a_wrong_span_is_told(skuscribe):
    assert "7d" in skuscribe.json("batch", "clean", "--older-than", "soon", code=2)["error"]["fix"]
