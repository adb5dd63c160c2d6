"""How a job goes on when none of its shards is open."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_making import JOB, now

from jobs.store.shard_table import ShardRecord, ShardState
from worker.batch.course import Situation, cut_off_at, decide
from worker.batch.polling import wait_s
from worker.batch.submission import timeout_hours
from worker.inference_jobs import JobStatus


def shard(**values):
    given_values = dict.fromkeys(ShardRecord.__dataclass_fields__) | {
        "id": 1,
        "job_id": JOB,
        "name": "b1",
        "round": 1,
        "state": ShardState.CLOSED,
        "status": JobStatus.COMPLETED,
        "message": "",
        "cut_by": "",
        "arn": "arn:1",
        "records": 1000,
        "replied": 1000,
        "answered": values.get("replied", 1000),
        "errors": 0,
        "missing": 0,
    }
    return ShardRecord(**(given_values | values))


def decided(open_items, *shards, **values):
    given_values = {
        "open_items": open_items,
        "shards": shards,
        "was_answered": any(one.answered for one in shards),
        "least_records": 100,
        "has_time": True,
        "other_lane": "",
        "is_late": False,
        "has_flex": False,
        "fits_one_by_one": False,
    }
    return decide(Situation(**(given_values | values)))


def test_a_job_without_open_items_is_over():
    assert decided(0, shard()).lane == ""


def test_a_new_job_goes_into_batch_jobs_and_one_that_is_too_small_does_not():
    assert decided(100).lane == "batch"
    assert decided(99).lane == "on-demand"
    assert decided(99, has_flex=True).lane == "flex"


@pytest.mark.parametrize(
    ("values", "lane"),
    [
        ({}, "batch"),
        ({"has_flex": True}, "flex"),
        ({"has_time": False}, "on-demand"),
        ({"has_time": False, "has_flex": True}, "flex"),
        ({"is_late": True, "has_flex": True}, "on-demand"),
        ({"other_lane": "flex"}, "flex"),
        ({"other_lane": "on-demand", "has_flex": True}, "on-demand"),
    ],
)
def test_what_came_back_unfinished_takes_the_cheapest_lane_that_meets_the_deadline(values, lane):
    assert decided(150, shard(replied=850, errors=150), **values).lane == lane


def test_when_most_came_back_unfinished_another_batch_job_is_worth_its_wait():
    assert decided(900, shard(replied=100, missing=900), has_flex=True).lane == "batch"


def test_batch_jobs_are_not_tried_for_ever():
    rounds = [shard(round=number, replied=500) for number in (1, 2, 3)]
    assert decided(500, *rounds[:2]).lane == "batch"
    assert decided(500, *rounds).lane == "on-demand"


def test_what_waited_for_the_budget_goes_into_batch_jobs_as_long_as_some_fit():
    rounds = [shard(round=number, records=300, replied=300, cut_by="cap") for number in range(1, 9)]
    assert decided(500, *rounds, has_flex=True).lane == "batch"


def test_a_budget_that_lets_no_batch_job_in_stops_the_job_before_it_pays_twice_as_much():
    none = [shard(round=1, records=0, replied=0, cut_by="cap", arn="")]
    stopped = decided(500, *none)
    assert (stopped.lane, stopped.is_capped) == ("", True)
    assert decided(500, *none, has_flex=True).lane == "flex", "at the same price, and without waiting"
    assert decided(500, *none, fits_one_by_one=True).lane == "on-demand", "all of it, within the budget"
    assert decided(99, *none).lane == "on-demand", "no budget would let them into a batch job"
    assert decided(500, *none, has_time=False).lane == "on-demand"


def test_limits_that_let_no_batch_job_in_are_told_once():
    none = [shard(round=1, records=0, replied=0, arn="", cut_by="size") for _ in range(2)]
    decision = decided(500, *none)
    assert decision.lane == "on-demand"
    assert "no batch job of 100 records keeps to its limits" in decision.why
    assert decided(500, *none, shard(round=1)).lane == "batch"
    assert decided(500, shard(round=1, arn="", records=0, replied=0)).lane == "batch", "it was taken back by a stop"


def test_a_round_of_failures_stops_the_job_only_where_every_job_failed():
    failed = shard(status=JobStatus.FAILED, replied=0, message="The role may not read.")
    assert "The role may not read." in decided(1000, failed).error.message
    assert decided(1000, failed, shard()).error is None


def test_a_round_of_errors_stops_the_job():
    assert decided(1000, shard(replied=0, errors=1000, message="bad request")).error is not None
    assert decided(1000, shard(replied=1, errors=999)).error is None


def test_one_error_among_records_that_never_came_back_stops_nothing():
    decision = decided(1000, shard(status=JobStatus.PARTIALLY_COMPLETED, replied=0, errors=1, missing=999))
    assert (decision.lane, decision.error) == ("batch", None)


def test_a_round_without_one_answer_stops_the_job_and_one_with_an_answer_does_not():
    """As on demand: who writes no answer to one product writes none to the others, and each of them costs."""
    error = decided(1000, shard(replied=1000, answered=0)).error
    assert "gave no usable answer to any product" in error.message
    assert decided(999, shard(replied=1000, answered=1)).error is None


@pytest.mark.parametrize("bad", [{"replied": 0, "errors": 150}, {"replied": 150, "answered": 0}])
def test_records_that_are_bad_each_time_are_sent_one_by_one_where_others_were_answered(bad):
    again = shard(round=2, records=150, **bad)
    decision = decided(150, shard(round=1), again)
    assert (decision.lane, decision.error) == ("on-demand", None)
    assert "the last batch jobs brought no answer" in decision.why


def test_rounds_that_wait_for_the_budget_and_bring_nothing_are_not_tried_for_ever():
    expired = [
        shard(round=number, records=300, replied=0, cut_by="cap", status=JobStatus.EXPIRED) for number in (1, 2, 3)
    ]
    assert decided(500, *expired[:2]).lane == "batch"
    assert decided(500, *expired).lane == "on-demand"


def test_a_round_that_expired_is_no_failure():
    assert decided(1000, shard(status=JobStatus.EXPIRED, replied=0)).error is None


@given(
    span_h=st.floats(min_value=0.01, max_value=500),
    items=st.integers(min_value=0, max_value=10**7),
    per_min=st.none() | st.floats(min_value=0.1, max_value=1e6),
)
def test_batch_jobs_are_stopped_before_the_deadline_and_not_before_half_of_the_time(span_h, items, per_min):
    span = timedelta(hours=span_h)
    at = cut_off_at(now() + span, now(), items=items, per_min=per_min)
    assert now() + span / 2 <= at + timedelta(microseconds=2)
    assert at < now() + span


def test_the_more_there_is_left_the_sooner_batch_jobs_are_stopped():
    deadline = now() + timedelta(hours=20)
    few, many = (cut_off_at(deadline, now(), items=items, per_min=100) for items in (10, 30_000))
    assert deadline - few == timedelta(hours=2)
    assert deadline - many == timedelta(minutes=375)


@given(tries=st.integers(min_value=0, max_value=10_000), first_s=st.floats(min_value=0.01, max_value=3600))
def test_looks_become_rarer_up_to_every_ten_minutes(tries, first_s):
    assert first_s <= wait_s(tries, first_s=first_s) <= max(600.0, first_s)
    assert wait_s(tries, first_s=first_s) <= wait_s(tries + 1, first_s=first_s)


@pytest.mark.parametrize(("hours", "timeout"), [(None, 72), (6, 24), (30, 30), (30.2, 31), (1000, 168)])
def test_a_timeout_reaches_to_the_deadline_within_what_bedrock_takes(hours, timeout):
    deadline = None if hours is None else (now() + timedelta(hours=hours)).isoformat()
    assert timeout_hours(deadline, now(), usual=72) == timeout
