"""From an ended shard to a closed one: its output is streamed, joined by record id, judged and booked.

The output comes in any order and may lack records. A page is booked in one transaction that leaves alone what is booked
already, so that a harvest which was killed anywhere simply begins anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from jobs.store.attempts import End
from jobs.store.shard_ledger import Harvested, Note, Opened
from jobs.store.shard_table import ShardRecord, ShardState
from templates.errors import UserError
from worker.aws.record_codec import RecordCodec
from worker.batch.job_batch import JobBatch
from worker.batch.polling import GONE, LOOKS
from worker.composing import Task
from worker.inference_jobs import JobStatus
from worker.model import ModelError, OutputMode
from worker.outcome import finished_item
from worker.verdicts import Again, Repair, Settled, is_usable, on_reply

#: Records that are booked in one transaction; so many are in memory at a time.
_PAGE = 8000
_MANIFEST = "manifest.json.out"
_OUTPUT = ".out"
#: Statuses of jobs that have written something.
_WROTE = (JobStatus.COMPLETED, JobStatus.PARTIALLY_COMPLETED, GONE)


#: The shard's counters that a reply adds to.
_REPLIED = ("replied",)
_ANSWERED = ("replied", "answered")
#: What a record means: how its attempt ended, what its item takes on, what it counts as.
_Judged = tuple[End, Note | None, Sequence[str]]


class NotYetError(Exception):
    """The output is not there yet."""


class OutputMissingError(UserError):
    """The output is not where it should be; somebody has to mend that, or to do without it."""


def harvest(batch: JobBatch, shard: ShardRecord, *, give_up: bool) -> ShardRecord:
    """Book all records of an ended shard, then what came back without one, and close it.

    `give_up`: close it also where its output cannot be had; its attempts then stay unconfirmed.

    Raises:
        NotYetError: Bedrock may have written, but nothing is there yet.
        OutputMissingError: nothing was there after several looks.
        ClaimLostError: the shard is somebody else's by now.
        InterruptedWorkError: this process is to stop.
    """
    files = batch.endpoint.files
    found = files.listed(f"{shard.output_uri}{shard.arn.rpartition('/')[2]}/")
    outputs = sorted(uri for uri in found if uri.endswith(_OUTPUT) and not uri.endswith(_MANIFEST))
    if not outputs and (_wrote(shard) or shard.ran):
        _wait_for_output(batch, shard, give_up=give_up or not _wrote(shard))
    pages = Pages(batch, shard)
    for uri in outputs:
        _book(batch, shard, pages, files.lines(uri))
    if outputs and shard.status == GONE and batch.ledger.left(shard, most=1):
        # Nobody knows whether it was to write more.
        _wait_for_output(batch, shard, give_up=give_up)
    manifest = _manifest(batch, [uri for uri in found if uri.endswith(_MANIFEST)])
    _end_missing(batch, shard, unreadable=pages.unreadable, has_output=bool(outputs))
    closed = batch.store.shards.change(
        shard,
        state=ShardState.CLOSED,
        message=shard.message or pages.first_error,
        manifest_input_tokens=manifest.get("inputTokenCount"),
        manifest_output_tokens=manifest.get("outputTokenCount"),
    )
    batch.tell(harvest_line(closed))
    return closed


def _book(batch: JobBatch, shard: ShardRecord, pages: Pages, lines: Iterator[bytes]) -> None:
    """Book an output page by page, one after the other: a thread that writes meanwhile wants the same interpreter."""
    records = pages.records(lines)
    while page := dict(islice(records, _PAGE)):
        batch.go_on()
        batch.ledger.settle(shard, pages.judged(page))


class Pages:
    """Judges pages of a shard's output."""

    def __init__(self, batch: JobBatch, shard: ShardRecord) -> None:
        self._batch = batch
        self._codec: RecordCodec = batch.codecs[shard.model]
        self._place = batch.place(shard)
        self.first_error = ""
        #: Lines that are no records.
        self.unreadable = 0

    def records(self, lines: Iterable[bytes]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Read records with their ids, without what each of them repeats of its input: that is most of it."""
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:
                record = None
            if isinstance(record, dict) and isinstance(record.get("recordId"), str):
                record.pop("modelInput", None)
                yield record["recordId"], record
            else:
                self.unreadable += bool(line.strip())

    def judged(self, records: Mapping[str, Mapping[str, Any]]) -> Harvested:
        """Give what a page of output records means, by id; those of no open attempt mean nothing."""
        ends: list[End] = []
        notes: list[Note] = []
        counted: dict[str, Sequence[str]] = {}
        for attempt, opened in self._batch.ledger.opened(list(records)).items():
            end, note, counters = self._judged(opened, records[attempt])
            ends.append(end)
            counted[attempt] = counters
            if note:
                notes.append(note)
        return Harvested(ends=ends, notes=notes, counted_as=counted)

    def _judged(self, opened: Opened, record: Mapping[str, Any]) -> _Judged:
        output = record.get("modelOutput")
        task = Task.of(opened.item)
        try:
            if not isinstance(output, Mapping):
                raise self._codec.error(record.get("error"))
            return self._replied(opened, task, output)
        except ModelError as error:
            self.first_error = self.first_error or error.message
            task.met[error.kind] = task.met.get(error.kind, 0) + 1
            # Whether an error record is billed is unknown; the manifest's tokens would show it.
            end = End(start=opened.start, outcome="unconfirmed" if error.maybe_billed else "unbilled", error=error.kind)
            return end, Note(opened.item.id, task.met, opened.item.draft), ("errors",)

    def _replied(self, opened: Opened, task: Task, output: Mapping[str, Any]) -> _Judged:
        start = opened.start
        reply = self._codec.reply(output)
        cost_pico, ref = self._batch.pricing.cost(start.model, reply.usage, tier=reply.tier)
        end = End(
            start=start,
            outcome="ok",
            usage=reply.usage,
            raw_usage=reply.raw_usage,
            cost_pico=cost_pico,
            price_ref=ref,
            finish=reply.stop_reason,
        )
        if not opened.is_pending:
            return end, None, _ANSWERED
        composer = self._batch.composer(opened.item)
        if opened.item.draft is not None:
            # What was wrong with the draft decides which fields of the answer are taken.
            composer.compose(task, mode=OutputMode.PROMPT)
        verdict = on_reply(task, reply, composer.template, composer.checker)
        # One that was cut off may be whole when it has room.
        is_cut = isinstance(verdict, Again) and verdict.lengthened
        counters = _ANSWERED if is_cut or is_usable(verdict) else _REPLIED
        match verdict:
            case Settled():
                finished = finished_item(opened.item, verdict, end, self._place)
                return replace(end, finished=finished), None, counters
            case Repair():
                return end, Note(opened.item.id, task.met, verdict.draft), counters
            case Again():
                task.meet(lengthened=verdict.lengthened, unreadable=verdict.unreadable)
        return end, Note(opened.item.id, task.met, opened.item.draft), counters


def harvest_line(shard: ShardRecord) -> str:
    """Say what a shard's harvest gave, and where the records and the manifest disagree."""
    parts = [f"Batch job {shard.job_name}: {shard.status}, {shard.replied:,} of {shard.records:,} records came back"]
    if shard.errors:
        parts.append(f"{shard.errors:,} with an error")
    if shard.missing:
        parts.append(f"{shard.missing:,} missing")
    line = f"{', '.join(parts)}."
    if difference := shard.token_difference:
        more_input, more_output = difference
        line += (
            f" Bedrock's manifest counts {more_input:+,} input and {more_output:+,} output tokens beside its records:"
            " compare it with the bill."
        )
    return line


def _wrote(shard: ShardRecord) -> bool:
    """Whether a job that ended so has written something, as far as Bedrock says."""
    return shard.status in _WROTE or shard.processed > 0


def _wait_for_output(batch: JobBatch, shard: ShardRecord, *, give_up: bool) -> None:
    if batch.endpoint.keeps_jobs and shard.tries < LOOKS:
        raise NotYetError
    if give_up:
        return
    raise OutputMissingError(
        f"The output of the batch job {shard.job_name} is not below {shard.output_uri}, or not whole; Bedrock's status"
        f" is {shard.status}.",
        fix=f"See who removed it or may not read it, then `skuscribe resume {shard.job_id}` harvests it; `skuscribe"
        f" resume {shard.job_id} --lane on-demand` buys its items again.",
        code="batch_output",
    )


def _manifest(batch: JobBatch, uris: Sequence[str]) -> Mapping[str, int]:
    """Read the manifest's token counts, {} where it cannot be read."""
    for uri in uris:
        try:
            found = json.loads(b"\n".join(batch.endpoint.files.lines(uri)))
        except (ValueError, FileNotFoundError):
            continue
        if isinstance(found, dict):
            return {name: value for name, value in found.items() if isinstance(value, int)}
    return {}


def _end_missing(batch: JobBatch, shard: ShardRecord, *, unreadable: int, has_output: bool) -> None:
    """End the attempts that came back without a record.

    Processed records alone are billed (botocore 1.44.5, StopModelInvocationJob), and they are in the output. As many as
    Bedrock counts beyond those that could be read, or as there are lines that could not, may be billed: they stay
    unconfirmed. Where nobody knows how many, all do.
    """
    leave = partial(batch.end_the_rest, shard, outcome="unconfirmed", error="lost", counted_as="missing")
    if shard.status == GONE or (not has_output and shard.status in _WROTE):
        leave()
        return
    # A harvest that was killed here has ended some already.
    booked = batch.store.shards.get(shard.id)
    doubtful = max(unreadable, shard.processed - booked.replied - booked.errors) - booked.missing
    if doubtful > 0 and (left := leave(most=doubtful)):
        batch.tell(f"Batch job {shard.job_name}: {left:,} records cannot be read and may be billed.")
    unread = "missing" if has_output else shard.status.lower()
    batch.end_the_rest(shard, outcome="unbilled", error=unread, counted_as="missing")
