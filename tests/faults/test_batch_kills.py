"""A batch lane that is killed before and after every single thing that it does."""

import pytest
from batch_world import BatchWorld
from store_making import JOB

from worker.inference_jobs import JobStatus


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
def test_killed_at_any_effect_no_shard_has_two_jobs_and_no_record_is_booked_twice(tmp_path, after):
    (tmp_path / "whole").mkdir()
    effects = effects_of_a_whole_run(tmp_path / "whole", items=5, most_records=3)
    assert effects > 20
    for effect in range(effects):
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
