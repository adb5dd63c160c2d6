"""Sums over the ledger and the items: what summaries and `skuscribe costs` show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Engine, case, func, literal_column, select

from jobs.money import from_pico
from jobs.results import AttemptLine, ItemState
from jobs.store.item_table import usage_of
from jobs.store.schema import TOKEN_COLUMNS, attempt_ends, attempt_starts, items, jobs, products, sessions, shards
from jobs.usage import TokenUsage

_PAGE = 2000
_SUMMED = (*TOKEN_COLUMNS, "cost", "priced", "requests", "throttled", "lost", "lost_pico")
SIMULATED = "simulated"
_LIVE = select(sessions.c.id).where(~sessions.c.ended)
#: Attempts in batch inference jobs have their shard as their session: they are on their way as long as it is open.
_OPEN_SHARDS = select(shards.c.name).where(shards.c.state != "closed")
_UNSENT_SHARDS = select(shards.c.name).where(shards.c.state.in_(("planned", "ready")), shards.c.asked_at.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """What a job's replies used of one model in one lane, with what could be priced of it."""

    lane: str
    model: str
    region: str
    input_tokens: int
    output_tokens: int
    cost_pico: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTotals:
    """A job's sums, all from the ledger."""

    usage: TokenUsage
    cost_usd: Decimal
    #: Replies that could be priced.
    priced: int
    #: Attempts that left, or may have.
    requests: int
    throttled: int
    unpriced_items: int
    unconfirmed_attempts: int
    unconfirmed_usd: Decimal
    lanes: dict[str, int]
    #: Of priced replies in the lanes that cost less than on demand.
    bought: tuple[Bought, ...] = ()


class Totals:
    """Reads sums; writes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_job(self, job_id: str, *, live_session: str | None = None) -> JobTotals:
        """Sum up one job; open attempts of a session that is still running are not unconfirmed yet.

        `live_session`: the only one that runs, "" for none, as who holds the job's lock knows it; None for a job that
        workers share: all sessions that have not ended.
        """
        starts, ends = attempt_starts, attempt_ends
        joined = starts.outerjoin(ends, ends.c.attempt == starts.c.attempt)
        is_dead = starts.c.session.not_in(_LIVE) if live_session is None else starts.c.session != live_session
        is_lost = is_dead & starts.c.session.not_in(_OPEN_SHARDS)
        lost = (ends.c.outcome == "unconfirmed") | (ends.c.attempt.is_(None) & is_lost)
        never_sent = (ends.c.error == "not_sent") | (ends.c.attempt.is_(None) & starts.c.session.in_(_UNSENT_SHARDS))
        group = (starts.c.lane, starts.c.model, starts.c.region)
        query = (
            select(
                *group,
                *(func.coalesce(func.sum(ends.c[name]), 0).label(name) for name in TOKEN_COLUMNS),
                func.coalesce(func.sum(ends.c.cost_pico), 0).label("cost"),
                func.count(ends.c.cost_pico).label("priced"),
                func.sum(case((never_sent, 0), else_=1)).label("requests"),
                func.coalesce(func.sum(case((ends.c.error == "throttled", 1), else_=0)), 0).label("throttled"),
                func.coalesce(func.sum(case((lost, 1), else_=0)), 0).label("lost"),
                func.coalesce(func.sum(case((lost, starts.c.reserved_pico), else_=0)), 0).label("lost_pico"),
            )
            .select_from(joined)
            .where(starts.c.job_id == job_id)
            .group_by(*group)
        )
        of_job = items.c.job_id == job_id
        lanes = (
            select(items.c.lane, func.count())
            .where(of_job, items.c.lane != "", items.c.state.in_((ItemState.DONE, ItemState.FLAGGED)))
            .group_by(items.c.lane)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
            row = {name: sum(int(one[name]) for one in rows) for name in _SUMMED}
            unpriced = connection.execute(select(func.count()).where(of_job, items.c.unpriced > 0)).scalar_one()
            return JobTotals(
                usage=usage_of(row),
                cost_usd=from_pico(row["cost"]),
                priced=row["priced"],
                requests=row["requests"],
                throttled=row["throttled"],
                unpriced_items=unpriced,
                unconfirmed_attempts=row["lost"],
                unconfirmed_usd=from_pico(row["lost_pico"]),
                lanes={lane: count for lane, count in connection.execute(lanes)},  # noqa: C416 - rows are not pairs to mypy
                bought=tuple(_bought(one) for one in rows if one["lane"] != "on-demand" and one["priced"]),
            )

    def attempts(self, job_id: str) -> Iterator[AttemptLine]:
        """Stream a job's ledger lines in the order in which they started."""
        last = ""
        starts, ends = attempt_starts, attempt_ends
        base = (
            select(
                starts,
                *(column for column in ends.columns if column.name not in {"attempt", "at"}),
                ends.c.at.label("ended_at"),
                items.c.row,
                items.c.template,
                items.c.locale,
                products.c.key,
            )
            .select_from(
                starts.join(items, items.c.id == starts.c.item_id)
                .join(products, products.c.id == items.c.product_id)
                .outerjoin(ends, ends.c.attempt == starts.c.attempt)
            )
            .where(starts.c.job_id == job_id)
            .order_by(starts.c.attempt)
            .limit(_PAGE)
        )
        while True:
            with self._engine.connect() as connection:
                page = connection.execute(base.where(starts.c.attempt > last)).mappings().all()
            if not page:
                return
            yield from (_line(row) for row in page)
            last = page[-1]["attempt"]

    def seen_outputs(self, realm: str, model: str) -> dict[str, tuple[int, float, float]]:
        """Give by template ref how many replies a model gave and their mean output and input-to-estimate ratio."""
        ends = attempt_ends.c
        sent = ends.input_tokens + ends.cache_read_tokens + ends.cache_write_5m_tokens + ends.cache_write_1h_tokens
        query = (
            select(
                items.c.template,
                func.count(),
                func.avg(attempt_ends.c.output_tokens),
                func.avg(sent * literal_column("1.0") / items.c.prompt_tokens),
            )
            .select_from(
                attempt_ends.join(attempt_starts, attempt_starts.c.attempt == attempt_ends.c.attempt).join(
                    items, items.c.id == attempt_starts.c.item_id
                )
            )
            .where(
                attempt_starts.c.realm == realm,
                attempt_starts.c.model == model,
                attempt_starts.c.purpose == "write",
                attempt_ends.c.outcome == "ok",
                attempt_ends.c.output_tokens > 0,
                items.c.prompt_tokens > 0,
            )
            .group_by(items.c.template)
        )
        with self._engine.connect() as connection:
            return {row[0]: (row[1], float(row[2]), float(row[3])) for row in connection.execute(query)}

    def costs(self, by: Sequence[str], *, simulated: bool, since: str = "", until: str = "") -> list[dict[str, Any]]:
        """Sum the ledger by dimensions, of one realm kind; `since` and `until` bound the attempt's day (UTC)."""
        starts, ends = attempt_starts, attempt_ends
        day = func.substr(starts.c.at, 1, 10)
        dimensions: Mapping[str, ColumnElement[Any]] = {
            "day": day,
            "model": starts.c.model,
            "job": starts.c.job_id,
            "template": items.c.template,
            "owner": jobs.c.owner,
            "lane": starts.c.lane,
            "locale": items.c.locale,
            "realm": starts.c.realm,
        }
        chosen = [dimensions[name].label(name) for name in by]
        unpriced = case(((ends.c.outcome == "ok") & ends.c.cost_pico.is_(None), items.c.id))
        query = (
            select(
                *chosen,
                func.count(func.distinct(items.c.id)).label("items"),
                func.count().label("attempts"),
                *(func.coalesce(func.sum(ends.c[name]), 0).label(name) for name in TOKEN_COLUMNS),
                func.sum(ends.c.cost_pico).label("cost_pico"),
                func.count(func.distinct(unpriced)).label("unpriced_items"),
            )
            .select_from(
                starts.join(items, items.c.id == starts.c.item_id)
                .join(jobs, jobs.c.id == starts.c.job_id)
                .outerjoin(ends, ends.c.attempt == starts.c.attempt)
            )
            .where(starts.c.realm == SIMULATED if simulated else starts.c.realm != SIMULATED)
            .group_by(*chosen)
            .order_by(*chosen)
        )
        if since:
            query = query.where(day >= since)
        if until:
            query = query.where(day <= until)
        with self._engine.connect() as connection:
            return [_cost_row(dict(row), by) for row in connection.execute(query).mappings()]


