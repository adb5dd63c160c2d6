"""One job in the batch lane, with all that the steps of its shards need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jobs.clock import Clock
from jobs.store.attempts import End, Start
from jobs.store.item_table import OpenItem
from jobs.store.job_table import JobRecord
from jobs.store.shard_ledger import Harvested, ShardLedger
from jobs.store.shard_table import ShardRecord
from jobs.store.store import Store
from worker.aws.record_codec import RecordCodec
from worker.batch.endpoint import BatchEndpoint
from worker.composing import Composer
from worker.engine import Pricing
from worker.outcome import Place


class InterruptedWorkError(Exception):
    """Somebody wants this process to stop; the shard stays as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobBatch:
    """A job, its way to Bedrock's batch-inference jobs, and its parts."""

    job: JobRecord
    store: Store
    ledger: ShardLedger
    endpoint: BatchEndpoint
    composers: Mapping[tuple[str, str, str], Composer]
    #: By model as asked for.
    codecs: Mapping[str, RecordCodec]
    pricing: Pricing
    clock: Clock
    #: Whether this process is to stop; asked between pages of work.
    interrupted: Callable[[], bool] = lambda: False
    #: Takes what a person wants to know.
    tell: Callable[[str], None] = lambda _: None
    #: Names a shard so that names sort by time.
    new_name: Callable[[], str] = field(kw_only=True)

    def go_on(self) -> None:
        """Go on with a long work.

        Raises:
            InterruptedWorkError: this process is to stop.
        """
        if self.interrupted():
            raise InterruptedWorkError

    def composer(self, item: OpenItem) -> Composer:
        """Give what composes an item's requests."""
        return self.composers[item.template, item.locale, item.model]

    def place(self, shard: ShardRecord) -> Place:
        """Say where a shard's attempts go."""
        return Place(
            job_id=self.job.id,
            session=shard.name,
            realm=self.job.realm,
            region=self.endpoint.region,
            lane="batch",
            catalogue=self.job.catalogue,
        )

    def start(self, shard: ShardRecord, item: OpenItem, *, purpose: str, reserved_pico: int | None) -> Start:
        """Give the attempt of an item in a shard; its id is the record's, and tells both."""
        place = self.place(shard)
        return Start(
            attempt=f"{shard.name}-{item.id:09d}",
            job_id=place.job_id,
            item_id=item.id,
            session=place.session,
            purpose=purpose,
            model=shard.model,
            region=place.region,
            lane=place.lane,
            realm=place.realm,
            reserved_pico=reserved_pico,
        )

    def end_the_rest(
        self,
        shard: ShardRecord,
        *,
        outcome: str,
        error: str,
        counted_as: str = "",
        above_item: int = 0,
        most: int | None = None,
    ) -> int:
        """End what is left open of a claimed shard without a result; its items stay open. Gives how many.

        Only those of items above an id, and at the most so many.
        """
        ended, after = 0, ""
        while attempts := self.ledger.left(shard, after=after, above_item=above_item)[: _room(most, ended)]:
            self.go_on()
            after = attempts[-1]
            starts = (opened.start for opened in self.ledger.opened(attempts).values())
            ends = [End(start=start, outcome=outcome, error=error) for start in starts]
            ended += self.ledger.settle(shard, Harvested(ends=ends, counted_as=_all_as(ends, counted_as)))
        return ended

    def telling(self, **changes: Any) -> JobBatch:
        """Give the same with another of its callbacks."""
        return replace(self, **changes)


def _room(most: int | None, taken: int) -> int | None:
    return None if most is None else max(0, most - taken)


def _all_as(ends: Iterable[End], counter: str) -> dict[str, tuple[str]]:
    return {end.start.attempt: (counter,) for end in ends} if counter else {}
