"""The batch lane of a job that workers share: whoever is told of it does what is due."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import pytest
from batch_world import BatchWorld, Killed
from hosts_making import ListBroker
from store_making import JOB

from jobs.clock import stamp
from jobs.lifecycle import JobState, StopReason
from worker.batch import sharing
from worker.batch.sharing import SharedBatches
from worker.inference_jobs import JobStatus
from worker.messages import Messages
from worker.model import ErrorKind, ModelError


class Workers:
    """Worker processes that look at the job when they are told."""

    def __init__(self, folder, **values):
        self.world = BatchWorld(folder, **({"shared": True, "state": JobState.RUNNING} | values))
        self.broker = ListBroker()
        for session in ("w1", "w2"):
            self.store.sessions.open(session, kind="worker", host="h", process=1, slots=4, now=self.world.clock())

    @property
    def store(self):
        return self.world.store

    def messages(self):
        return Messages(store=self.store, broker=self.broker, clock=self.world.clock)

    @contextmanager
    def opening(self, *_, **options):
        yield self.world.batch(interrupted=options["interrupted"], tell=options["tell"], new_name=options["new_name"])

    def process(self):
        """What one worker process looks after jobs with."""
        return SharedBatches(
            store=self.store,
            assembly=self.world.assembly(),
            messages=self.messages(),
            new_name=self.world.new_name,
            wait=lambda _: self.world.pass_(120),
        )

    def look(self, session="w1", *, interrupted=lambda: False, process=None):
        with patch.object(sharing, "open_job_batch", self.opening):
            (process or self.process()).look(JOB, session, interrupted=interrupted)

    def sweep(self):
        """Send what is due, and have it looked at by two workers in turn; give how many messages there were."""
        self.messages().batches()
        told, self.broker.batches = self.broker.batches, []
        for at, _ in enumerate(told):
            self.look(f"w{at % 2 + 1}")
        return len(told)

    def look_for_hours(self, session):
        for _ in range(20):
            self.look(session)
            self.world.pass_(600)

    def to_the_end(self, most=60):
        for _ in range(most):
            self.sweep()
            if self.job.state is not JobState.RUNNING or self.job.rest_lane:
                return
            self.world.pass_(120)
        raise AssertionError(f"still {self.store.shards.open(JOB)}")

    @property
    def job(self):
        return self.store.jobs.get(JOB)


@pytest.fixture
def workers(tmp_path):
    return Workers(tmp_path)


def test_workers_take_a_job_through_its_batch_jobs_to_its_end(workers):
    workers.to_the_end()
    assert workers.job.state is JobState.DONE
    assert workers.store.items.states(JOB) == {"done": 12}
    workers.world.check_accounts()


def test_messages_that_come_twice_make_nothing_twice(workers):
    for _ in range(3):
        workers.look("w1")
        workers.look("w2")
    assert len(workers.world.bedrock.jobs) == 3
    workers.to_the_end()
    workers.world.check_accounts()


def test_a_shard_that_another_worker_has_is_left_to_it(workers):
    workers.look("w1")
    [first, *_] = workers.store.shards.open(JOB)
    held = workers.store.shards.claim(first.id, "w2")
    workers.world.pass_(7200)
    workers.look("w1")
    assert [shard.id for shard in workers.store.shards.open(JOB)] == [held.id]
    workers.store.shards.release(held)
    workers.to_the_end()
    assert workers.job.state is JobState.DONE


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("effect", range(8, 30, 3))
def test_a_worker_that_dies_leaves_its_shard_to_the_others(workers, effect, after):
    workers.world.effects.done, workers.world.effects.kill_at, workers.world.effects.after = 0, effect, after
    with pytest.raises(Killed):
        workers.look_for_hours("w1")
    workers.world.effects.kill_at = None
    workers.world.reopen()
    assert workers.store.sessions.end_dead("w1", 0)
    workers.look_for_hours("w2")
    assert workers.store.items.states(JOB) == {"done": 12}
    assert len(workers.world.bedrock.jobs) == 3
    workers.world.check_accounts()


def test_what_is_left_is_divided_into_chunks_once(tmp_path):
    workers = Workers(tmp_path, least_records=4)
    fates = {}
    workers.world.bedrock.fate = lambda record: fates.setdefault(
        record["recordId"], "error" if len(fates) < 2 else "ok"
    )
    workers.to_the_end()
    assert (workers.job.state, workers.job.rest_lane) == (JobState.RUNNING, "on-demand")
    assert workers.store.chunks.counts(JOB) == {"queued": 1}
    workers.look("w2")
    assert workers.store.chunks.counts(JOB) == {"queued": 1}


def test_a_job_that_is_to_stop_has_its_batch_jobs_stopped_first(workers):
    workers.world.bedrock.takes = timedelta(days=3)
    workers.world.bedrock.fate = lambda record: "ok" if int(record["recordId"][-2:]) <= 6 else None
    workers.sweep()
    workers.store.jobs.want_stop(JOB, StopReason.USER)
    workers.to_the_end()
    assert (workers.job.state, workers.job.stop_reason) == (JobState.STOPPED, StopReason.USER)
    assert workers.store.items.states(JOB) == {"done": 6, "pending": 6}
    workers.world.check_accounts()


def test_what_somebody_has_to_mend_fails_the_job_and_it_can_be_submitted_again(workers):
    workers.world.bedrock.refuses = lambda _order: ModelError("The role cannot be passed.", kind=ErrorKind.FORBIDDEN)
    workers.sweep()
    assert workers.job.state is JobState.FAILED
    assert "role" in workers.job.message
    workers.world.bedrock.refuses = lambda _order: None
    assert workers.store.chunks.submit(JOB, size=0, now=workers.world.clock(), detached=False) == 0
    workers.to_the_end()
    assert workers.job.state is JobState.DONE
    workers.world.check_accounts()


def test_a_worker_that_is_to_end_lets_go_at_the_next_page(workers):
    asked = []

    def after_two():
        asked.append(1)
        return len(asked) > 4

    workers.look("w1", interrupted=after_two)
    assert not [shard for shard in workers.store.shards.open(JOB) if shard.session]
    workers.to_the_end()
    assert len(workers.world.bedrock.jobs) == 3
    workers.world.check_accounts()


def test_a_deadline_that_passes_stops_a_shared_job(tmp_path):
    workers = Workers(tmp_path, deadline_h=6)
    workers.world.bedrock.takes = timedelta(days=3)
    workers.world.bedrock.stop = lambda _arn: None
    workers.sweep()
    workers.world.pass_(7 * 3600)
    workers.sweep()
    assert workers.job.stop_wanted is StopReason.DEADLINE


def test_an_expired_round_is_followed_by_another(workers):
    workers.world.bedrock.end = lambda number: JobStatus.EXPIRED if number <= 3 else JobStatus.COMPLETED
    workers.to_the_end()
    assert workers.store.items.states(JOB) == {"done": 12}
    assert len(workers.world.bedrock.jobs) == 6


def test_threads_of_one_process_do_not_look_at_one_job_together(workers):
    process, told = workers.process(), []

    def again():
        told.append(len(workers.store.shards.open(JOB)))
        # It would come back to itself for ever.
        workers.look(process=process, interrupted=lambda: pytest.fail("it looked again"))
        return False

    workers.look(process=process, interrupted=again)
    assert told
    workers.to_the_end()
    assert len(workers.world.bedrock.jobs) == 3
    workers.world.check_accounts()


def test_a_process_looks_at_few_jobs_at_a_time(workers):
    process = workers.process()
    process._looked_at |= {"j1", "j2", "j3"}
    workers.look(process=process)
    assert not workers.store.shards.of_job(JOB)
    process._looked_at.clear()
    workers.look(process=process)
    assert len(workers.store.shards.open(JOB)) == 3


def test_a_shard_whose_claim_or_release_was_lost_on_the_way_is_let_go(workers):
    process = workers.process()
    workers.look("w1", process=process)
    [first, second, _] = workers.store.shards.open(JOB)
    workers.store.shards.claim(first.id, "w1")
    workers.store.shards.claim(second.id, "w2")
    process.free_forgotten()
    assert [shard.session for shard in workers.store.shards.open(JOB)] == [None, "w2", None]


def test_a_shard_that_is_worked_on_is_not_taken_for_forgotten(workers):
    process, held = workers.process(), []

    def between_pages():
        process.free_forgotten()
        held.extend(shard.id for shard in workers.store.shards.held("w1"))
        return False

    workers.look("w1", process=process, interrupted=between_pages)
    assert held
    assert not workers.store.shards.held("w1")
    assert len(workers.world.bedrock.jobs) == 3


def test_the_simulator_inside_stays_open_until_its_jobs_are_harvested(tmp_path):
    workers = Workers(tmp_path, realm="simulated")
    workers.look("w1")
    assert workers.job.state is JobState.DONE
    assert workers.job.session is None
    workers.world.check_accounts()


def test_nobody_else_looks_for_jobs_in_the_simulator_of_another_worker(tmp_path):
    workers = Workers(tmp_path, realm="simulated")
    assert workers.store.jobs.hold(JOB, "w2")
    workers.look("w1")
    assert not workers.store.shards.of_job(JOB)
    workers.store.sessions.end_dead("w2", 0)
    workers.look("w1")
    assert workers.job.state is JobState.DONE


def test_jobs_that_ended_with_the_simulator_of_a_worker_that_died_are_done_anew(tmp_path):
    workers = Workers(tmp_path, realm="simulated")
    workers.look("w2", interrupted=lambda: any(shard.arn for shard in workers.store.shards.open(JOB)))
    assert workers.world.bedrock.jobs
    # Another process, another simulator.
    workers.world.bedrock.jobs.clear()
    workers.world.bedrock.by_token.clear()
    workers.look("w1")
    assert workers.job.state is JobState.DONE
    assert workers.store.items.states(JOB) == {"done": 12}


def test_a_worker_sends_nothing_more_of_a_job_that_another_one_has_failed(workers):
    create, made = workers.world.bedrock.create, []

    def failing(order):
        made.append(order)
        workers.store.jobs.fail(JOB, error='{"message": "m", "fix": "", "code": "c", "exit": 2}', message="m")
        return create(order)

    workers.world.bedrock.create = failing
    workers.look("w1")
    assert len(made) == 1
    assert workers.job.state is JobState.FAILED


def test_a_budget_that_lets_no_batch_job_in_stops_a_shared_job(tmp_path):
    workers = Workers(tmp_path, cap_pico=1000)
    workers.to_the_end()
    assert (workers.job.state, workers.job.stop_reason) == (JobState.STOPPED, StopReason.CAP)
    assert workers.job.rest_lane is None
    assert workers.world.bedrock.jobs == {}
    workers.world.check_accounts()


@pytest.mark.parametrize(("lane", "rest_lane"), [("on-demand", None), ("batch", "on-demand")])
def test_what_goes_into_batch_jobs_is_not_sent_by_chunks_of_before_as_well(tmp_path, lane, rest_lane):
    """A job was sent one by one, stopped, and is resumed in the batch lane: its old chunks are no longer its work."""
    workers = Workers(tmp_path, shared=False, state=JobState.PLANNED, lane=lane, rest_lane=rest_lane)
    chunks = workers.store.chunks
    assert chunks.submit(JOB, size=4, now=workers.world.clock(), detached=False) == 3
    workers.store.jobs.want_stop(JOB, StopReason.USER)
    assert workers.store.jobs.settle(JOB, workers.world.clock()) is JobState.STOPPED
    workers.store.jobs.change(JOB, lane="batch", rest_lane=None)
    assert chunks.submit(JOB, size=0, now=workers.world.clock(), detached=False) == 0
    assert chunks.dispatch(most=10, now=workers.world.clock()) == []
    workers.sweep()
    workers.to_the_end()
    assert workers.store.items.states(JOB) == {"done": 12}
    workers.world.check_accounts()


def test_a_worker_whose_clock_is_behind_sees_that_all_batch_jobs_failed(tmp_path):
    workers = Workers(tmp_path)
    workers.store.jobs.change(JOB, began_at=stamp(workers.world.clock() + timedelta(seconds=3)))
    workers.world.bedrock.end = lambda _: JobStatus.FAILED
    workers.to_the_end()
    assert workers.job.state is JobState.FAILED
    assert len(workers.world.bedrock.jobs) == 3
