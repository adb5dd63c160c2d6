import threading
import time

import pytest


def in_threads(work, count):
    threads = [threading.Thread(target=work, args=(at,), daemon=True) for at in range(count)]
    for thread in threads:
        thread.start()
    return threads


def joined(threads, timeout_s=10):
    for thread in threads:
        thread.join(timeout_s)
        assert not thread.is_alive()


def seconds_for(limiter, permits, *, tokens=10):
    began = time.monotonic()
    for _ in range(permits):
        limiter.settle(limiter.acquire(tokens), tokens)
    return time.monotonic() - began


def test_permits_leave_at_the_told_pace(limiter_of):
    assert 0.2 < seconds_for(limiter_of(rpm=6000), 40) < 6


def test_all_callers_share_one_pace(limiter_of):
    limiter = limiter_of(rpm=6000)
    began = time.monotonic()
    joined(in_threads(lambda _: seconds_for(limiter, 5), 8))
    assert 0.2 < time.monotonic() - began < 6


def test_tokens_are_paced_as_well(limiter_of):
    limiter = limiter_of(tpm=60_000)  # 1,000 a second, one second's worth to begin with
    began = time.monotonic()
    for _ in range(13):
        assert limiter.acquire(100)
    assert 0.2 < time.monotonic() - began < 6


def test_what_was_reserved_and_not_used_comes_back(limiter_of):
    limiter = limiter_of(tpm=60_000)
    began = time.monotonic()
    for _ in range(40):
        limiter.settle(limiter.acquire(900), 1)
    assert time.monotonic() - began < 6


@pytest.mark.parametrize("give_back", ["cancel", "throttled"])
def test_a_request_that_used_nothing_gives_its_tokens_back(limiter_of, give_back):
    limiter = limiter_of(tpm=60_000)
    began = time.monotonic()
    for _ in range(5):
        getattr(limiter, give_back)(limiter.acquire(900))
    assert time.monotonic() - began < 2


def test_more_than_was_reserved_is_made_up_for(limiter_of):
    limiter = limiter_of(tpm=60_000)
    limiter.settle(limiter.acquire(10), 1400)
    began = time.monotonic()
    limiter.acquire(10)
    assert time.monotonic() - began > 0.2


def test_a_request_larger_than_any_burst_still_leaves(limiter_of):
    limiter = limiter_of(tpm=60_000)
    limiter.cancel(limiter.acquire(1000))
    limiter.settle(limiter.acquire(1000), -4000)
    permit = limiter.acquire(10**6)
    assert permit.tokens == 10**6


def test_throttles_make_everybody_wait(limiter_of):
    limiter = limiter_of(rpm=60_000)
    for permit in [limiter.acquire(10) for _ in range(10)]:
        limiter.throttled(permit)
    waits = []

    def acquire(_):
        began = time.monotonic()
        assert limiter.acquire(10)
        waits.append(time.monotonic() - began)

    joined(in_threads(acquire, 3))
    assert min(waits) > 0.1


def test_who_came_first_goes_first_however_much_he_needs(limiter_of):
    limiter = limiter_of(tpm=60_000)
    limiter.acquire(1000)
    order = []

    def acquire(at):
        limiter.acquire(600 if at == 0 else 10)
        order.append(at)

    first = in_threads(acquire, 1)
    while not limiter.waiting:
        time.sleep(0.001)
    others = in_threads(lambda at: acquire(at + 1), 3)
    joined(first + others)
    assert order[0] == 0


def test_closing_sends_everybody_home_without_a_permit(limiter_of):
    limiter = limiter_of(rpm=1)
    limiter.acquire(10)
    got = []
    threads = in_threads(lambda _: got.append(limiter.acquire(10)), 5)
    while limiter.waiting < 5:
        time.sleep(0.001)
    limiter.close()
    joined(threads)
    assert got == [None] * 5
    assert limiter.acquire(10) is None
    assert limiter.waiting == 0


def test_it_counts_what_it_gave_and_how_long_that_took(limiter_of):
    limiter = limiter_of(rpm=600)
    seconds_for(limiter, 4)
    assert limiter.permits == 4
    assert 0.1 < limiter.waited_s < 3
    assert 9 < limiter.rate_per_s <= 10
