"""Jobs that workers share, divided into chunks, as tests of the store need them."""

import threading

from store_making import JOB, done, now, with_items

from jobs.lifecycle import JobState
from jobs.store.ledger import Ledger


def running(store, count, *, job_id=JOB, size=1, **values):
    """Keep a job that workers run, divided; give its items' ids."""
    given = {"state": JobState.RUNNING, "shared": True, "proven": True, "began_at": "2026-11-22T11:59:00.000Z"}
    ids = with_items(store, count, job_id=job_id, **(given | values))
    store.chunks.divide(job_id, size=size)
    return ids


def session(store, name="s1"):
    store.sessions.open(name, kind="worker", host="box", process=7, slots=4, now=now())
    return name


def dispatched(store, most=10, when=None):
    return [message.chunk_id for message in store.chunks.dispatch(most=most, now=when or now())]


def finish(store, ids):
    with Ledger(store.engine, clock=now) as ledger:
        for item in ids:
            ledger.finish(done(item))


def together(*works):
    """Do these at the same time; give what each gave."""
    given, gate = [], threading.Barrier(len(works))

    def do(work):
        gate.wait()
        given.append(work())

    threads = [threading.Thread(target=do, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given
