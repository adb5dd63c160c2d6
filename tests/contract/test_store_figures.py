from store_making import JOB, done, now, ok_end, start, with_items

from jobs.lifecycle import JobState
from jobs.results import ItemState
from jobs.store.figures import Figures
from jobs.store.ledger import Ledger


def test_an_empty_store_has_every_state_at_nothing(store):
    found = Figures(store.engine).now()
    assert set(found.jobs) == {"planned", "running", "done", "partial", "stopped", "failed"}
    assert set(found.chunks) == {"ready", "queued", "claimed", "draining", "done"}
    assert {*found.jobs.values(), *found.chunks.values()} == {0}
    assert (found.done, found.failed, found.waiting, found.workers) == (0, 0, 0, 0)
    assert (found.spent_pico, found.held_pico) == ({}, {})


def test_jobs_are_counted_by_state_without_estimates(store):
    for at, state in enumerate((JobState.DONE, JobState.DONE, JobState.RUNNING)):
        with_items(store, 1, job_id=f"j{at}", state=state)
    with_items(store, 1, job_id="j9", kind="estimate")
    found = Figures(store.engine).now().jobs
    assert (found["done"], found["running"], found["planned"]) == (2, 1, 0)


def test_what_is_spent_and_held_stands_apart_by_realm(store):
    [mine, open_one] = with_items(store, 2)
    [tried] = with_items(store, 1, job_id="j2", realm="simulated")
    with Ledger(store.engine, clock=now) as ledger:
        for attempt, cost in ((start("a1", mine), 400), (start("b1", tried, job_id="j2", realm="simulated"), 999)):
            ledger.start(attempt)
            ledger.end(ok_end(attempt, cost=cost))
        ledger.start(start("a2", open_one, reserved=1000))
    found = Figures(store.engine).now()
    assert found.spent_pico == {"aws": 400, "simulated": 999}
    assert found.held_pico == {"aws": 1000, "simulated": 0}


def test_the_items_of_running_jobs_are_told_from_the_rows_of_jobs_and_chunks(store):
    items = with_items(store, 120, state=JobState.RUNNING, shared=True)
    others = with_items(store, 60, job_id="j2", state=JobState.STOPPED, shared=True)
    for job_id in (JOB, "j2"):
        store.chunks.divide(job_id, size=50)
    with Ledger(store.engine, clock=now) as ledger:
        for at, (job_id, item) in enumerate([(JOB, items[0]), (JOB, items[1]), ("j2", others[0])]):
            attempt = start(f"a{at}", item, job_id=job_id)
            ledger.start(attempt)
            state = ItemState.FAILED if at == 1 else ItemState.DONE
            ledger.end(ok_end(attempt, finished=done(item, state=state)))
    found = Figures(store.engine).now()
    assert (found.done, found.failed) == (1, 1)
    assert found.chunks["ready"] == 3
    assert found.waiting == 120


def test_a_worker_counts_until_its_session_ends(store):
    for session, kind in (("w1", "worker"), ("w2", "worker"), ("c1", "command")):
        store.sessions.open(session, kind=kind, host="here", process=1, slots=8, now=now())
    assert Figures(store.engine).now().workers == 2
    store.sessions.close("w1")
    assert Figures(store.engine).now().workers == 1
