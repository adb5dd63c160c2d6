"""Redis and PostgreSQL that die while a job runs, and connections that break: a pause, and nothing lost."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest
import redis
from command_line import csv_file
from fleet import SCALES, TEMPLATE, assert_whole

pytestmark = pytest.mark.servers
at_each_scale = pytest.mark.parametrize("scale", SCALES)


@at_each_scale
@pytest.mark.parametrize("keeps", [True, False], ids=["with its data", "without its data"])
def test_redis_is_killed_and_comes_back(fleet, tmp_path, scale, keeps):
    per_s = min(100, scale.items / 8)
    job = fleet.run(tmp_path, scale, "--rpm", 60 * per_s).under_way()
    fleet.redis.kill()
    if not keeps:
        fleet.redis.lose_data()
    # Nobody runs free: what is on its way ends, and no other request leaves.
    fleet.quiet()
    sent, back_s = fleet.bedrock.counts.requests, time.monotonic()
    assert sent < scale.items
    fleet.redis.start()
    assert_whole(job, job.ended())
    # The quota holds as before, or is told again.
    assert scale.items - sent <= per_s * (fleet.bedrock.counts.moments_s[-1] - back_s + 2)


@pytest.mark.parametrize("command", ["run", "preview"])
def test_without_redis_a_command_says_so_and_spends_nothing(fleet, tmp_path, command):
    fleet.redis.kill()
    source = csv_file(tmp_path / "things.csv")
    outcome = fleet.outcome(fleet.start(command, source, "--template", TEMPLATE, "--fresh", "--yes"))
    assert outcome.returncode == 2
    assert "SKUSCRIBE_BROKER_URL" in outcome.stderr
    assert fleet.bedrock.counts.requests == 0


@at_each_scale
def test_postgresql_is_killed_and_comes_back(fleet, tmp_path, scale):
    job = fleet.run(tmp_path, scale).under_way()
    fleet.postgres.kill()
    fleet.quiet()
    assert fleet.bedrock.counts.requests < scale.items
    fleet.postgres.start()
    assert_whole(job, job.ended())


@at_each_scale
def test_connections_to_redis_are_cut_again_and_again(fleet, tmp_path, scale):
    job = fleet.run(tmp_path, scale).under_way(0.05)
    for share in (0.1, 0.2, 0.4):
        fleet.until(lambda share=share: fleet.bedrock.counts.requests >= share * scale.items)
        assert fleet.wire.lines
        fleet.wire.cut()
    assert_whole(job, job.ended())


@at_each_scale
def test_connections_to_redis_go_dead_without_a_word(fleet, tmp_path, scale):
    # Those on which the workers listen, and those on which they send.
    fleet.wire.go_dead()
    job = fleet.run(tmp_path, scale)
    assert_whole(job, job.ended())


@at_each_scale
def test_every_message_comes_twice(fleet, tmp_path, scale):
    with repeated(fleet.redis.url) as again:
        job = fleet.run(tmp_path, scale)
        summary = job.ended()
    assert_whole(job, summary)
    assert len(again) >= scale.items / 50
    assert summary["requests"] == scale.items


@contextmanager
def repeated(url):
    """Put each message that is put into a queue there once more, as it is."""
    again, over = [], threading.Event()

    def repeat():
        with redis.Redis.from_url(url) as client, client.monitor() as seen:
            ready.set()
            for entry in seen.listen():
                if over.is_set():
                    return
                name, _, rest = entry["command"].partition(" ")
                queue, _, message = rest.partition(" ")
                if name == "LPUSH" and queue in ("bulk", "interactive") and message not in again:
                    again.append(message)
                    client.lpush(queue, message)

    ready = threading.Event()
    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield again
    finally:
        over.set()
        with redis.Redis.from_url(url) as client:
            client.ping()
        thread.join(10)
