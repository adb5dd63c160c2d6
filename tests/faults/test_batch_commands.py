"""Kill -9 of a command in the batch lane at any of its requests: no second job, no record booked twice, all items done.

Between the last request before a moment and the next one after it lie the commits of the store: a kill before
CreateModelInvocationJob comes after the intent was written, one after PutObject before.
"""

from __future__ import annotations

import random
import signal
from itertools import product

import pytest
from batch_commands import LEAST, MOST, RUN, Batches, assert_done
from command_line import csv_file, many
from faults_making import until

from worker.batch import harvest
from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings

pytestmark = pytest.mark.servers

HOUR_S = 3600.0
ITEMS = 2 * MOST
#: Enough for a file of more than 8 MiB, which S3 gets in parts, and for a harvest of more than a page.
MANY = max(2500, harvest._PAGE * 5 // 4)
UPLOAD, CREATE, LOOK = "PutObject records.jsonl", "CreateModelInvocationJob", "GetModelInvocationJob"
LIST, HARVEST, MANIFEST = "ListObjectsV2", "GetObject records.jsonl.out", "GetObject manifest.json.out"
#: What a run asks for, in its order, each for each of its two shards.
REQUESTS = (UPLOAD, CREATE, LOOK, LIST, HARVEST, MANIFEST)


@pytest.fixture(scope="module")
def s3_endpoint():
    with start_simulator(SimulatorSettings(s3=1)) as simulator:
        yield simulator.s3_endpoint


@pytest.fixture
def batches(s3_endpoint, monkeypatch):
    with Batches(s3_endpoint) as batches:
        for name, value in batches.environ().items():
            monkeypatch.setenv(name, value)
        yield batches


@pytest.fixture
def many_parts(batches, monkeypatch):
    """As they are, and one shard takes all."""
    batches.limit(monkeypatch, least=LEAST, most=MANY)
    return batches


def killed_at(batches, arguments, point, *, meanwhile=None):
    """Run a command until it is killed at a request: (operation, number, when); give the id of its job."""
    operation, number, when = point
    deed = batches.kill if meanwhile is None else lambda: (meanwhile(), batches.kill())
    batches.gate.at(operation, number, deed, when=when)
    process = batches.start(*arguments)
    told = process.communicate(timeout=90)
    assert process.returncode == -signal.SIGKILL, told
    return batches.store.job()


def a_run(tmp_path, items=ITEMS):
    return ("run", csv_file(tmp_path / "p.csv", many(items)), *RUN)


def resumed(batches, skuscribe, job, *, items=ITEMS, jobs=2):
    """Go on with a killed job in another process; all is as it must be then."""
    summary = skuscribe.json("resume", job)
    assert summary["lanes"] == {"batch": items}
    assert_done(batches, summary, items)
    assert batches.statuses() == {"Completed": jobs}


@pytest.mark.parametrize(
    "point",
    [
        (UPLOAD, 1, "instead"),
        (UPLOAD, 2, "after"),
        (CREATE, 1, "instead"),
        (CREATE, 2, "after"),
    ],
)
def test_a_killed_command_is_finished_by_resume(skuscribe, batches, tmp_path, point):
    resumed(batches, skuscribe, killed_at(batches, a_run(tmp_path), point))


@pytest.mark.slow
@pytest.mark.parametrize("point", list(product(REQUESTS, [1, 2], ["instead", "after"])))
def test_a_command_killed_at_any_request_is_finished_by_resume(skuscribe, batches, tmp_path, point):
    resumed(batches, skuscribe, killed_at(batches, a_run(tmp_path), point))


def test_killed_at_one_request_after_the_other_it_is_still_finished(skuscribe, batches, tmp_path):
    batches.behave(batch_s=HOUR_S)
    job = killed_at(batches, a_run(tmp_path), (CREATE, 1, "after"))
    killed_at(batches, ("resume", job), (CREATE, 1, "instead"))
    killed_at(batches, ("resume", job), (LOOK, 3, "after"))
    batches.advance(HOUR_S)
    killed_at(batches, ("resume", job), (MANIFEST, 1, "instead"))
    resumed(batches, skuscribe, job)


def test_killed_in_an_upload_of_many_parts_and_in_the_middle_of_a_harvest(skuscribe, many_parts, tmp_path):
    batches, booked = many_parts, []

    def until_some_is_booked():
        replied = "SELECT count(*) FROM attempts WHERE outcome = 'ok'"
        until(lambda: batches.store.ask(replied)[0][0], batches.victim)
        booked.append(batches.store.ask(replied)[0][0])

    job = killed_at(batches, a_run(tmp_path, MANY), ("CompleteMultipartUpload", 1, "instead"))
    killed_at(batches, ("resume", job), (HARVEST, 1, "within"), meanwhile=until_some_is_booked)
    assert 0 < booked[0] < MANY
    resumed(batches, skuscribe, job, items=MANY, jobs=1)


@pytest.mark.slow
@pytest.mark.parametrize("when", ["instead", "after"])
@pytest.mark.parametrize("operation", ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])
def test_killed_at_any_request_of_an_upload_of_many_parts(skuscribe, many_parts, tmp_path, operation, when):
    job = killed_at(many_parts, a_run(tmp_path, MANY), (operation, 1, when))
    resumed(many_parts, skuscribe, job, items=MANY, jobs=1)


def test_a_request_for_a_job_that_arrives_when_its_sender_is_long_dead_makes_no_second_job(
    skuscribe, batches, tmp_path
):
    job = killed_at(batches, a_run(tmp_path), (CREATE, 1, "instead"))
    # When `resume` has seen that there is no such job, and asks for it.
    batches.gate.at(CREATE, 1, batches.gate.deliver)
    resumed(batches, skuscribe, job)


def test_what_a_killed_command_left_at_bedrock_can_be_stopped(skuscribe, batches, tmp_path):
    batches.behave(batch_s=HOUR_S)
    job = killed_at(batches, a_run(tmp_path), (LOOK, 3, "after"))
    batches.advance(HOUR_S / 2)
    skuscribe.json("stop", job)
    assert batches.statuses() == {"Stopped": 2}
    batches.behave(batch_s=0)
    assert_done(batches, skuscribe.json("resume", job), ITEMS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_kills_at_requests_by_chance_where_records_fail_and_jobs_come_half_through(skuscribe, batches, tmp_path, seed):
    dice = random.Random(seed)
    batches.behave(seed=seed, batch_error_rate=0.1, batch_missing_rate=0.05, batch_partial_share=dice.choice([0, 0.6]))
    arguments = a_run(tmp_path, 4 * MOST)
    for _ in range(5):
        batches.gate.at(dice.choice(REQUESTS), dice.randint(1, 3), batches.kill, when=dice.choice(["instead", "after"]))
        process = batches.start(*arguments)
        told = process.communicate(timeout=90)
        assert process.returncode in (0, -signal.SIGKILL), told
        arguments = ("resume", batches.store.job())
    batches.gate.forget()
    assert_done(batches, skuscribe.json(*arguments), 4 * MOST)
