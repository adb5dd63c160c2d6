"""A batch lane that is killed before and after every single thing that it does."""

from itertools import product

import pytest
from batch_world import BatchWorld
from store_making import JOB

from jobs.clock import stamp
from jobs.lifecycle import StopReason
from templates.errors import SkuscribeError
from worker.batch.preparing import prepare
from worker.inference_jobs import JobStatus
from worker.model import ErrorKind, ModelError


def effects_of_a_whole_run(folder, **values):
    world = BatchWorld(folder, **values)
    world.effects.done = 0
    world.run()
    return world.effects.done


def finished_after_a_kill(folder, effect, *, after, arrange=lambda _: None, **values):
    world = BatchWorld(folder, **values)
    arrange(world)
    came_so_far = world.killed_at(effect, after=after)
    world.run()
    world.check_accounts()
    return world, came_so_far


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", [2, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_at_any_effect_no_shard_has_two_jobs_and_no_record_is_booked_twice(tmp_path, after, step):
    (tmp_path / "whole").mkdir()
    effects = effects_of_a_whole_run(tmp_path / "whole", items=5, most_records=3)
    assert effects > 20
    for effect in range(0, effects, step):
        folder = tmp_path / f"{effect}"
        folder.mkdir()
        world, came_so_far = finished_after_a_kill(folder, effect, after=after, items=5, most_records=3)
        assert came_so_far
        assert world.store.items.states(JOB) == {"done": 5}
        assert len(world.bedrock.jobs) == 2


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_again_and_again_it_still_comes_to_its_end(tmp_path, after):
    world = BatchWorld(tmp_path, items=6, most_records=3)
    effect = 6
    while world.killed_at(effect, after=after):
        effect += 1
    world.run()
    world.check_accounts()
    assert world.store.items.states(JOB) == {"done": 6}
    assert len(world.bedrock.jobs) == 2


def test_a_kill_in_the_harvest_of_a_job_that_lost_half_its_records_loses_nothing_more(tmp_path):
    def arrange(world):
        world.bedrock.end = lambda number: JobStatus.PARTIALLY_COMPLETED if number == 1 else JobStatus.COMPLETED
        world.bedrock.fate = lambda record: (
            None if len(world.bedrock.jobs) == 1 and int(record["recordId"][-1]) % 2 else "ok"
        )

    (tmp_path / "whole").mkdir()
    world = BatchWorld(tmp_path / "whole", items=6, most_records=10)
    arrange(world)
    world.effects.done = 0
    world.run()
    world.check_accounts()
    assert world.store.items.states(JOB) == {"done": 6}
    for effect in range(6, world.effects.done, 3):
        folder = tmp_path / f"{effect}"
        folder.mkdir()
        again, _ = finished_after_a_kill(folder, effect, after=True, arrange=arrange, items=6, most_records=10)
        assert again.store.items.states(JOB) == {"done": 6}


def resumed(world):
    """Take the job up as `resume` does and go to its end."""
    world.store.jobs.change(JOB, stop_wanted=None, began_at=stamp(world.clock()))
    assert world.run() is None


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_a_stop_that_is_killed_at_any_effect_loses_no_reply_and_pays_none_twice(tmp_path, after, step):
    """Wherever the job stood when it was stopped: planned, with attempts, ready, asked for, submitted."""
    for began, stopped in list(product(range(6, 22), range(14)))[::step]:
        folder = tmp_path / f"{began}-{stopped}"
        folder.mkdir()
        world = BatchWorld(folder, items=5, most_records=3)
        assert world.killed_at(began, after=True)
        world.store.jobs.want_stop(JOB, StopReason.USER)
        world.killed_at(stopped, after=after)
        resumed(world)
        world.check_accounts()
        assert world.store.items.states(JOB) == {"done": 5}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_budget_that_was_lowered_holds_wherever_the_next_run_is_killed(tmp_path, after):
    # A record reserves 1000 and costs 120: both shards fit under the first budget, one under the second.
    for effect in range(1, 40, 5):
        folder = tmp_path / f"{effect}"
        folder.mkdir()
        world = BatchWorld(folder, items=8, most_records=4, cap_pico=8000)
        world.bedrock.refuses = lambda _: ModelError("not now", kind=ErrorKind.FORBIDDEN)
        world.names = 0
        prepared_both(world)
        world.store.jobs.change(JOB, cap_pico=5000)
        at_bedrock = []
        world.bedrock.refuses = lambda order, world=world, seen=at_bedrock: seen.append(reserved(world, order))
        world.killed_at(effect, after=after)
        resumed(world)
        world.check_accounts()
        assert world.store.items.states(JOB) == {"done": 8}
        assert max(at_bedrock) <= 5000


def prepared_both(world):
    """Have all shards ready, and none of them sent."""
    with pytest.raises(SkuscribeError):
        world.run()
    [first, second] = world.store.shards.open(JOB)
    if second.state == "planned":
        world.store.shards.release(prepare(world.batch(), world.store.shards.claim(second.id, "s9")))
    assert {shard.state for shard in world.store.shards.open(JOB)} == {"ready"}
    assert world.store.jobs.get(JOB).held_pico == 8000
    assert first.asked_at is None


def reserved(world, order):
    """What is spent, and held by what Bedrock has or gets with this order."""
    sent = {shard.name for shard in world.store.shards.of_job(JOB) if shard.arn or shard.job_name == order.name}
    held = sum(1000 for line in world.lines() if not line.ended_at and line.attempt.rpartition("-")[0] in sent)
    return world.store.jobs.get(JOB).spent_pico + held
