"""Bedrock's batch-inference jobs and their bucket in memory, with a driven clock, and a job in a store that uses them.

    world = BatchWorld(tmp_path, items=12)
    world.run()
    assert world.store.items.states(JOB) == {"done": 12}

It shares no code with the simulator. Every call to it and every commit of the store is an effect; `killed_at` ends the
process, as far as a test can tell, before or after one of them.
"""

import json
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from engine_making import TEMPLATE, FlatPricing
from store_making import JOB, MODEL, now, opened, with_items

from jobs.clock import stamp
from jobs.lifecycle import JobState
from jobs.prices.book import PriceBook
from jobs.store.shard_ledger import ShardLedger
from worker.assembly import Assembly
from worker.aws.batch_limits import BatchLimits
from worker.aws.models import parse_model
from worker.aws.record_codec import RecordCodec
from worker.batch import running
from worker.batch.endpoint import BatchEndpoint
from worker.batch.job_batch import JobBatch
from worker.batch.running import BatchRun, Wishes
from worker.composing import Asking, Composer
from worker.inference_jobs import JobStatus, JobView, RecordFormat
from worker.model import ErrorKind, ModelError, OutputMode
from worker.settings import load_settings

ROOT = "s3://shop-batch/skuscribe"


class Killed(BaseException):
    """The process was killed here."""


class Effects:
    """Counts the effects of a process and ends it at one of them."""

    def __init__(self):
        self.done = 0
        self.names = []
        self.kill_at = None
        self.after = False

    def __call__(self, name, work):
        number, self.done = self.done, self.done + 1
        self.names.append(name)
        if self.kill_at == number and not self.after:
            raise Killed(name)
        result = work()
        if self.kill_at == number:
            raise Killed(name)
        return result


class Bucket:
    """Objects in memory."""

    def __init__(self, effects):
        self.effects = effects
        self.objects = {}

    def write(self, uri, parts):
        content = b"".join(parts)
        self.effects("write", lambda: self.objects.update({uri: content}))
        return len(content)

    def lines(self, uri):
        if uri not in self.objects:
            raise FileNotFoundError(uri)
        yield from self.objects[uri].splitlines()

    def listed(self, prefix):
        return [uri for uri in sorted(self.objects) if uri.startswith(prefix)]

    def remove(self, uris):
        return sum(self.effects("remove", lambda uri=uri: self.objects.pop(uri, None)) is not None for uri in uris)


