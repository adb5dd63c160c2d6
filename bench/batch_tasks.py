"""One of our steps of part (g) in a process of its own: `python bench/batch_tasks.py STEP FOLDER`."""

from __future__ import annotations

import json
import random
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from folder_records import FolderRecords
from measuring import MODEL, TEMPLATE

from jobs.clock import utc_now
from jobs.lifecycle import JobState
from jobs.spec import JobSpec
from jobs.store.shard_table import ShardState
from outputs.writeback import write_workbook
from templates.catalog import Catalog
from worker.assembly import composers_of
from worker.aws.batch_limits import BatchLimits
from worker.aws.models import parse_model
from worker.batch.endpoint import BatchEndpoint
from worker.batch.harvest import harvest
from worker.batch.opening import open_job_batch
from worker.batch.preparing import prepare
from worker.execution import new_session
from worker.inference_jobs import JobStatus
from worker.recipe import Recipe
from worker.wiring import wire

_LIMITS = BatchLimits(least_records=1, most_records=10**7, most_bytes=10**12, most_jobs=1)
_OUT = "out/bench-job/records.jsonl.out"
#: Of a thousand records, so many come back with an error.
_ERRORS = 10


def prepare_ours(folder: Path) -> int:
    """Read and plan the products of a folder, then write the shard's file, with its ledger."""
    _plan(folder)
    with _batch(folder) as batch:
        [shard] = batch.store.shards.open(batch.job.id)
        return prepare(batch, batch.store.shards.claim(shard.id, "bench")).records


def _plan(folder: Path) -> None:
    parts = wire()
    spec = JobSpec(template=(TEMPLATE,), model=(MODEL,), lane="batch", fresh=True)
    planned = parts.preparation.plan(parts.preparation.draft(str(folder / "products.xlsx"), spec), kind="run")
    parts.store.shards.plan(planned.job_id, name=new_session(utc_now), most_records=10**7, now=utc_now())


def harvest_ours(folder: Path) -> int:
    """Book the output, and write the workbook with the copy in it, the user's cells untouched."""
    with _batch(folder) as batch:
        [shard] = batch.store.shards.open(batch.job.id)
        shard = batch.store.shards.claim(shard.id, "bench")
        ended = {"state": ShardState.ENDED, "status": JobStatus.COMPLETED, "arn": "arn/bench-job", "processed": 1}
        closed = harvest(batch, batch.store.shards.change(shard, **ended), give_up=False)
    _deliver(folder)
    return closed.replied + closed.errors


def _deliver(folder: Path) -> None:
    parts = wire()
    job = parts.store.jobs.list()[0]
    spec = JobSpec.from_json(job.spec)
    source = parts.files.find(job.source_digest, "products.xlsx")
    write_workbook(
        parts.files.open(source, spec).info,
        folder / "result.xlsx",
        templates=Recipe.from_json(job.templates).templates,
        locales=(),
        fill={},
        results=parts.store.items.results(job.id),
        simulated=False,
        earlier={},
        write=parts.files.write,
    )


@contextmanager
def _batch(folder: Path) -> Any:
    parts = wire()
    job = parts.store.jobs.list()[0]
    parts.store.jobs.change(job.id, state=JobState.RUNNING)

    @contextmanager
    def opening(*_: Any, **__: Any) -> Any:
        yield BatchEndpoint(
            realm="aws",
            region="us-east-1",
            model=parse_model(MODEL),
            jobs=None,  # type: ignore[arg-type]  # Bedrock has no part in this
            files=FolderRecords(folder),
            root="s3://bench",
            role_arn="",
            kms_key="",
            timeout_hours=24,
            poll_s=60.0,
            limits=_LIMITS,
        )

    with open_job_batch(
        parts.store,
        parts.assembly,
        job,
        new_name=lambda: new_session(utc_now),
        interrupted=lambda: False,
        tell=lambda _: None,
        opening=opening,
    ) as batch:
        yield batch


def answer(folder: Path) -> int:
    """Write what Bedrock would: shuffled, each line with its input, an answer within the template's contract."""
    [source] = [path for path in folder.rglob("records.jsonl") if path.parent.name != "script"] or [
        folder / "script" / "records.jsonl"
    ]
    for records in {source, folder / "script" / "records.jsonl"}:
        if records.exists():
            _answer(records)
    return 0


def _answer(records: Path) -> None:
    lines = records.read_bytes().splitlines()
    random.Random(1).shuffle(lines)
    out = records.parent / _OUT
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("wb") as file:
        for at, line in enumerate(lines):
            record = json.loads(line)
            if at % 1000 < _ERRORS:
                record["error"] = {"errorCode": 500, "errorMessage": "internal"}
            else:
                record["modelOutput"] = _reply(at)
            file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")


def _reply(at: int) -> dict[str, Any]:
    copy = {
        "description": f"No. {at} is made to be used every day and to last. It pours without a drip, keeps its handle"
        " cool, and its lid stays where it is put.\n\nIt comes in one piece, is cleaned with a cloth, and has its place"
        " on the stove or on the table.",
        "bullets": [
            f"Made in one piece, no. {at} of its line",
            "A lid with a stop: it stays on while you pour",
            "A handle that stays cool beside the fire",
            "Cleaned with a damp cloth in a moment",
        ],
    }
    usage = {"inputTokens": 900, "outputTokens": 150, "totalTokens": 1050}
    message = {"role": "assistant", "content": [{"text": json.dumps(copy, ensure_ascii=False)}]}
    return {"output": {"message": message}, "stopReason": "end_turn", "usage": usage, "metrics": {"latencyMs": 1}}


def write_system(folder: Path) -> int:
    """Give the script a system prompt as long as ours: the same text, with the schema behind it."""
    parts = wire()
    job = parts.store.jobs.list()[0]
    pricing = parts.assembly.pricing(region="us-east-1", lane="batch", resolved=parse_model(MODEL))
    [composer] = composers_of(job, pricing, "batch").values()
    schema = json.dumps(composer._schema(composer.asking.mode, frozenset())[0])  # noqa: SLF001 - only for its length
    target = folder / "script" / "system.txt"
    target.parent.mkdir(exist_ok=True)
    target.write_text(composer._renderer.system + schema, encoding="utf-8")  # noqa: SLF001 - as above
    (target.parent / "user.j2").write_text(Catalog([]).find(TEMPLATE).sources["user.j2"], encoding="utf-8")
    return 0


STEPS = {
    "prepare": prepare_ours,
    "system": write_system,
    "answer": answer,
    "harvest": harvest_ours,
}


def main() -> None:
    """Do one step and print how many records it took and how long."""
    began = time.perf_counter()
    records = STEPS[sys.argv[1]](Path(sys.argv[2]))
    print(json.dumps({"records": records, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
