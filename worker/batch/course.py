"""How a job in the batch lane goes on once none of its shards is open: a pure decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.store.shard_table import ShardRecord
from worker.inference_jobs import JobStatus
from worker.model import ErrorKind, ModelError

#: Passes over the items as batch jobs: what is left after them is sent one by one.
_MOST_ROUNDS = 3
#: Where more than this share of a round came back without a result, another batch job is worth its wait.
_MUCH = 0.2
#: Requests a minute that sending one by one is taken to reach where no quota is told: a careful guess.
_ASSUMED_PER_MIN = 300.0
_LEAST_RESERVE = timedelta(minutes=10)
_CAPPED = ", and what enough of them for a batch job can cost at most does not fit under the budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A job whose shards are all closed."""

    open_items: int
    #: Of the present session of the job, in their order.
    shards: Sequence[ShardRecord]
    #: A record of the job has had an answer, in whichever session.
    was_answered: bool
    least_records: int
    #: Whether the deadline leaves room for another batch job.
    has_time: bool
    #: The lane that somebody chose for the rest, "" for none.
    other_lane: str
    #: The time for batch jobs is over.
    is_late: bool
    #: The model has the flex tier, and it has a price.
    has_flex: bool
    #: What is left is expected to fit under the budget at the price on demand.
    fits_one_by_one: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """The lane of what is left, "" when nothing is sent, and why; or what would hit every record alike."""

    lane: str
    why: str = ""
    error: ModelError | None = None
    #: The budget keeps what is left from being sent.
    is_capped: bool = False


def decide(situation: Situation) -> Decision:
    """Say in which lane the open items go on."""
    left = situation.open_items
    if not left:
        return Decision("")
    if situation.other_lane or situation.is_late:
        late = ", and the time for batch jobs is over" if situation.is_late else ""
        return Decision(situation.other_lane or "on-demand", f"{left:,} items are left{late}")
    last = _last_round(situation.shards)
    if error := _hits_all(last, was_answered=situation.was_answered):
        return Decision("", error=error)
    if reason := _against_batch(situation, last):
        return _without_batch(situation, reason)
    if not last:
        return Decision("batch")
    waited = any(shard.cut_by in ("cap", "budget") for shard in last)
    return Decision("batch", f"{left:,} items {'waited for the budget' if waited else 'came back without a result'}")


def _without_batch(situation: Situation, reason: str) -> Decision:
    """Say how the open items go on that go into no batch job."""
    why = f"{situation.open_items:,} items are left{reason}"
    if situation.has_flex:
        return Decision("flex", why)
    if reason == _CAPPED and not situation.fits_one_by_one:
        # Whoever counts the money would rather be asked than pay twice as much for a part of it.
        told = [shard.message for shard in situation.shards if shard.cut_by == "cap"]
        return Decision("", f"{why}. {told[-1]}", is_capped=True)
    return Decision("on-demand", why)


def capped_line(job_id: str, decision: Decision) -> str:
    """Say how a job goes on whose budget lets no batch job in."""
    return f"{decision.why} `skuscribe resume {job_id} --lane on-demand` sends them one by one, at the full price."


def _against_batch(situation: Situation, last: Sequence[ShardRecord]) -> str:
    """Say why the open items should not go into batch jobs, "" when they should."""
    left, least = situation.open_items, situation.least_records
    if left < least:
        return f", and a batch job takes at least {least:,}"
    if not last:
        return ""
    sent = sum(shard.records for shard in last if shard.arn)
    waited = _is_cut(last)
    reasons = (
        (not situation.has_time, ", and another batch job could be late"),
        (waited and not sent, _CAPPED),
        (_brought_nothing(last), ", and the last batch jobs brought no answer"),
        (_rounds(situation.shards) >= _MOST_ROUNDS, f" after {_MOST_ROUNDS} rounds of batch jobs"),
        (all(shard.cut_by == "size" for shard in last), f", and no batch job of {least:,} records keeps to its limits"),
        (situation.has_flex and not waited and left <= _MUCH * sent, ": the flex tier does not let them wait"),
    )
    return next((text for holds, text in reasons if holds), "")


def cut_off_at(deadline_at: datetime, since: datetime, *, items: int, per_min: float | None) -> datetime:
    """Say when batch jobs must be stopped so that so many items can still be sent one by one before the deadline.

    `since`: from when the deadline counts.
    """
    span = deadline_at - since
    sending = timedelta(minutes=1.25 * items / (per_min or _ASSUMED_PER_MIN))
    reserve = max(_LEAST_RESERVE, span / 10, sending)
    return deadline_at - min(reserve, span / 2)


def _rounds(shards: Sequence[ShardRecord]) -> int:
    """Count the rounds, but for those that went as far as the budget let them: another one gets on."""
    rounds: dict[int, list[ShardRecord]] = {}
    for shard in shards:
        rounds.setdefault(shard.round, []).append(shard)
    return sum(not (_is_cut(one) and any(shard.answered for shard in one)) for one in rounds.values())


def _is_cut(shards: Sequence[ShardRecord]) -> bool:
    """Whether the budget kept records of a round out."""
    return any(shard.cut_by == "cap" for shard in shards)


def _last_round(shards: Sequence[ShardRecord]) -> list[ShardRecord]:
    return [shard for shard in shards if shard.round == shards[-1].round]


def _brought_nothing(last: Sequence[ShardRecord]) -> bool:
    """Whether Bedrock did most of the records of a round, and not one of them holds an answer."""
    sent = [shard for shard in last if shard.arn]
    done = sum(shard.replied + shard.errors for shard in sent)
    return bool(sent) and not any(shard.answered for shard in sent) and 2 * done > sum(one.records for one in sent)


def _hits_all(last: Sequence[ShardRecord], *, was_answered: bool) -> ModelError | None:
    """Give the error of a round of which not one batch job ran, or not one record of the job has had an answer."""
    sent = [shard for shard in last if shard.arn]
    if not sent:
        return None
    shard = sent[0]
    finish = f"finish with `skuscribe resume {shard.job_id} --lane on-demand`"
    if all(one.status == JobStatus.FAILED and not one.replied for one in sent):
        return ModelError(
            f"Bedrock could not run the batch job {shard.job_name}: {shard.message or 'it gives no reason'}",
            kind=ErrorKind.REJECTED,
            fix=f"`skuscribe doctor` checks bucket and role. Mend it, then `skuscribe resume {shard.job_id}`; or"
            f" {finish}.",
        )
    if was_answered or not _brought_nothing(last):
        return None
    if any(one.replied for one in sent):
        return ModelError(
            f"The model gave no usable answer to any product of the batch job {shard.job_name}.",
            kind=ErrorKind.REJECTED,
            fix="`skuscribe preview` shows its answers; choose another model with --model. `skuscribe resume"
            f" {shard.job_id}` asks this one again.",
        )
    return ModelError(
        f"Every record of the batch job {shard.job_name} came back with an error: {shard.message}",
        kind=ErrorKind.REJECTED,
        fix=f"Use another model, or {finish}.",
    )
