from hypothesis import given
from hypothesis import strategies as st

from worker.model import ErrorKind
from worker.retry import HITS_EVERY_ITEM, RULES, wait_after

KINDS = st.sampled_from(list(ErrorKind))
SHARE = st.floats(0, 1)


@given(KINDS, st.integers(1, 500), SHARE)
def test_a_wait_is_bounded_by_its_rule(kind, times, share):
    wait_s = wait_after(kind, times, lambda: share)
    rule = RULES.get(kind)
    if rule is None or times > rule.tries:
        assert wait_s is None
    else:
        assert 0 <= wait_s <= rule.cap_s


@given(st.sampled_from(list(RULES)), st.integers(1, 30))
def test_waits_grow_until_their_cap(kind, times):
    first, second = (wait_after(kind, n, lambda: 1.0) for n in (times, times + 1))
    assert first is None or second is None or first <= second


def test_every_kind_of_error_is_either_tried_again_or_final_on_purpose():
    final = {ErrorKind.REJECTED, ErrorKind.TOO_LONG} | HITS_EVERY_ITEM
    assert set(RULES) | final == set(ErrorKind)
    assert not set(RULES) & final


def test_what_may_have_been_billed_is_tried_once_more_and_no_further():
    assert wait_after(ErrorKind.TIMEOUT, 1, lambda: 0.5) is not None
    assert wait_after(ErrorKind.TIMEOUT, 2, lambda: 0.5) is None


def test_a_model_that_is_being_loaded_is_given_minutes():
    waits = [wait_after(ErrorKind.NOT_READY, times, lambda: 0.5) for times in range(1, 13)]
    assert sum(waits) > 180


def test_the_jitter_is_full():
    assert wait_after(ErrorKind.INTERNAL, 3, lambda: 0.0) == 0.0
    assert wait_after(ErrorKind.INTERNAL, 3, lambda: 1.0) == 2.0