class Bedrock:
    """Batch-inference jobs that end as a test says."""

    def __init__(self, bucket, effects, clock):
        self.bucket, self.effects, self.clock = bucket, effects, clock
        self.jobs, self.by_token = {}, {}
        self.billed = Counter()
        self.slots = 100
        #: (number of the job from 1) -> its end; which records of it come back how: (record) -> "ok", "error", None.
        self.end = lambda _number: JobStatus.COMPLETED
        self.fate = lambda _record: "ok"
        self.answer = lambda _record: json.dumps({"text": "Good copy"})
        self.stop_reason = lambda _record: "end_turn"
        self.takes = timedelta(minutes=30)
        self.refuses = lambda _order: None
        self.answers_lost = 0

    def create(self, order):
        return self.effects("create", lambda: self._create(order))

    def _create(self, order):
        if error := self.refuses(order):
            raise error
        if order.token not in self.by_token:
            if sum(job["view"].status not in ENDED for job in self.jobs.values()) >= self.slots:
                raise ModelError("All slots are taken.", kind=ErrorKind.QUOTA)
            arn = f"arn:aws:bedrock:us-east-1:1:model-invocation-job/job{len(self.jobs):09d}"
            view = JobView(arn=arn, name=order.name, status="Submitted", output_uri=order.output_uri)
            self.jobs[arn] = {"order": order, "view": view, "at": self.clock(), "number": len(self.jobs) + 1}
            self.by_token[order.token] = arn
        if self.answers_lost:
            self.answers_lost -= 1
            raise ModelError("The connection broke.", kind=ErrorKind.TRANSPORT)
        return self.by_token[order.token]

    def find(self, name):
        return next((self.get(arn) for arn, job in self.jobs.items() if job["order"].name == name), None)

    def get(self, arn):
        job = self.jobs.get(arn)
        if job is None:
            return None
        if job["view"].status not in ENDED and self.clock() >= job["at"] + self.takes:
            self._finish(job, self.end(job["number"]))
        return job["view"]

    def stop(self, arn):
        self.effects("stop", lambda: self._stop(arn))

    def _stop(self, arn):
        job = self.jobs[arn]
        if job["view"].status not in ENDED:
            self._finish(job, JobStatus.STOPPED)

    def _finish(self, job, status):
        order = job["order"]
        records = [json.loads(line) for line in self.bucket.lines(order.input_uri)]
        assert len({record["recordId"] for record in records}) == len(records)
        lines, tokens = [], Counter()
        if status not in (JobStatus.EXPIRED, JobStatus.FAILED):
            for record in reversed(records):
                self._run(record, lines, tokens)
        folder = f"{order.output_uri}{job['view'].arn.rpartition('/')[2]}/"
        if lines:
            self.bucket.objects[f"{folder}records.jsonl.out"] = b"\n".join(lines)
            self.bucket.objects[f"{folder}manifest.json.out"] = json.dumps(
                {"inputTokenCount": tokens["in"], "outputTokenCount": tokens["out"]}
            ).encode()
        view = job["view"]
        job["view"] = JobView(
            arn=view.arn,
            name=view.name,
            status=status,
            message="no reason" if status == JobStatus.FAILED else "",
            records=len(records),
            processed=len(lines),
            output_uri=order.output_uri,
            ended_at=stamp(self.clock()),
        )

    def _run(self, record, lines, tokens):
        fate = self.fate(record)
        if fate == "ok":
            self.billed[record["recordId"]] += 1
            usage = {"inputTokens": 100, "outputTokens": 20, "totalTokens": 120}
            tokens.update({"in": 100, "out": 20})
            message = {"role": "assistant", "content": [{"text": self.answer(record)}]}
            output = {"output": {"message": message}, "stopReason": self.stop_reason(record), "usage": usage}
            lines.append(json.dumps({**record, "modelOutput": output}).encode())
        elif fate == "error":
            error = {"errorCode": 500, "errorMessage": "internal"}
            lines.append(json.dumps({**record, "error": error}).encode())


ENDED = (
    JobStatus.COMPLETED,
    JobStatus.PARTIALLY_COMPLETED,
    JobStatus.FAILED,
    JobStatus.STOPPED,
    JobStatus.EXPIRED,
)


