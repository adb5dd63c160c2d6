"""The store as the other parts hold it: its tables, each by its noun."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from jobs.store.copy_table import CopyTable
from jobs.store.item_table import ItemTable
from jobs.store.job_table import JobTable
from jobs.store.totals import Totals


@dataclass(frozen=True, slots=True)
class Store:
    """Jobs, items, copy and totals over one database; the ledger is opened on the same engine by who runs a job."""

    engine: Engine
    jobs: JobTable
    items: ItemTable
    copies: CopyTable
    totals: Totals


def store_on(engine: Engine) -> Store:
    """Give the store's tables over a database."""
    return Store(engine, JobTable(engine), ItemTable(engine), CopyTable(engine), Totals(engine))
