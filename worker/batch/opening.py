"""Puts the parts of a job in the batch lane together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from jobs.outstanding import refuse_outstanding
from jobs.spec import JobSpec
from jobs.store.job_table import JobRecord
from jobs.store.shard_ledger import ShardLedger
from jobs.store.store import Store
from worker.assembly import Assembly, composers_of
from worker.aws.record_codec import RecordCodec, record_format
from worker.batch.course import Decision, Situation, cut_off_at, decide
from worker.batch.endpoint import Opening, open_batch
from worker.batch.job_batch import JobBatch
from worker.batch.rest import Rest

#: How long a count of open items is good enough for the time of the cut-off.
_COUNTED_FOR = timedelta(seconds=5)


@contextmanager
def open_job_batch(
    store: Store,
    assembly: Assembly,
    job: JobRecord,
    *,
    new_name: Callable[[], str],
    interrupted: Callable[[], bool],
    tell: Callable[[str], None],
    opening: Opening = open_batch,
) -> Iterator[JobBatch]:
    """Open the way to the batch-inference jobs of a job, with everything that its shards need.

    Raises:
        AccessError: the AWS configuration cannot be used.
        UserError: no bucket or role is set, or the settings lead elsewhere than when the job was started.
    """
    spec, settings = JobSpec.from_json(job.spec), assembly.settings
    with opening(
        settings,
        job,
        model=spec.model[0],
        region=spec.region,
        simulate=spec.simulate,
        today=lambda: assembly.clock().date(),
    ) as endpoint:
        pricing = assembly.pricing(region=endpoint.region, lane="batch", resolved=endpoint.model)
        yield JobBatch(
            job=job,
            store=store,
            ledger=ShardLedger(store.engine, clock=assembly.clock),
            endpoint=endpoint,
            composers=composers_of(job, pricing, "batch"),
            codecs={
                model: RecordCodec(pricing.base(model), record_format(pricing.base(model), settings.batch.format))
                for model in spec.model
            },
            pricing=pricing,
            clock=assembly.clock,
            interrupted=interrupted,
            tell=tell,
            new_name=new_name,
        )


class JobCourse:
    """How one job in the batch lane goes on, as the store shows it."""

    def __init__(self, batch: JobBatch, assembly: Assembly) -> None:
        self._batch = batch
        self._assembly = assembly
        self._rest = Rest(batch, assembly)
        self._was_late = False
        #: How many items were open when, and how many a minute can be sent, for what is asked at every step.
        self._counted: tuple[datetime, int, float | None] | None = None

    def is_over(self) -> bool:
        """Whether the time for batch jobs is over, or another lane was chosen for the rest."""
        return self.has_other_lane() or self._is_late()

    def has_other_lane(self) -> bool:
        """Whether the items that are open go another way, whatever became of the batch jobs."""
        return bool(self._other_lane())

    def next(self) -> Decision:
        """Say in which lane the open items go on, once no shard is open."""
        batch, job = self._batch, self._batch.job
        before, shards = batch.store.jobs.get(job.id).rounds_before, batch.store.shards.of_job(job.id)
        at = self.cut_off()
        least_s = self._assembly.settings.batch.least_deadline_s
        return decide(
            Situation(
                open_items=self._open_items(),
                shards=[shard for shard in shards if shard.round > before],
                was_answered=any(shard.answered for shard in shards),
                least_records=batch.endpoint.limits.least_records,
                has_time=at is None or (at - batch.clock()).total_seconds() >= least_s,
                other_lane=self._other_lane(),
                is_late=self._is_late(),
                has_flex=self._rest.has_flex(),
                fits_one_by_one=self._rest.fits_budget(),
            )
        )

    def cut_off(self) -> datetime | None:
        """Say when batch jobs are to be stopped so that the rest is written in time, None without a deadline."""
        job = self._batch.job
        if not job.deadline_at:
            return None
        items, per_min = self._lately_open()
        # A deadline that was missed counts anew from when the job was taken up.
        since = datetime.fromisoformat(job.began_at or job.created_at)
        return cut_off_at(datetime.fromisoformat(job.deadline_at), since, items=items, per_min=per_min)

    def plan(self) -> int:
        """Divide the open items into shards; give how many there are.

        Raises:
            UserError: another job began to have them written after this one was planned.
        """
        batch = self._batch
        is_first = not batch.store.shards.of_job(batch.job.id)
        if is_first and batch.endpoint.keeps_jobs and not JobSpec.from_json(batch.job.spec).fresh:
            refuse_outstanding(batch.store, batch.job.id)
        return batch.store.shards.plan(
            batch.job.id,
            name=batch.new_name(),
            most_records=batch.endpoint.limits.most_records,
            now=batch.clock(),
        )

    def _other_lane(self) -> str:
        job = self._batch.store.jobs.get(self._batch.job.id)
        return "" if job.is_in_batch else job.sending_lane

    def _is_late(self) -> bool:
        at = self.cut_off()
        # Once stopped, nothing more is sent, though a harvest brings the cut-off later again.
        self._was_late = self._was_late or (at is not None and self._batch.clock() >= at)
        return self._was_late

    def _open_items(self) -> int:
        return sum(group.items for group in self._batch.store.items.waiting(self._batch.job.id))

    def _lately_open(self) -> tuple[int, float | None]:
        now = self._batch.clock()
        if self._counted is None or not timedelta(0) <= now - self._counted[0] < _COUNTED_FOR:
            self._counted = (now, self._open_items(), self._rest.per_min())
        return self._counted[1:]