def _bought(row: Mapping[Any, Any]) -> Bought:
    return Bought(
        lane=row["lane"],
        model=row["model"],
        region=row["region"],
        input_tokens=int(row["input_tokens"]),
        output_tokens=int(row["output_tokens"]),
        cost_pico=int(row["cost"]),
    )


def _cost_row(row: dict[str, Any], by: Sequence[str]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in by},
        "items": row["items"],
        "attempts": row["attempts"],
        "input_tokens": int(row["input_tokens"]),
        "output_tokens": int(row["output_tokens"]),
        "cache_read_tokens": int(row["cache_read_tokens"]),
        "cache_write_tokens": int(row["cache_write_5m_tokens"] + row["cache_write_1h_tokens"]),
        "cost_usd": None if row["unpriced_items"] and row["cost_pico"] is None else from_pico(row["cost_pico"] or 0),
        "unpriced_items": row["unpriced_items"],
    }


def _line(row: Any) -> AttemptLine:
    return AttemptLine(
        attempt=row["attempt"],
        row=row["row"],
        key=row["key"],
        template=row["template"],
        locale=row["locale"],
        started_at=row["at"],
        ended_at=row["ended_at"] or "",
        model=row["model"],
        region=row["region"],
        lane=row["lane"],
        tier=row["tier"] or "",
        realm=row["realm"],
        outcome=row["outcome"] or "unconfirmed",
        error=row["error"] or "",
        usage=usage_of(row),
        cost_usd=None if row["cost_pico"] is None else from_pico(row["cost_pico"]),
        reserved_usd=None if row["reserved_pico"] is None else from_pico(row["reserved_pico"]),
        price_ref=row["price_ref"] or "",
        request_id=row["request_id"] or "",
        seconds=row["seconds"] or 0.0,
    )
