import threading
import time

import pytest
import redis
from servers import Redis

from worker.limits.limiter import LimitKey, Quotas
from worker.limits.shared import SharedLimits

pytestmark = pytest.mark.servers

KEY = LimitKey("simulated", "123456789012", "us-east-1", "some.model")
NAME = "skuscribe:limit:1:simulated:123456789012:us-east-1:some.model"


@pytest.fixture
def server():
    with Redis() as server:
        yield server


@pytest.fixture
def limits_of():
    """Make the limits of a process: limits_of(url, name)."""
    made = []

    def make(url, name="p"):
        made.append(SharedLimits(url, process=name))
        return made[-1]

    yield make
    for limits in made:
        limits.close()


def acquiring(limiter, *, tokens=10):
    """A thread that asks for a permit, and the list where it will be."""
    got = []
    thread = threading.Thread(target=lambda: got.append(limiter.acquire(tokens)), daemon=True)
    thread.start()
    return thread, got


def until(holds, timeout_s=10):
    limit_s = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < limit_s
        time.sleep(0.005)


def test_two_processes_share_one_pace(redis_url, limits_of):
    limiters = [limits_of(redis_url, name).limiter(KEY, Quotas(6000), job_id="j") for name in ("one", "two")]
    began = time.monotonic()
    threads = [
        threading.Thread(target=lambda limiter=limiter: [limiter.acquire(10) for _ in range(10)])
        for limiter in limiters
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    # 60 permits at 98.5 a second, a tenth of a second made up for.
    assert time.monotonic() - began > 0.45


def test_closing_a_jobs_limiter_sends_only_its_own_callers_home(redis_url, limits_of):
    limits = limits_of(redis_url)
    one, two = (limits.limiter(KEY, Quotas(120), job_id=job) for job in ("one", "two"))
    one.acquire(10)
    first, first_got = acquiring(one)
    second, second_got = acquiring(two)
    one.close()
    first.join(2)
    second.join(5)
    assert first_got == [None]
    assert second_got[0] is not None


def test_nothing_is_asked_of_redis_while_nobody_wants_a_permit(redis_url, limits_of):
    limiter = limits_of(redis_url).limiter(KEY, Quotas(6000), job_id="j")
    limiter.settle(limiter.acquire(10), 10)
    client = redis.Redis.from_url(redis_url)
    until(lambda: limiter.permits == 1)
    time.sleep(0.3)
    before = client.info()["total_commands_processed"]
    time.sleep(0.5)
    assert client.info()["total_commands_processed"] == before + 1
    client.close()


def test_what_is_kept_has_our_name_and_goes_after_a_day_without_use(redis_url, limits_of):
    limits_of(redis_url).limiter(KEY, Quotas(), job_id="j").acquire(10)
    with redis.Redis.from_url(redis_url) as client:
        assert client.keys() == [NAME.encode()]
        assert 86_000 < client.ttl(NAME) <= 86_400


@pytest.mark.parametrize("is_persistent", [True, False])
def test_workers_pause_while_redis_is_away_and_go_on_by_themselves(limits_of, is_persistent):
    with Redis(persistent=is_persistent) as server:
        limiter = limits_of(server.url).limiter(KEY, Quotas(6000, 60_000), job_id="j")
        held = limiter.acquire(800)
        server.kill()
        thread, got = acquiring(limiter, tokens=800)
        limiter.settle(held, 1)
        thread.join(0.5)
        assert got == []
        server.start()
        thread.join(5)
        assert got[0] is not None
        client = redis.Redis.from_url(server.url)
        # With its data or with the process's own copy: it goes on from where it was.
        assert int(client.hget(NAME, "version")) > 1
        client.close()


def test_closing_does_not_wait_for_a_redis_that_hangs(server, limits_of):
    limits = limits_of(server.url)
    limiter = limits.limiter(KEY, Quotas(60), job_id="j")
    limiter.settle(limiter.acquire(10), 10)
    thread, got = acquiring(limiter)
    server.freeze()
    began = time.monotonic()
    limiter.close()
    thread.join(1)
    assert got == [None]
    limits.close()
    assert time.monotonic() - began < 2.2
    server.thaw()


def test_after_closing_nobody_gets_a_permit(redis_url, limits_of):
    limits = limits_of(redis_url)
    limits.close()
    assert limits.limiter(KEY, Quotas(), job_id="j").acquire(10) is None


def test_a_job_in_a_hurry_goes_before_one_that_waits(redis_url, limits_of):
    limits = limits_of(redis_url)
    bulk = limits.limiter(KEY, Quotas(240), job_id="bulk", weight=10)
    preview = limits.limiter(KEY, Quotas(240), job_id="preview", urgent=True)
    others = [acquiring(bulk) for _ in range(12)]
    until(lambda: bulk.waiting >= 8)
    thread, got = acquiring(preview)
    thread.join(5)
    assert got[0] is not None
    assert sum(bool(got) for _, got in others) < 12
    bulk.close()
