"""The composition root: the only place where the parts meet."""

from __future__ import annotations

import gc
import getpass
import os
import platform
import random
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from jobs.clock import Clock, utc_now
from jobs.prices.book import PriceBook
from jobs.store.database import open_database
from jobs.store.ledger import Ledger
from jobs.store.store import Store, store_on
from templates.errors import UserError
from worker.assembly import Assembly
from worker.aws.client import session_for
from worker.aws.job_events import JobEvents
from worker.aws.objects import fetch_object
from worker.batch.running import BatchRun
from worker.batch.stopping import Stopping
from worker.delivery import Delivery
from worker.execution import Execution, Watch, new_session
from worker.files.place import files_at
from worker.hold import Hold
from worker.incoming import Incoming
from worker.lane_choice import LaneChoice, ask_service_quotas
from worker.preparation import Preparation
from worker.pricing import BookPricing
from worker.settings import DEFAULT_REGION, Settings, load_settings
from worker.source_files import SourceFiles
from worker.tick import Tick

if TYPE_CHECKING:
    from worker.following import Following
    from worker.hosting import Hosting
    from worker.messages import Messages
    from worker.metrics import LineFigures

#: A worker waits for its database for so long: any outage that somebody mends.
_WORKER_PATIENCE_S = 24 * 3600.0
#: New objects between two looks of Python's collector. A page of rows lives until it is booked: at the usual 700 the
#: collector walks all of it over and over, a sixth of the time that a batch job's output takes.
_COLLECT_AFTER = 50_000


