"""Hands a planned job to the workers: how long that takes and what memory it wants.

`python bench/enqueuing.py JOB` does it in a process of its own, led by the environment.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import MODEL, endpoint_environ, measured

from jobs.lifecycle import JobState
from jobs.spec import JobSpec
from jobs.store.job_table import JobRecord
from worker.wiring import wire

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
from servers import Postgres, Redis

_JOB = "j000000-bench1"
_DISPATCHES = 20
_PRODUCTS = """
INSERT INTO products (job_id, key, row, place, rows, "values")
SELECT '{job}', 'SKU-' || n, n + 1, n + 1, '[' || n + 1 || ']',
    '{{"title": "Harbour kettle no. ' || n || '", "features": "1.7 litres, lid with a stop, cool handle"}}'
FROM generate_series(1, {items}) AS n
"""
_ITEMS = """
INSERT INTO items (job_id, product_id, row, place, template, locale, model, fingerprint, state, prompt_tokens)
SELECT job_id, id, row, place, 'product-description@1', '', '{model}', md5(key), 'pending', 400
FROM products WHERE job_id = '{job}'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueued:
    """What handing a job over took."""

    submit_s: float
    #: The most that the process held, its modules included.
    peak_bytes: int
    #: A dispatch, while all but a few of the job's chunks are ready.
    dispatch_s: float


def enqueued(items: int) -> Enqueued:
    """Hand a job of so many items over, which stands in a PostgreSQL of its own as if just planned."""
    with Postgres() as postgres, Redis() as redis, TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        environ = {
            **endpoint_environ("http://127.0.0.1:9"),
            "SKUSCRIBE_HOME": str(folder / "home"),
            "SKUSCRIBE_DATABASE_URL": postgres.url(),
            "SKUSCRIBE_BROKER_URL": redis.url,
            "SKUSCRIBE_FILES": str(folder / "files"),
        }
        measured([sys.executable, "-m", "console.main", "db", "upgrade", "--json"], environ=environ, folder=folder)
        wire(environ).store.jobs.add(_job())
        for statement in (_PRODUCTS, _ITEMS):
            postgres.run(statement.format(job=_JOB, items=items, model=MODEL))
        said = measured([sys.executable, __file__, _JOB], environ=environ, folder=folder).said
    return Enqueued(**said)


def _job() -> JobRecord:
    return JobRecord(
        id=_JOB,
        kind="run",
        state=JobState.PLANNED,
        stop_reason=None,
        planned=True,
        created_at=datetime.now(UTC).isoformat(),
        began_at=None,
        ended_at=None,
        seconds=0.0,
        owner="bench",
        catalogue="bench",
        realm="bench",
        source="products.csv",
        source_digest="",
        spec=JobSpec(template=("product-description",), model=(MODEL,)).to_json(),
        templates="{}",
        cap_pico=None,
        spent_pico=0,
        held_pico=0,
        estimate_pico=None,
        workbook=None,
        report=None,
        message="",
    )


def main() -> None:
    """Submit the job that is named and print what it took, as JSON."""
    job_id = sys.argv[1]
    parts = wire()
    if parts.cluster is None:
        raise SystemExit("SKUSCRIBE_BROKER_URL is not set")
    began_s = time.perf_counter()
    parts.cluster.following.submit(job_id)
    submit_s = time.perf_counter() - began_s
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    parts.store.jobs.change(job_id, proven=True)
    taken_s = []
    for more in range(_DISPATCHES):
        began_s = time.perf_counter()
        parts.store.chunks.dispatch(most=4 + more, now=parts.clock())
        taken_s.append(time.perf_counter() - began_s)
    print(json.dumps({"submit_s": submit_s, "peak_bytes": peak_bytes, "dispatch_s": statistics.median(taken_s)}))


if __name__ == "__main__":
    main()
