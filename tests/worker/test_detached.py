from pathlib import Path
from types import SimpleNamespace

import pytest
from store_making import JOB, job_record, now, opened

from jobs.lifecycle import JobState
from jobs.spec import JobSpec
from jobs.store.database import StoreLostError
from templates.errors import AccessError, UserError
from worker.detached import Detached

AWAY = StoreLostError("The store is away.", fix="Wait.", code="store")


@pytest.fixture
def store(tmp_path):
    store = opened(tmp_path)
    spec = JobSpec(template=("seo-meta",)).to_json()
    store.jobs.add(
        job_record(state=JobState.DONE, detached=True, shared=True, ended_at="2026-11-22T12:00:00.000Z", spec=spec)
    )
    for session in ("s1", "s2"):
        store.sessions.open(session, kind="worker", host="box", process=7, slots=4, now=now())
    yield store
    store.engine.dispose()


def delivered_by(store, *troubles, ends=lambda: False):
    """Give what delivers, and meets these troubles before it can write."""
    left = list(troubles)

    def deliver(_job_id, targets, *, keep_where):
        assert not keep_where
        if left:
            raise left.pop(0)
        for path in (targets.workbook, targets.report):
            path.write_text("rows")

    return Detached(
        store=store,
        delivery=SimpleNamespace(deliver=deliver),
        files=SimpleNamespace(put_result=lambda job_id, path: f"/files/{job_id}/{path.name}"),
        ends=ends,
        patience_s=60.0,
        sleep=lambda _: None,
    )


def test_the_files_of_a_job_are_written_once(store):
    detached = delivered_by(store)
    detached.deliver(JOB, "s1")
    assert store.jobs.get(JOB).workbook == f"/files/{JOB}/spring.csv"
    assert store.jobs.undelivered() == []


def test_a_store_that_goes_away_meanwhile_leaves_the_job_to_the_next_tick(store):
    detached = delivered_by(store, AWAY)
    detached.deliver(JOB, "s1")
    assert store.jobs.undelivered() == [JOB]
    detached.deliver(JOB, "s2")
    assert Path(store.jobs.get(JOB).workbook).name == "spring.csv"


def test_a_store_that_is_still_away_is_waited_for_unless_the_worker_ends(store, monkeypatch):
    tries = []

    def change(job_id, **values):
        tries.append(values)
        if len(tries) < 4:
            raise AWAY
        changes(job_id, **values)

    changes = store.jobs.change
    monkeypatch.setattr(store.jobs, "change", change)
    delivered_by(store, AWAY).deliver(JOB, "s1")
    assert store.jobs.undelivered() == [JOB]
    tries.clear()
    with pytest.raises(StoreLostError):
        delivered_by(store, AWAY, ends=lambda: True).deliver(JOB, "s1")
    assert len(tries) == 1


def test_results_that_had_no_place_are_tried_again(store):
    delivered_by(store, AccessError("The bucket refuses us.", code="files")).deliver(JOB, "s1")
    assert store.jobs.undelivered() == [JOB]


def test_results_that_cannot_be_written_are_not_tried_for_ever(store):
    delivered_by(store, UserError("A title cannot be written in cp1252.", code="encoding")).deliver(JOB, "s1")
    assert store.jobs.undelivered() == []
    assert store.jobs.get(JOB).message == "A title cannot be written in cp1252."
