from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families
from store_making import JOB, now, ok_end, start, with_items
from web_asking import ask

from console.web.app import make_app
from jobs.lifecycle import JobState
from jobs.store.ledger import Ledger
from templates.errors import SkuscribeError


def _samples(answer):
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_prometheus_reads_the_jobs_and_the_money_by_realm(parts, app):
    [mine] = with_items(parts.store, 1, state=JobState.RUNNING)
    [tried] = with_items(parts.store, 1, job_id="j2", realm="simulated", state=JobState.DONE)
    with Ledger(parts.store.engine, clock=now) as ledger:
        for attempt in (start("a1", mine), start("b1", tried, job_id="j2", realm="simulated")):
            ledger.start(attempt)
        ledger.end(ok_end(start("b1", tried, job_id="j2", realm="simulated"), cost=2_500_000_000_000))
    found = _samples(ask(app, "/metrics"))
    assert found["skuscribe_jobs", "running"] == 1
    assert found["skuscribe_jobs", "done"] == 1
    assert found["skuscribe_jobs", "failed"] == 0
    assert found["skuscribe_spent_usd_total", "simulated"] == 2.5
    assert found["skuscribe_held_usd", "aws"] == 1e-9
    assert found["skuscribe_held_usd", "simulated"] == 0
    assert found["skuscribe_workers",] == 0
    assert ("skuscribe_broker_up",) not in found


def test_prometheus_reads_the_open_shards_by_state(parts, app):
    with_items(parts.store, 30, state=JobState.RUNNING, shared=True, lane="batch")
    parts.store.shards.plan(JOB, name="s", most_records=10, now=now())
    shard = parts.store.shards.claim(parts.store.shards.open(JOB)[0].id, "w")
    parts.store.shards.change(shard, state="closed")
    found = _samples(ask(app, "/metrics"))
    assert found["skuscribe_shards", "planned"] == 2
    assert found["skuscribe_shards", "submitted"] == 0
    assert ("skuscribe_shards", "closed") not in found


def test_queues_are_shown_where_there_is_a_broker(parts):
    found = _samples(ask(make_app(parts, hosts=(), queue_depths=lambda: {"bulk": 17, "control": 0}), "/metrics"))
    assert found["skuscribe_queue_depth", "bulk"] == 17
    assert found["skuscribe_queue_depth", "control"] == 0
    assert found["skuscribe_broker_up",] == 1


def test_a_broker_out_of_reach_takes_none_of_the_other_figures_away(parts):
    def fail():
        raise SkuscribeError("The broker is out of reach.")

    found = _samples(ask(make_app(parts, hosts=(), queue_depths=fail), "/metrics"))
    assert found["skuscribe_broker_up",] == 0
    assert found["skuscribe_jobs", "running"] == 0
    assert not [name for name in found if name[0] == "skuscribe_queue_depth"]
