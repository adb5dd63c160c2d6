from __future__ import annotations

import pytest
from store_making import JOB, done, job_record, now, ok_end, start, with_items
from web_asking import ask

from console.web.jobs import _Summaries
from jobs.lifecycle import JobState, StopReason
from jobs.results import ItemState
from jobs.spec import JobSpec
from jobs.store.ledger import Ledger


def _written(store, **values):
    items = with_items(store, 3, **values)
    with Ledger(store.engine, clock=now) as ledger:
        for at, item in enumerate(items[:2]):
            begun = start(f"a{at}", item)
            ledger.start(begun)
            state = ItemState.DONE if at else ItemState.FAILED
            ledger.end(ok_end(begun, finished=done(item, state=state)))


def test_one_job_is_what_status_says(parts, app, skuscribe):
    spec = JobSpec().to_json()
    _written(parts.store, state=JobState.STOPPED, stop_reason=StopReason.USER, workbook="out/spring.csv", spec=spec)
    told = ask(app, f"/api/jobs/{JOB}").json
    assert told == skuscribe.json("status", JOB)
    assert list(told) == list(skuscribe.json("status", JOB))
    assert told["items"] | {"done": 1, "failed": 1, "pending": 1, "total": 3} == told["items"]
    assert told["cost_usd"] == "0.0000000008"


def test_the_files_for_shops_are_told_where_there_are_some(parts, app, skuscribe):
    spec = JobSpec(publish=("shopify",)).to_json()
    _written(parts.store, state=JobState.DONE, workbook="out/spring.csv", spec=spec)
    told = ask(app, f"/api/jobs/{JOB}").json
    assert set(told["outputs"]["publish"]) == {"shopify"}
    assert told == skuscribe.json("status", JOB)


def test_the_list_is_what_jobs_says(parts, app, skuscribe):
    _written(parts.store, state=JobState.PARTIAL)
    parts.store.jobs.add(job_record("j261122-ffffff", created_at="2026-11-22T13:00:00.000Z"))
    parts.store.jobs.add(job_record("j261122-eeeeee", kind="estimate"))
    told = ask(app, "/api/jobs").json
    assert told == skuscribe.json("jobs")
    assert [job["job"] for job in told["jobs"]] == ["j261122-ffffff", JOB]


def test_pages_give_each_job_once_newest_first(parts, app):
    # Some of them were started in the same millisecond.
    for at in range(7):
        parts.store.jobs.add(job_record(f"j{at}", created_at=f"2026-11-22T12:00:0{at // 3}.000Z"))
    seen, more = [], ""
    while page := ask(app, f"/api/jobs?limit=2{more}").json["jobs"]:
        assert len(page) <= 2
        seen += [job["job"] for job in page]
        more = f"&before={seen[-1]}"
    assert seen == [f"j{at}" for at in reversed(range(7))]


@pytest.mark.parametrize("name", ["../../etc/passwd", "%2e%2e%2fsecret", "j'; DROP TABLE jobs; --"])
def test_an_id_is_only_ever_looked_up(parts, app, name):
    parts.store.jobs.add(job_record())
    assert ask(app, f"/api/jobs/{name}").status == 404
    assert parts.store.jobs.get(JOB).id == JOB


class _Counting:
    """A way to add up a job that takes two seconds of a driven clock."""

    def __init__(self):
        self.now_s = 100.0
        self.made = 0

    def make(self, _job):
        self.made += 1
        self.now_s += 2.0
        return self.made


def test_the_items_of_a_running_job_are_added_up_a_tenth_of_the_time_at_the_most():
    world = _Counting()
    summaries = _Summaries(world.make, lambda: world.now_s)
    running = job_record(state=JobState.RUNNING)
    assert [summaries.of(running) for _ in range(3)] == [1, 1, 1]
    world.now_s += 19.9
    assert summaries.of(running) == 1
    world.now_s += 0.2
    assert summaries.of(running) == 2
    assert summaries.of(job_record("another", state=JobState.RUNNING)) == 3


def test_a_job_that_has_ended_is_never_shown_as_it_was_before():
    world = _Counting()
    summaries = _Summaries(world.make, lambda: world.now_s)
    assert summaries.of(job_record(state=JobState.RUNNING)) == 1
    assert summaries.of(job_record(state=JobState.DONE)) == 2
    assert summaries.of(job_record(state=JobState.RUNNING)) == 3
