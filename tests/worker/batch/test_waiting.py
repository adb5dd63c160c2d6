"""When the batch lane looks at Bedrock: soon when it must, seldom when it may, and at the deadline once more."""

import json
import math
from dataclasses import replace
from datetime import timedelta

import pytest
from batch_world import BatchWorld
from store_making import JOB, MODEL

from jobs.clock import stamp
from jobs.lifecycle import StopReason
from jobs.store.failures import StoreError
from worker.batch.submission import has_slot
from worker.inference_jobs import JobStatus
from worker.model import ErrorKind, ModelError


@pytest.fixture
def world(tmp_path):
    world = BatchWorld(tmp_path)
    world.looks = []
    get = world.bedrock.get

    def look(arn):
        world.looks.append((world.clock(), arn))
        return get(arn)

    world.bedrock.get = look
    return world


def after_waits(world, number, then):
    wait, waits = world.pass_, []

    def pass_(seconds):
        waits.append(seconds)
        if len(waits) == number:
            then()
        wait(seconds)

    world.pass_ = pass_
    return waits


def test_a_job_that_stops_slowly_is_looked_at_now_and_then(world):
    """A stop takes Bedrock minutes; nobody asks it four times a second meanwhile, and no look is used up."""
    world.bedrock.takes = timedelta(days=2)

    def stop(arn):
        job = world.bedrock.jobs[arn]
        job["view"] = replace(job["view"], status=JobStatus.STOPPING)
        job["at"] = world.clock() - world.bedrock.takes + timedelta(minutes=30)

    world.bedrock.stop = stop
    world.bedrock.end = lambda _: JobStatus.STOPPED
    after_waits(world, 4, lambda: world.store.jobs.want_stop(JOB, StopReason.USER))
    assert world.run() is None
    assert world.store.items.states(JOB) == {"done": 12}
    stopped = [arn for _, arn in world.looks]
    assert len(stopped) < 3 * 25
    world.check_accounts()


def test_a_stop_that_bedrock_does_not_take_is_tried_again_and_not_without_end(world):
    world.bedrock.takes = timedelta(days=2)
    stop, refused = world.bedrock.stop, []

    def busy(arn):
        if len(refused) < 9:
            refused.append(world.clock())
            raise ModelError("Bedrock cannot be reached.", kind=ErrorKind.TRANSPORT)
        stop(arn)

    world.bedrock.stop = busy
    after_waits(world, 4, lambda: world.store.jobs.want_stop(JOB, StopReason.USER))
    world.run()
    assert world.store.items.states(JOB) == {"done": 12}
    assert (refused[-1] - refused[0]).total_seconds() >= 20
    world.check_accounts()


def test_a_stop_is_passed_on_at_once_however_long_the_next_look_is_away(world):
    world.bedrock.takes = timedelta(days=2)
    wanted = []

    def want():
        wanted.append(world.clock())
        world.store.jobs.want_stop(JOB, StopReason.USER)

    stop, told = world.bedrock.stop, []
    world.bedrock.stop = lambda arn: (told.append(world.clock()), stop(arn))
    wait = world.pass_
    # As in the command, which looks up four times a second.
    world.pass_ = lambda seconds: wait(min(seconds, 0.25)) if wanted else wait(seconds)
    world.waits = after_waits(world, 30, want)
    world.run()
    assert len(told) == 3
    assert max(told) - wanted[0] <= timedelta(seconds=601)
    assert world.store.items.states(JOB) == {"done": 12}


@pytest.mark.parametrize("reason", [StopReason.SIGNAL, StopReason.USER])
def test_a_wish_to_stop_that_comes_when_all_is_done_stops_nothing(world, reason):
    class Told(list):
        def append(self, line):
            super().append(line)
            if sum("came back" in one for one in self) == 3:
                world.wanted = reason

    world.told = Told()
    assert world.run() is None
    assert world.store.items.states(JOB) == {"done": 12}


def test_at_the_deadline_what_has_ended_is_still_harvested(tmp_path):
    """Bedrock was slow to stop, and finishes in the last minutes: its replies are paid for."""
    spec = json.dumps({"model": [MODEL], "budget": None, "deadline": "6h"})
    world = BatchWorld(tmp_path, deadline_h=6, spec=spec)
    world.bedrock.stop = lambda _: None
    world.bedrock.takes = timedelta(hours=5, minutes=59, seconds=50)
    assert world.run() is None
    assert world.store.items.states(JOB) == {"done": 12}
    world.check_accounts()


