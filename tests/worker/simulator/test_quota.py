from hypothesis import given
from hypothesis import strategies as st

from worker.simulator.quota import Quota


def test_requests_above_the_quota_are_throttled_until_it_refills():
    quota = Quota(rpm=60, tpm=0, burst_s=1, now_s=0)
    assert quota.take(1, 0) == ""
    assert quota.take(1, 0.5) == "requests"
    assert quota.take(1, 1.0) == ""


def test_a_request_reserves_its_max_tokens_and_gets_the_rest_back():
    quota = Quota(rpm=0, tpm=1000, burst_s=60, now_s=0)
    assert quota.take(900, 0) == ""
    assert quota.take(200, 0) == "tokens"
    quota.settle(900, 100, 0)
    assert quota.take(200, 0) == ""


def test_a_request_that_used_more_than_it_reserved_holds_back_later_ones():
    quota = Quota(rpm=0, tpm=600, burst_s=60, now_s=0)
    assert quota.take(600, 0) == ""
    quota.settle(600, 1200, 0)
    assert quota.take(1, 60) == "tokens"
    assert quota.take(1, 61) == ""


def test_a_refused_request_takes_nothing():
    quota = Quota(rpm=60, tpm=600, burst_s=60, now_s=0)
    assert quota.take(601, 0) == "tokens"
    assert quota.take(600, 0) == ""


@given(
    st.lists(st.tuples(st.floats(0, 5), st.integers(1, 400)), max_size=60),
    st.integers(60, 6000),
    st.integers(1, 120),
)
def test_never_more_is_granted_than_burst_and_refill(asked, tpm, burst_s):
    quota = Quota(rpm=0, tpm=tpm, burst_s=burst_s, now_s=0)
    now_s, granted = 0.0, 0
    for pause_s, tokens in asked:
        now_s += pause_s
        if quota.take(tokens, now_s) == "":
            granted += tokens
    assert granted <= max(1, tpm * burst_s / 60) + tpm * now_s / 60 + 1e-6
