from hypothesis import given
from hypothesis import strategies as st

from worker.limits.token_bucket import TokenBucket

SPEND = st.lists(st.tuples(st.floats(0, 5), st.floats(1, 5000), st.floats(0, 1)), min_size=1, max_size=60)


@given(SPEND)
def test_no_window_uses_more_than_the_quota_and_a_burst(spend):
    bucket, now, taken = TokenBucket(per_min=60_000, now_s=0.0), 0.0, 0.0
    for gap, tokens, share in spend:
        now += gap
        now += bucket.wait_s(tokens, now)
        bucket.take(tokens, now)
        used = tokens * share
        bucket.give_back(tokens - used, now)
        taken += used
        # A second's worth at the start, at most one request above what has come in.
        assert taken <= 1000 * (1 + now) + 5000


@given(st.lists(st.floats(-1000, 1000), max_size=30), st.floats(1, 10_000))
def test_a_clock_that_jumps_gives_nothing_away_and_stops_nobody(jumps, tokens):
    bucket, now = TokenBucket(per_min=60_000, now_s=0.0), 0.0
    for jump in jumps:
        now += jump
        wait_s = bucket.wait_s(tokens, now)
        assert 0 <= wait_s <= 10
        if wait_s == 0:
            bucket.take(tokens, now)
            bucket.give_back(tokens, now)


def test_a_clock_that_goes_back_and_forth_does_not_refill_twice():
    bucket = TokenBucket(per_min=60_000, now_s=0.0)
    bucket.take(1000, 10.0)
    bucket.take(4000, 10.0)
    first = bucket.wait_s(500, 10.0)
    for at in (0.0, 10.0, 5.0, 10.0):
        assert bucket.wait_s(500, at) == first


def test_a_steady_stream_uses_the_quota():
    bucket, now, sent = TokenBucket(per_min=60_000, now_s=0.0), 0.0, 0
    while now < 60:
        now += bucket.wait_s(500, now) + 0.0001
        bucket.take(500, now)
        sent += 500
    assert 0.97 * 60_000 <= sent <= 61_000


def test_a_request_above_the_burst_waits_for_a_full_bucket_and_then_leaves():
    bucket = TokenBucket(per_min=60_000, now_s=0.0)
    wait_s = bucket.wait_s(100_000, 0.0)
    assert 3 < wait_s < 6
    assert bucket.wait_s(100_000, wait_s + 0.01) == 0
    bucket.take(100_000, wait_s + 0.01)
    assert bucket.wait_s(1, wait_s + 0.02) > 90