class Running(Protocol):
    """Runs planned jobs: in this process, or on the workers."""

    def run(self, job_id: str, watch: Watch) -> None:
        """Write the job's open items and set its state."""

    def is_running(self, job_id: str) -> bool:
        """Whether this job is being run at this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All that a command needs."""

    settings: Settings
    store: Store
    book: PriceBook
    preparation: Preparation
    execution: Running
    stopping: Stopping
    delivery: Delivery
    files: SourceFiles
    assembly: Assembly
    tick: Tick
    clock: Clock
    #: None in the embedded mode.
    cluster: Cluster | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What reaches the workers."""

    messages: Messages
    following: Following
    tick: Tick


def wire(
    environ: Mapping[str, str] = os.environ,
    *,
    folder: Path | None = None,
    clock: Clock = utc_now,
    password: str = "",
    patience_s: float = 60.0,
) -> Parts:
    """Put the parts together from the settings, and have the process collect its garbage as suits them.

    `password`: of encrypted sources; `patience_s`: how long a database that goes away is waited for.
    """
    gc.set_threshold(_COLLECT_AFTER)
    settings = load_settings(environ, folder or Path.cwd())
    settings = replace(settings, owner=settings.owner or _login())
    store = store_on(open_database(settings.database_url, patience_s=patience_s))
    book = PriceBook.load(settings.prices)
    files = SourceFiles(
        files_at(settings.files, settings.home),
        limits=settings.source_limits,
        password=password or environ.get("SKUSCRIBE_SOURCE_PASSWORD", ""),
    )
    incoming = Incoming(settings.home / "incoming", fetch=fetch_object, stdin=lambda: sys.stdin.buffer)

    def pricing(region: str, lane: str) -> BookPricing:
        return BookPricing(book, region=region, lane=lane, today=lambda: clock().date())

    def new_id() -> str:
        return f"j{clock():%y%m%d}-{secrets.token_hex(3)}"

    assembly = Assembly(settings=settings, book=book, clock=clock, random=random.random)
    hold = Hold(settings.home / "locks", store=store, clock=clock, lease_s=settings.lease_s)
    batch = BatchRun(store=store, assembly=assembly, new_name=lambda: new_session(clock))
    cluster = _cluster(settings, store, clock, hold) if settings.broker_url else None
    return Parts(
        settings=settings,
        store=store,
        book=book,
        preparation=Preparation(
            settings=settings,
            store=store,
            incoming=incoming,
            files=files,
            lanes=LaneChoice(settings=settings, store=store, pricing=pricing, ask_quotas=ask_service_quotas),
            clock=clock,
            new_id=new_id,
        ),
        execution=cluster.following if cluster else Execution(store=store, assembly=assembly, hold=hold, batch=batch),
        stopping=Stopping(store=store, hold=hold, run=batch, new_session=lambda: new_session(clock)),
        delivery=Delivery(store=store, files=files, book=book),
        files=files,
        assembly=assembly,
        tick=cluster.tick if cluster else Tick(None),
        clock=clock,
        cluster=cluster,
    )


def wire_worker(environ: Mapping[str, str] = os.environ) -> Hosting:
    """Put the parts of a worker process together.

    Raises:
        UserError: no broker is set.
    """
    from worker.batch.sharing import SharedBatches  # noqa: PLC0415 - see _cluster
    from worker.batch.waking import Waking  # noqa: PLC0415 - as above
    from worker.detached import Detached  # noqa: PLC0415 - see _cluster
    from worker.host import Host, Identity  # noqa: PLC0415 - as above
    from worker.hosting import Hosting  # noqa: PLC0415 - as above
    from worker.limits.shared import SharedLimits  # noqa: PLC0415 - as above
    from worker.showing import Showing  # noqa: PLC0415 - as above

    # What a worker does it can do again, and meanwhile it looks after other things.
    parts = wire(environ, patience_s=0.0)
    cluster, settings, store, assembly = parts.cluster, parts.settings, parts.store, parts.assembly
    if cluster is None:
        raise UserError(
            "A worker needs a broker, and none is set.",
            fix="Set SKUSCRIBE_BROKER_URL to redis://HOST:6379/0, as for the commands.",
            code="setting",
        )

    batches = SharedBatches(
        store=store, assembly=assembly, messages=cluster.messages, new_name=lambda: new_session(parts.clock)
    )
    tick = parts.tick.after(batches.free_forgotten)

    def new_host(ledger: Ledger, slots: int, closed: Callable[[LineFigures], None]) -> Host:
        return Host(
            me=Identity(host=platform.node(), process=os.getpid(), slots=slots),
            store=store,
            ledger=ledger,
            assembly=assembly,
            limits=SharedLimits(settings.broker_url, process=new_session(parts.clock)),
            messages=cluster.messages,
            tick=tick,
            lease_s=settings.lease_s,
            showing=Showing(settings.broker_url),
            closed=closed,
        )

    return Hosting(
        settings=settings,
        new_host=new_host,
        new_ledger=lambda: Ledger(store.engine, clock=parts.clock, patience_s=_WORKER_PATIENCE_S),
        new_detached=lambda ends: Detached(
            store=store, delivery=parts.delivery, files=parts.files, ends=ends, patience_s=_WORKER_PATIENCE_S
        ),
        batches=batches,
        # Beat's alone: once a minute in the whole cluster, and no errand waits for a queue of AWS.
        tick=tick.after(Waking(store.shards, lambda: _events(settings)).run) if settings.batch.events else tick,
    )


def _events(settings: Settings) -> JobEvents:
    session = session_for(region=settings.region or None)
    return JobEvents(session, queue_url=settings.batch.events, region=session.region_name or DEFAULT_REGION)


def _cluster(settings: Settings, store: Store, clock: Clock, hold: Hold) -> Cluster:
    # Celery and Redis take a third of a second to import, which the embedded mode need not wait for.
    from worker.celery_broker import CeleryBroker  # noqa: PLC0415 - see above
    from worker.following import Following  # noqa: PLC0415 - as above
    from worker.messages import Messages  # noqa: PLC0415 - as above
    from worker.showing import Showing  # noqa: PLC0415 - as above
    from worker.sweep import Sweep  # noqa: PLC0415 - as above

    messages = Messages(store=store, broker=CeleryBroker(settings.broker_url), clock=clock)
    sweep = Sweep(store=store, messages=messages, lease_s=settings.lease_s, clock=clock, clock_s=time.monotonic)
    tick = Tick(sweep)
    following = Following(
        store=store,
        messages=messages,
        clock=clock,
        showing=Showing(settings.broker_url),
        hold=hold,
        tick=tick,
        lease_s=settings.lease_s,
    )
    return Cluster(messages=messages, following=following, tick=tick)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
