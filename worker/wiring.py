"""The composition root: the only place where the parts meet."""

from __future__ import annotations

import getpass
import os
import random
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from jobs.clock import Clock, utc_now
from jobs.prices.book import PriceBook
from jobs.store.database import open_database
from jobs.store.store import Store, store_on
from worker.aws.objects import fetch_object
from worker.delivery import Delivery
from worker.execution import Execution
from worker.incoming import Incoming
from worker.preparation import Preparation
from worker.pricing import BookPricing
from worker.settings import Settings, load_settings
from worker.source_files import SourceFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All that a command needs."""

    settings: Settings
    store: Store
    book: PriceBook
    preparation: Preparation
    execution: Execution
    delivery: Delivery
    clock: Clock


def wire(
    environ: Mapping[str, str] = os.environ, *, folder: Path | None = None, clock: Clock = utc_now, password: str = ""
) -> Parts:
    """Put the parts together from the settings; `password`: of encrypted sources."""
    settings = load_settings(environ, folder or Path.cwd())
    settings = replace(settings, owner=settings.owner or _login())
    store = store_on(open_database(settings.database_url))
    book = PriceBook.load(settings.prices)
    files = SourceFiles(
        settings.home / "sources",
        limits=settings.source_limits,
        password=password or environ.get("SKUSCRIBE_SOURCE_PASSWORD", ""),
    )
    incoming = Incoming(settings.home / "incoming", fetch=fetch_object, stdin=lambda: sys.stdin.buffer)

    def pricing(region: str, lane: str) -> BookPricing:
        return BookPricing(book, region=region, lane=lane, today=lambda: clock().date())

    def new_id() -> str:
        return f"j{clock():%y%m%d}-{secrets.token_hex(3)}"

    return Parts(
        settings=settings,
        store=store,
        book=book,
        preparation=Preparation(
            settings=settings, store=store, incoming=incoming, files=files, pricing=pricing, clock=clock, new_id=new_id
        ),
        execution=Execution(settings=settings, store=store, book=book, clock=clock, random=random.random),
        delivery=Delivery(store=store, files=files, book=book),
        clock=clock,
    )


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
