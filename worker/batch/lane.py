"""Takes a shard as far as it goes at this moment: planned, ready, submitted, ended, closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.store.shard_table import ClaimLostError, ShardRecord, ShardState
from worker.batch.harvest import NotYetError, OutputMissingError, harvest
from worker.batch.job_batch import InterruptedWorkError, JobBatch
from worker.batch.polling import GONE, LOOKS, look, look_again, wait_s
from worker.batch.preparing import prepare
from worker.batch.submission import has_slot, submit, withdraw
from worker.batch.unsent import close_unsent
from worker.model import ErrorKind, ModelError

#: Errors that pass: the shard is taken up again after a wait.
_PASSING = frozenset(
    (
        ErrorKind.QUOTA,
        ErrorKind.THROTTLED,
        ErrorKind.UNAVAILABLE,
        ErrorKind.INTERNAL,
        ErrorKind.TRANSPORT,
        ErrorKind.TIMEOUT,
        ErrorKind.NOT_READY,
    )
)
#: A shard that Bedrock does not have yet fails after so many of them, but for those that only say "later".
_MOST_TRIES = 12
_LATER = frozenset((ErrorKind.QUOTA, ErrorKind.THROTTLED))
#: Waiting for a slot counts as so many tries at the most: it may take days, and leaves room for real ones.
_MOST_WAITS = 6
#: How soon something is tried again whose cause is out of reach or on its way.
_SOON_S = 10.0


@dataclass(frozen=True, slots=True)
class _Step:
    shard: ShardRecord
    #: None: go on at once.
    wait_s: float | None = None


class BatchLane:
    """Works on the shards of one job.

    `stop`: whether Bedrock's jobs are to be stopped; `give_up`: whether to do without output that cannot be had;
    `cut_off`: when they are to be stopped at the latest, as far as is known now.
    """

    def __init__(
        self,
        batch: JobBatch,
        *,
        stop: Callable[[], bool] = lambda: False,
        give_up: Callable[[], bool] = lambda: False,
        cut_off: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        self._batch = batch
        self._stop = stop
        self._cut_off = cut_off
        self._give_up = give_up
        #: What was told to wait, in which state.
        self._told: set[tuple[int, ShardState]] = set()

    def work(self, shard_id: int, session: str) -> bool:
        """Take a shard as far as it goes, and let go of it until it is due again; give whether anything was done.

        Raises:
            SkuscribeError: what somebody has to mend; the shard stays as it is.
        """
        shard = self._batch.store.shards.claim(shard_id, session)
        if shard is None:
            return False
        stop = False
        try:
            self._batch.endpoint.refuse_elsewhere(shard)
            while shard.state is not ShardState.CLOSED:
                stop = self._stop()
                step = self._step(shard, stop=stop)
                shard = step.shard
                if step.wait_s is not None:
                    self._release(shard, step.wait_s, stop=stop)
                    return True
        except (ClaimLostError, InterruptedWorkError):
            self._batch.store.shards.release(shard)
            return False
        except ModelError as error:
            self._on_error(shard, error, stop=stop)
        except BaseException:
            self._batch.store.shards.release(shard)
            raise
        else:
            self._batch.store.shards.release(shard)
        return True

    def _step(self, shard: ShardRecord, *, stop: bool) -> _Step:
        match shard.state:
            case ShardState.PLANNED:
                return self._planned(shard, stop=stop)
            case ShardState.READY:
                return self._ready(shard, stop=stop)
            case ShardState.SUBMITTED:
                looked = look(self._batch, shard, stop=stop)
                return _Step(looked, self._poll_s(looked) if looked.state is ShardState.SUBMITTED else None)
            case _:
                return self._ended(shard)

    def _planned(self, shard: ShardRecord, *, stop: bool) -> _Step:
        batch = self._batch
        if stop:
            return self._withdrawn(shard)
        if not has_slot(batch, shard):
            if not shard.tries:
                batch.tell(
                    f"Batch job {shard.job_name} waits: {batch.endpoint.limits.most_jobs} jobs of {shard.model} are in"
                    " progress, and Bedrock takes no more at a time."
                )
            return _Step(batch.store.shards.change(shard, tries=_waited(shard)), self._poll_s(shard))
        return _Step(prepare(batch, shard))

    def _ready(self, shard: ShardRecord, *, stop: bool) -> _Step:
        if stop:
            return self._withdrawn(shard)
        submitted = submit(self._batch, shard)
        if submitted.state is not ShardState.SUBMITTED:
            return _Step(submitted)
        self._batch.tell(f"Batch job {shard.job_name}: {shard.records:,} records are submitted.")
        return _Step(submitted)

    def _withdrawn(self, shard: ShardRecord) -> _Step:
        ended = withdraw(self._batch, shard)
        return _Step(shard, _SOON_S) if ended is None else _Step(ended)

    def _ended(self, shard: ShardRecord) -> _Step:
        batch = self._batch
        if not shard.arn:
            return _Step(close_unsent(batch, shard))
        if shard.status == GONE and batch.endpoint.keeps_jobs:
            shard = look_again(batch, shard)
            if shard.state is ShardState.SUBMITTED:
                return _Step(shard)
        try:
            return _Step(harvest(batch, shard, give_up=self._give_up()))
        except NotYetError:
            if shard.status != GONE:
                shard = look_again(batch, shard)
            return _Step(shard, self._poll_s(shard))
        except OutputMissingError as error:
            if not self._has_others(shard):
                raise
            if shard.tries == LOOKS:
                batch.tell(f"{error.message} {error.fix}")
            return _Step(batch.store.shards.change(shard, tries=shard.tries + 1), self._poll_s(shard))

    def _has_others(self, shard: ShardRecord) -> bool:
        """Whether the job has another shard that gets on: what that one brings is not kept waiting for this one."""
        others = (one for one in self._batch.store.shards.open(shard.job_id) if one.id != shard.id)
        return any(one.state is not ShardState.ENDED or one.tries < LOOKS for one in others)

    def _on_error(self, shard: ShardRecord, error: ModelError, *, stop: bool) -> None:
        unsent = shard.state in (ShardState.PLANNED, ShardState.READY)
        is_hopeless = unsent and error.kind not in _LATER and shard.tries >= _MOST_TRIES
        if error.kind not in _PASSING or is_hopeless:
            self._batch.store.shards.release(shard)
            raise error
        later = error.kind in _LATER
        is_first = not shard.tries and (shard.id, shard.state) not in self._told
        try:
            shard = self._batch.store.shards.change(shard, tries=_tried(shard, later=later))
        except ClaimLostError:
            return
        if is_first:
            self._told.add((shard.id, shard.state))
            self._batch.tell(f"Batch job {shard.job_name} waits: {error.message}")
        is_look = later or shard.state is ShardState.ENDED
        wait = self._poll_s(shard) if is_look else wait_s(shard.tries, first_s=self._soon_s)
        self._release(shard, wait, stop=stop)

    def _release(self, shard: ShardRecord, wait: float, *, stop: bool) -> None:
        batch = self._batch
        now, cut_off = batch.clock(), self._cut_off()
        due_at = now + timedelta(seconds=wait)
        if cut_off and cut_off > now:
            due_at = min(due_at, cut_off)
        batch.store.shards.release(shard, due_at=due_at)
        if not stop and self._stop():
            # Whoever began to want a stop while it was held here has woken it in vain.
            batch.store.shards.wake([shard.id])

    def _poll_s(self, shard: ShardRecord) -> float:
        # What is stopping ends soon, and its output is waited for.
        first_s = self._soon_s if shard.stopping or self._stop() else self._batch.endpoint.poll_s
        return wait_s(max(0, shard.tries - 1), first_s=first_s)

    @property
    def _soon_s(self) -> float:
        return min(_SOON_S, self._batch.endpoint.poll_s)


def _tried(shard: ShardRecord, *, later: bool) -> int:
    """Count a failed try, but for those of an ended shard: its tries are looks that found no output."""
    if shard.state is ShardState.ENDED:
        return shard.tries
    return _waited(shard) if later else shard.tries + 1


def _waited(shard: ShardRecord) -> int:
    return min(shard.tries + 1, _MOST_WAITS)
