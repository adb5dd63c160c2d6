"""Errors that pass, and errors of one shard, in the way of the others."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from batch_world import BatchWorld
from store_making import JOB

from jobs.lifecycle import StopReason
from templates.errors import UserError
from worker.batch import running
from worker.batch.running import BatchRun
from worker.inference_jobs import JobStatus
from worker.model import ErrorKind, ModelError


def left_at_bedrock(folder, **values):
    """A job whose command was ended while Bedrock has its batch jobs."""
    world = BatchWorld(folder, **values)
    world.bedrock.takes = timedelta(hours=1)

    def pass_(seconds):
        world.wanted = StopReason.SIGNAL
        BatchWorld.pass_(world, seconds)

    world.pass_ = pass_
    assert world.run() is StopReason.SIGNAL
    world.wanted = None
    del world.pass_
    return world


def test_a_request_that_is_still_on_its_way_keeps_its_shard_from_being_given_up(tmp_path):
    """However long ago the first of them was: the last one may arrive, and be paid for."""
    world = BatchWorld(tmp_path, items=4)
    create, asked, on_their_way = world.bedrock.create, [], []

    def shaky(order):
        asked.append(world.clock())
        if on_their_way:
            return create(order)
        if len(asked) == 8:
            on_their_way.append(order)
            world.store.jobs.want_stop(JOB, StopReason.USER)
        raise ModelError("The connection broke.", kind=ErrorKind.TRANSPORT)

    world.bedrock.create = shaky
    wait = world.pass_

    def arriving(seconds):
        wait(seconds)
        if on_their_way and not world.bedrock.jobs and world.clock() > asked[7] + timedelta(minutes=1):
            create(on_their_way[0])

    world.pass_ = arriving
    world.run()
    assert asked[7] - asked[0] > timedelta(minutes=3)
    assert world.store.items.states(JOB) == {"done": 4}
    assert len(world.bedrock.jobs) == 1
    world.check_accounts()


def test_after_a_long_wait_for_a_slot_one_error_that_passes_fails_nothing(tmp_path):
    world = BatchWorld(tmp_path, items=4)
    create, asked = world.bedrock.create, []

    def busy(order):
        asked.append(order)
        if len(asked) <= 30:
            raise ModelError("All slots are taken.", kind=ErrorKind.QUOTA)
        if len(asked) <= 34:
            raise ModelError("The connection broke.", kind=ErrorKind.TRANSPORT)
        return create(order)

    world.bedrock.create = busy
    world.run()
    assert world.store.items.states(JOB) == {"done": 4}
    world.check_accounts()


def test_items_that_were_left_at_bedrock_count_one_attempt_each(tmp_path):
    world = left_at_bedrock(tmp_path)
    world.run()
    world.check_accounts()
    assert [result.attempts for result in world.store.items.results(JOB)] == [1] * 12


def test_all_jobs_are_stopped_though_the_harvest_of_one_is_refused(tmp_path):
    world = left_at_bedrock(tmp_path)
    first, *others = world.bedrock.jobs.values()
    world.bedrock._finish(first, JobStatus.COMPLETED)

    def refused(_prefix):
        raise UserError("The bucket may not be listed.", fix="Allow it.", code="access")

    world.bucket.listed = refused
    run = BatchRun(store=world.store, assembly=world.assembly(), new_name=world.new_name, wait=world.pass_)
    world.store.sessions.open("s9", kind="command", host="here", process=1, slots=0, now=world.clock())
    with patch.object(running, "open_job_batch", world.opening), pytest.raises(UserError, match="may not be listed"):
        run.stop(world.store.jobs.get(JOB), "s9", world.told.append)
    assert {job["view"].status for job in others} == {JobStatus.STOPPED}
    del world.bucket.listed
    world.run()
    assert world.store.items.states(JOB) == {"done": 12}
    world.check_accounts()
