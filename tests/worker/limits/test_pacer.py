import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quota_world import BucketQuota, NoisyQuota, WindowQuota, drive

from worker.limits.pacer import Pacer

SHAPES = {
    "bucket of a second": lambda per_s: BucketQuota(per_s, per_s),
    "bucket of five seconds": lambda per_s: BucketQuota(per_s, per_s * 5),
    "sliding second": lambda per_s: WindowQuota(per_s, 1.0),
    "sliding five seconds": lambda per_s: WindowQuota(per_s, 5.0),
    "fixed second": lambda per_s: WindowQuota(per_s, 1.0, fixed=True),
}
#: A minute's quota that is all there at the start, as Bedrock's may be: the first minutes say nothing about the rate.
SLOW_SHAPES = {
    "bucket of a minute": lambda per_s: BucketQuota(per_s, per_s * 60),
    "sliding minute": lambda per_s: WindowQuota(per_s, 60.0),
}


@pytest.mark.parametrize("per_s", [5, 100])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_told_quota_is_used_up_without_a_throttle(shape, per_s):
    run = drive(Pacer(told_per_s=per_s, now_s=0.0), SHAPES[shape](per_s), until_s=60)
    assert run.used(5, 60, per_s) >= 0.97
    assert run.throttled == []


@pytest.mark.parametrize("per_s", [10, 100])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_quota_that_nobody_told_is_learned_in_ten_seconds(shape, per_s):
    run = drive(Pacer(told_per_s=None, now_s=0.0), SHAPES[shape](per_s), until_s=120)
    # A slow quota is probed by fewer requests, so that it takes longer to come near to it again.
    assert run.used(10, 120, per_s) >= (0.85 if per_s >= 100 else 0.75)
    assert run.throttled_share < 0.03


@pytest.mark.parametrize("latency_s", [0.05, 2.0])
@pytest.mark.parametrize("shape", ["bucket of a second", "sliding second"])
def test_it_is_learned_whatever_the_latency(shape, latency_s):
    run = drive(Pacer(told_per_s=None, now_s=0.0), SHAPES[shape](100), until_s=120, latency_s=latency_s)
    assert run.used(10, 120, 100) >= 0.85
    assert run.throttled_share < 0.03


@pytest.mark.parametrize("shape", SLOW_SHAPES)
def test_a_quota_by_the_minute_is_learned_with_few_throttles(shape):
    run = drive(Pacer(told_per_s=None, now_s=0.0), SLOW_SHAPES[shape](20), until_s=600)
    assert run.used(60, 600, 20) >= 0.6
    assert run.throttled_share < 0.06


def test_a_quota_that_shrinks_is_followed_down_and_one_that_grows_up_again():
    quota = BucketQuota(100, 100)
    pacer = Pacer(told_per_s=None, now_s=0.0)
    before = drive(pacer, quota, until_s=60)
    assert before.used(10, 60, 100) >= 0.85
    slower = Pacer(told_per_s=100, now_s=0.0)
    run = drive(slower, BucketQuota(40, 40), until_s=60)
    assert run.used(10, 60, 40) >= 0.85
    assert run.throttled_share < 0.05
    after = drive(slower_from(slower), BucketQuota(100, 100), until_s=120)
    assert after.used(60, 120, 100) >= 0.85


def slower_from(pacer):
    again = Pacer(told_per_s=100, now_s=0.0)
    again.rate_per_s = pacer.rate_per_s
    return again


def test_throttles_of_one_burst_slow_down_once():
    pacer = Pacer(told_per_s=100, now_s=0.0)
    for at in range(50):
        pacer.send(at / 100, waited=True)
    before = pacer.rate_per_s
    rates = []
    for at in range(50):
        pacer.throttled(at / 100, 0.5)
        rates.append(pacer.rate_per_s)
    assert len(set(rates)) == 2
    assert rates[-1] < rates[0] == before


@pytest.mark.parametrize("share", [0.03, 0.05, 0.1])
def test_throttles_that_come_at_any_rate_do_not_starve_a_job(share):
    open_to_all = BucketQuota(1e9, 1e9)
    run = drive(Pacer(told_per_s=None, now_s=0.0), NoisyQuota(open_to_all, share), until_s=60, latency_s=0.05)
    assert len(run.admitted) >= 2000


def test_unlimited_never_waits():
    pacer = Pacer(told_per_s=None, now_s=0.0, unlimited=True)
    for _ in range(100):
        assert pacer.wait_s(0.0) == 0.0
        pacer.send(0.0, waited=False)


STEPS = st.lists(
    st.tuples(st.sampled_from(["send", "passed", "throttled"]), st.floats(-100, 100), st.floats(0, 50)), max_size=60
)


@settings(max_examples=200)
@given(STEPS, st.none() | st.floats(0.2, 10_000))
def test_no_jump_of_the_clock_stops_it_or_sets_it_free(steps, told):
    pacer, now, latest = Pacer(told_per_s=told, now_s=0.0), 0.0, 0.0
    for what, jump, ago in steps:
        now += jump
        latest = max(latest, now)
        if what == "send" and pacer.wait_s(now) == 0:
            pacer.send(now, waited=True)
        elif what == "passed":
            pacer.passed(now)
        elif what == "throttled":
            pacer.throttled(now - ago, now)
        assert 0 < pacer.rate_per_s < math.inf
        assert told is None or pacer.rate_per_s <= told
        # Nobody waits longer than a pause, or the slowest pace, from when the clock is where it was.
        assert pacer.wait_s(latest) <= 10.01


@given(st.floats(1, 1000), st.lists(st.floats(0, 30), min_size=1, max_size=40))
def test_time_that_was_missed_is_not_made_up_in_a_burst(per_s, gaps):
    pacer, now = Pacer(told_per_s=per_s, now_s=0.0), 0.0
    for gap in gaps:
        now += gap
        burst = 0
        while pacer.wait_s(now) <= 0:
            pacer.send(now, waited=False)
            burst += 1
        assert burst <= per_s * 0.1 + 2
