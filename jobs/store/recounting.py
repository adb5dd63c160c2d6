"""What a job has spent and holds, counted again from the ledger: after a crash the ledger is what is true."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, exists, func, select, update

from jobs.store.schema import PROGRESS_COLUMNS, attempt_ends, attempt_starts, items, jobs, shards


def recount(connection: Connection, job_id: str) -> None:
    """Begin a new session of a job: its counters at 0, its money by the ledger, lost attempts with their items."""
    joined = attempt_starts.outerjoin(attempt_ends, attempt_ends.c.attempt == attempt_starts.c.attempt)
    of_job = attempt_starts.c.job_id == job_id
    open_items = select(attempt_starts.c.item_id).select_from(joined).where(of_job, attempt_ends.c.attempt.is_(None))
    # Items before the job, by id, as whoever ends an attempt locks them.
    lost = connection.execute(
        select(items.c.id).where(items.c.id.in_(open_items)).order_by(items.c.id).with_for_update()
    ).scalars()
    ids = list(lost)
    connection.execute(select(jobs.c.id).where(jobs.c.id == job_id).with_for_update(key_share=True))
    spent = select(func.coalesce(func.sum(attempt_ends.c.cost_pico), 0)).select_from(joined)
    is_lost = attempt_ends.c.outcome.is_(None) | (attempt_ends.c.outcome == "unconfirmed")
    rounds = select(func.max(shards.c.round)).where(shards.c.job_id == job_id).scalar_subquery()
    under_way = select(func.min(shards.c.round) - 1).where(shards.c.job_id == job_id, shards.c.state != "closed")
    held = select(func.coalesce(func.sum(attempt_starts.c.reserved_pico), 0)).select_from(joined).where(is_lost)
    connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id)
        .values(
            **dict.fromkeys((*PROGRESS_COLUMNS, "tokens"), 0),
            spent_pico=connection.execute(spent.where(of_job)).scalar_one(),
            held_pico=connection.execute(held.where(of_job)).scalar_one(),
            rounds_before=func.coalesce(under_way.scalar_subquery(), rounds, 0),
        )
    )
    if ids:
        # An attempt that never ended was never added to its item; one in an open shard is when that is harvested.
        open_shards = select(shards.c.name).where(shards.c.job_id == job_id, shards.c.state != "closed")
        has_ended = exists().where(attempt_ends.c.attempt == attempt_starts.c.attempt)
        counts = has_ended | attempt_starts.c.session.not_in(open_shards)
        sent = select(func.count()).where(attempt_starts.c.item_id == items.c.id, counts).scalar_subquery()
        # Those that are locked and no others, whose senders may wait for the job by now.
        counted = update(items).where(items.c.id == bindparam("the_item")).values(attempts=sent)
        connection.execute(counted, [{"the_item": item} for item in ids])