class BatchWorld:
    """A job in the batch lane on a store, and everything that it reaches."""

    began = now()

    def __init__(self, folder, *, items=12, most_records=4, least_records=2, deadline_h=None, **job):
        self.folder = folder
        self.at = now()
        self.effects = Effects()
        self.bucket = Bucket(self.effects)
        self.bedrock = Bedrock(self.bucket, self.effects, self.clock)
        self.limits = BatchLimits(
            least_records=least_records, most_records=most_records, most_bytes=10**9, most_jobs=100
        )
        self.pricing = FlatPricing()
        self.told = []
        self.wanted = None
        #: Region or role that the next process has instead.
        self.elsewhere = {}
        self.names = 0
        self.sessions = 0
        self.store = None
        self.reopen()
        deadline = stamp(now() + timedelta(hours=deadline_h)) if deadline_h else None
        given = {
            "lane": "batch",
            "deadline_at": deadline,
            "spec": json.dumps({"model": [MODEL], "budget": None}),
            "realm": "aws",
            "began_at": stamp(now()),
        }
        self.ids = with_items(self.store, items, template=TEMPLATE.ref, **(given | job))

    def clock(self):
        return self.at

    def pass_(self, seconds):
        self.at += timedelta(seconds=max(seconds, 0.001))

    def reopen(self):
        """Open the store as a new process does."""
        if self.store:
            self.store.engine.dispose()
        self.store = opened(self.folder)
        dialect = self.store.engine.dialect
        commit = dialect.do_commit
        dialect.do_commit = lambda connection: self.effects("commit", lambda: commit(connection))

    def batch(self, *, interrupted=lambda: False, tell=None, new_name=None):
        asking = Asking(
            mode=OutputMode.PROMPT, tier="default", cache_min_tokens=0, thinks=False, most_output_tokens=0, metadata={}
        )
        place = {"region": "us-east-1", "role_arn": "arn:aws:iam::1:role/batch"} | self.elsewhere
        endpoint = BatchEndpoint(
            realm="aws",
            **place,
            model=parse_model(MODEL),
            jobs=self.bedrock,
            files=self.bucket,
            root=ROOT,
            kms_key="",
            timeout_hours=72,
            poll_s=60.0,
            limits=self.limits,
            keeps_jobs=self.store.jobs.get(JOB).realm != "simulated",
        )
        return JobBatch(
            job=self.store.jobs.get(JOB),
            store=self.store,
            ledger=ShardLedger(self.store.engine, clock=self.clock),
            endpoint=endpoint,
            composers={(TEMPLATE.ref, "", MODEL): Composer(TEMPLATE, locale="", brand=None, asking=asking)},
            codecs={MODEL: RecordCodec(MODEL, RecordFormat.CONVERSE)},
            pricing=self.pricing,
            clock=self.clock,
            interrupted=interrupted,
            tell=tell or self.told.append,
            new_name=new_name or self.new_name,
        )

    def new_name(self):
        self.names += 1
        return f"b{self.names:04d}"

    def assembly(self):
        settings = load_settings({"SKUSCRIBE_HOME": str(self.folder)}, self.folder)
        return Assembly(settings=settings, book=PriceBook.load(), clock=self.clock, random=lambda: 0.5)

    @contextmanager
    def opening(self, *_, **options):
        yield self.batch(interrupted=options["interrupted"], tell=options["tell"], new_name=options["new_name"])

    def run(self):
        """Run the batch lane as a command does, to its end or its kill."""
        self.sessions += 1
        session = f"s{self.sessions}"
        if former := self.store.jobs.get(JOB).session:
            self.store.sessions.close(former)
        self.store.sessions.open(session, kind="command", host="here", process=1, slots=0, now=self.clock())
        self.store.jobs.change(JOB, session=session)
        self.store.jobs.recount(JOB)
        self.store.jobs.change(JOB, state=JobState.RUNNING)
        run = BatchRun(store=self.store, assembly=self.assembly(), new_name=self.new_name, wait=self.pass_)
        wishes = Wishes(
            progress=lambda _: None,
            stop=lambda: self.wanted or self.store.jobs.wanted_stop(JOB),
            tell=self.told.append,
        )
        with patch.object(running, "open_job_batch", self.opening):
            return run.run(self.store.jobs.get(JOB), session, wishes)

    def killed_at(self, effect, *, after):
        """Run until an effect and end there; give whether it came so far."""
        self.effects.done, self.effects.kill_at, self.effects.after = 0, effect, after
        try:
            self.run()
        except Killed:
            return True
        finally:
            self.effects.kill_at = None
            self.reopen()
        return False

    def lines(self):
        return list(self.store.totals.attempts(JOB))

    def check_accounts(self):
        """What the ledger booked is what Bedrock did, whatever was killed in between."""
        assert all(times == 1 for times in self.bedrock.billed.values())
        lines = self.lines()
        paid = [line.attempt for line in lines if line.outcome == "ok"]
        assert sorted(paid) == sorted(self.bedrock.billed)
        assert all(line.ended_at for line in lines)
        shards = self.store.shards.of_job(JOB)
        assert not [shard for shard in shards if shard.state != "closed"]
        names = Counter(job["order"].name for job in self.bedrock.jobs.values())
        assert all(count == 1 for count in names.values())
        job = self.store.jobs.get(JOB)
        assert (job.held_pico, job.spent_pico) == (0, 120 * len(paid))
