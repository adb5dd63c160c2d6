"""A job's summary as it stands, from the store."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from jobs.choice import Choice
from jobs.money import from_pico
from jobs.prices.book import PriceBook
from jobs.results import ItemState, Summary
from jobs.spec import JobSpec
from jobs.store.job_table import JobRecord
from jobs.store.store import Store
from jobs.store.tally_table import Tally
from outputs.publish.writing import publish_path
from worker.endpoint import SIMULATED
from worker.savings import saved_usd

_STATES = (ItemState.DONE, ItemState.REUSED, ItemState.LOCKED, ItemState.FLAGGED, ItemState.FAILED, ItemState.PENDING)


def summarise(
    store: Store,
    job: JobRecord,
    *,
    book: PriceBook | None = None,
    live_session: str = "",
    now: datetime | None = None,
) -> Summary:
    """Sum up a job as it stands.

    Args:
        store: where it is.
        job: as the store keeps it.
        book: prices that the saving of other lanes is told by; None tells none.
        live_session: of a job that no workers share, the session that runs it now, whose open attempts are not
            unconfirmed yet.
        now: the present moment for a job that runs now, so that its seconds go on.
    """
    tally = _tally(store, job, live_session)
    states, totals = tally.states, tally.totals
    items = {"total": sum(states.values())} | {state.value: states.get(state, 0) for state in _STATES}
    # Nothing bought costs nothing; something bought of which nothing has a price has no cost that could be told.
    unpriced = totals.unpriced_items > 0 and totals.priced == 0
    return Summary(
        job=job.id,
        state=job.state,
        stop_reason=job.stop_reason,
        source=job.source,
        items=items,
        usage=totals.usage,
        cost_usd=None if unpriced else totals.cost_usd,
        unpriced_items=totals.unpriced_items,
        unconfirmed_attempts=totals.unconfirmed_attempts,
        unconfirmed_usd=totals.unconfirmed_usd,
        estimate_usd=None if job.estimate_pico is None else from_pico(job.estimate_pico),
        lanes=totals.lanes,
        requests=totals.requests,
        throttled=totals.throttled,
        seconds=round(job.seconds + _running_s(job, now), 3),
        simulated=job.realm == SIMULATED,
        choice=Choice.from_json(job.choice) if job.choice else None,
        saved_usd=saved_usd(book, totals.bought, on=_day_of(job)) if book and totals.bought else None,
        outputs={"workbook": job.workbook, "report": job.report},
        publish=_published(job),
    )


def _day_of(job: JobRecord) -> date:
    return datetime.fromisoformat(job.created_at).date()


def _tally(store: Store, job: JobRecord, live_session: str) -> Tally:
    """Give a job's sums; those of a job that has ended are added up once."""
    kept = None if live_session else store.tallies.get(job)
    if kept:
        return kept
    live = None if job.shared else live_session
    tally = Tally(states=store.items.states(job.id), totals=store.totals.of_job(job.id, live_session=live))
    if not live_session:
        store.tallies.keep(job, tally)
    return tally


def _published(job: JobRecord) -> dict[str, str]:
    if not job.workbook:
        return {}
    # Not a path as a whole: the workbook may be an object in S3.
    folder, slash, name = job.workbook.rpartition("/")
    return {
        target: f"{folder}{slash}{publish_path(Path(name), target).name}"
        for target in JobSpec.from_json(job.spec).publish
    }


def _running_s(job: JobRecord, now: datetime | None) -> float:
    if now is None or job.began_at is None:
        return 0.0
    return max(0.0, (now - datetime.fromisoformat(job.began_at)).total_seconds())
