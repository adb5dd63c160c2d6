"""From a planned shard to a ready one: its items are composed, reserved against the cap and streamed into S3.

What a file holds is what the ledger has started for its shard. Killed anywhere before the intent is written, it begins
anew: attempts that are recorded stay, the object is written again. From the intent on the file never changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from jobs.money import from_pico
from jobs.results import ItemState
from jobs.store.attempts import Finished, Grant, Start
from jobs.store.item_table import OpenItem
from jobs.store.shard_table import ShardRecord
from templates.errors import UserError
from worker.batch.job_batch import JobBatch
from worker.batch.unsent import unsent
from worker.composing import Task
from worker.model import OutputMode

_PAGE = 2000
_FILE = "records.jsonl"


def prepare(batch: JobBatch, shard: ShardRecord) -> ShardRecord:
    """Write a planned shard's file and then the intent; end the shard unsent where that has too few records.

    Raises:
        AccessError: the bucket cannot be written.
        ClaimLostError: the shard is somebody else's by now.
        InterruptedWorkError: this process is to stop.
    """
    least = batch.endpoint.limits.least_records
    items = batch.store.items.count_open(shard.job_id, shard.model, first=shard.first_item, last=shard.last_item)
    if items < least:
        return _too_small(batch, shard, items)
    folder = f"{batch.endpoint.root}/{shard.job_id}/{shard.name}"
    uri = f"{folder}/{_FILE}"
    # Before the file, so that whoever cleans up finds one that a kill left.
    shard = batch.store.shards.change(shard, input_uri=uri)
    records = Records(batch, shard)
    size = batch.endpoint.files.write(uri, records.parts())
    # What an earlier try had started and this file does not hold.
    batch.end_the_rest(shard, outcome="unbilled", error="not_sent", above_item=records.last_item)
    if records.count < least:
        batch.endpoint.files.remove([uri])
        if records.cut_by:
            return _capped(batch, shard, records)
        return _too_small(batch, shard, records.count)
    return batch.store.shards.ready(
        shard,
        rest_name=batch.new_name() if records.is_full else "",
        now=batch.clock(),
        last_item=records.last_item if records.is_full else shard.last_item,
        cut_by=records.cut_by,
        format=batch.codecs[shard.model].format,
        records=records.count,
        bytes=size,
        digest=records.digest,
        output_uri=f"{folder}/out/",
    )


@dataclass(frozen=True, slots=True)
class _Record:
    start: Start
    line: bytes


class Records:
    """The records of a shard, as they are streamed into its file."""

    def __init__(self, batch: JobBatch, shard: ShardRecord) -> None:
        self._batch = batch
        self._shard = shard
        self._sha256 = hashlib.sha256()
        self._bytes = 0
        self.count = 0
        #: The last item that was looked at.
        self.last_item = shard.first_item - 1
        #: The file has no room for the next item.
        self.is_full = False
        #: `cap` where the job's cap left items out.
        self.cut_by = ""
        #: The most that one of its records reserves, and what all that were let in do, in picodollars.
        self.most_pico = 0
        self.reserved_pico = 0

    @property
    def digest(self) -> str:
        """sha256 of what was streamed."""
        return self._sha256.hexdigest()

    def parts(self) -> Iterator[bytes]:
        """Stream the file, page by page, each after its attempts are recorded."""
        shard, batch = self._shard, self._batch
        while not (self.is_full or self.cut_by):
            batch.go_on()
            page = batch.store.items.open_of_model(
                shard.job_id, shard.model, after=self.last_item, last=shard.last_item, size=_PAGE
            )
            if not page:
                return
            part = b"".join(self._granted(self._fitting(page)))
            self._sha256.update(part)
            yield part

    def _fitting(self, page: Sequence[OpenItem]) -> list[_Record]:
        limits = self._batch.endpoint.limits
        failed: list[Finished] = []
        fitting: list[_Record] = []
        size = self._bytes
        for item in page:
            record = self._record(item)
            if isinstance(record, Finished):
                failed.append(record)
            elif self.count + len(fitting) < limits.most_records and size + len(record.line) <= limits.most_bytes:
                fitting.append(record)
                size += len(record.line)
            else:
                self.is_full = True
                break
            self.last_item = item.id
        self._batch.ledger.fail(self._shard, failed)
        return fitting

    def _granted(self, records: Sequence[_Record]) -> Iterator[bytes]:
        grants = self._batch.ledger.reserve(self._shard, [record.start for record in records])
        for record, grant in zip(records, grants, strict=True):
            if not grant:
                # An item whose attempt has ended goes out with the next round.
                self.cut_by = "cap" if grant is Grant.CAP else self.cut_by
                continue
            self.count += 1
            self.reserved_pico += record.start.reserved_pico or 0
            self._bytes += len(record.line)
            yield record.line

    def _record(self, item: OpenItem) -> _Record | Finished:
        batch, shard = self._batch, self._shard
        task = Task.of(item)
        try:
            composed = batch.composer(item).compose(task, mode=OutputMode.PROMPT)
        except UserError as error:
            return Finished(item_id=item.id, state=ItemState.FAILED, copy={}, notes=error.message)
        request = composed.request
        reserved = batch.pricing.reserve_pico(
            request.model,
            input_tokens=composed.most_prompt_tokens,
            output_tokens=request.max_tokens,
            cached=False,
        )
        self.most_pico = max(self.most_pico, reserved or 0)
        start = batch.start(shard, item, purpose=task.purpose, reserved_pico=reserved)
        return _Record(start, batch.codecs[shard.model].line(start.attempt, request))


def _too_small(batch: JobBatch, shard: ShardRecord, records: int) -> ShardRecord:
    """End a shard that Bedrock would not take; its items go another way."""
    least = batch.endpoint.limits.least_records
    return unsent(
        batch, shard, cut_by="size", message=f"It has {records} records, and a batch job takes at least {least}."
    )


def _capped(batch: JobBatch, shard: ShardRecord, records: Records) -> ShardRecord:
    """End a shard of which the budget lets in fewer records than Bedrock takes."""
    least, job = batch.endpoint.limits.least_records, batch.store.jobs.get(batch.job.id)
    of_others = job.spent_pico + job.held_pico - records.reserved_pico
    needed = from_pico(of_others + least * records.most_pico)
    message = f"A budget of ${needed.quantize(Decimal('0.01'), ROUND_UP):,} lets a batch job of {least:,} records in."
    return unsent(batch, shard, cut_by=records.cut_by, message=message)