def test_batch_jobs_are_stopped_at_their_cut_off_and_not_at_the_next_look_after_it(tmp_path):
    world = BatchWorld(tmp_path, deadline_h=6)
    world.bedrock.takes = timedelta(days=2)
    stop, told = world.bedrock.stop, []
    world.bedrock.stop = lambda arn: (told.append(world.clock()), stop(arn))
    began = world.clock()
    world.run()
    # A tenth of the deadline stays for sending one by one.
    assert {round((at - began).total_seconds() / 60) for at in told} == {324}


def test_an_old_job_whose_deadline_counts_anew_has_that_whole_time(tmp_path):
    spec = json.dumps({"model": [MODEL], "budget": None, "deadline": "6h"})
    world = BatchWorld(tmp_path, spec=spec, created_at=stamp(BatchWorld.began - timedelta(days=60)))
    world.store.jobs.change(JOB, deadline_at=stamp(world.clock() + timedelta(hours=6)))
    world.bedrock.takes = timedelta(hours=4)
    assert world.run() is None
    assert world.store.items.states(JOB) == {"done": 12}
    assert {shard.status for shard in world.store.shards.of_job(JOB)} == {"Completed"}


def test_shards_that_wait_for_a_slot_say_so_once(world):
    world.limits = replace(world.limits, most_jobs=1)
    world.run()
    assert world.store.items.states(JOB) == {"done": 12}
    assert sum("waits: 1 jobs of" in line for line in world.told) == 2


@pytest.mark.parametrize(
    ("hours", "region", "is_free"),
    [(47, "us-east-1", False), (49, "us-east-1", True), (1, "eu-west-1", True), (1, "us-east-1", False)],
)
def test_jobs_whose_timeout_is_over_and_those_of_other_places_take_no_slot(world, hours, region, is_free):
    """A shard that was sent and never looked at is over at Bedrock a day after its timeout, whatever the store says."""
    world.limits = replace(world.limits, most_jobs=1)
    world.store.shards.plan(JOB, name="old", most_records=6, now=world.clock())
    sent, other = world.store.shards.open(JOB)
    sent = world.store.shards.claim(sent.id, "x1")
    asked = {"asked_at": stamp(world.clock() - timedelta(hours=hours)), "timeout_hours": 24, "region": region}
    world.store.shards.change(sent, state="submitted", arn="arn:1", **asked)
    assert has_slot(world.batch(), other) is is_free
    world.store.jobs.change(JOB, realm="simulated")
    assert has_slot(replace(world.batch(), job=replace(world.batch().job, realm="aws")), other)


def test_a_job_is_asked_for_again_with_the_timeout_that_it_was_asked_for_with(tmp_path):
    """The same token with another timeout would be another request."""
    world = BatchWorld(tmp_path, items=4, deadline_h=40)
    orders, create = [], world.bedrock.create

    def noted(order):
        orders.append(order)
        if len(orders) == 1:
            world.wanted = StopReason.SIGNAL
            raise ModelError("No answer.", kind=ErrorKind.TRANSPORT)
        return create(order)

    world.bedrock.create = noted
    world.run()
    world.wanted = None
    world.store.jobs.change(JOB, deadline_at=stamp(world.clock() + timedelta(hours=90)))
    world.run()
    assert [order.timeout_hours for order in orders] == [40, 40]
    assert world.store.items.states(JOB) == {"done": 4}


def test_a_timeout_counts_from_when_bedrock_is_asked_and_is_anew_after_a_refusal(tmp_path):
    world = BatchWorld(tmp_path, items=4, deadline_h=100)
    world.bedrock.slots, orders = 0, []
    after_waits(world, 300, lambda: setattr(world.bedrock, "slots", 1))
    create = world.bedrock.create

    def noted(order):
        orders.append((order.timeout_hours, world.clock()))
        return create(order)

    world.bedrock.create = noted
    world.run()
    assert world.store.items.states(JOB) == {"done": 4}
    assert orders[0][0] == 100
    passed = (orders[-1][1] - world.began).total_seconds() / 3600
    assert passed > 24
    assert orders[-1][0] == math.ceil(100 - passed)


def test_what_a_kill_leaves_in_the_bucket_before_the_intent_can_be_found_again(world):
    world.bucket.write = None
    with pytest.raises(TypeError):
        world.run()
    assert all(shard.input_uri for shard in world.store.shards.of_job(JOB)[:1])


def test_a_command_that_was_taken_for_dead_says_so_and_leaves_the_job_alone(world):
    after_waits(world, 2, lambda: world.store.sessions.close("s1"))
    with pytest.raises(StoreError, match="another one took the job"):
        world.run()
    assert len(world.bedrock.jobs) == 3
    world.run()
    assert world.store.items.states(JOB) == {"done": 12}
    world.check_accounts()
