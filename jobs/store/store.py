"""The store as the other parts hold it: its tables, each by its noun."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from jobs.store.chunk_table import ChunkTable
from jobs.store.copy_table import CopyTable
from jobs.store.database import patience_of
from jobs.store.item_table import ItemTable
from jobs.store.job_table import JobTable
from jobs.store.repeating import repeating
from jobs.store.session_table import SessionTable
from jobs.store.shard_table import ShardTable
from jobs.store.tally_table import TallyTable
from jobs.store.totals import Totals


@dataclass(frozen=True, slots=True)
class Store:
    """All tables over one database; the ledger is opened on the same engine by who runs jobs."""

    engine: Engine
    jobs: JobTable
    items: ItemTable
    copies: CopyTable
    totals: Totals
    chunks: ChunkTable
    sessions: SessionTable
    tallies: TallyTable
    shards: ShardTable

    @property
    def patience_s(self) -> float:
        """How long its user waits for a database that is lost."""
        return patience_of(self.engine)


def store_on(engine: Engine) -> Store:
    """Give the store's tables over a database; those of a patient engine wait out a database that is lost.

    Chunks do not: a claim whose commit was cut off would be made twice and be nobody's.
    """
    patience_s = patience_of(engine)
    # What a table writes, it says by `writes`.
    reading = engine.execution_options(reads=True)
    return Store(
        engine,
        repeating(JobTable(reading), patience_s),
        repeating(ItemTable(reading), patience_s),
        repeating(CopyTable(reading), patience_s),
        repeating(Totals(reading), patience_s),
        ChunkTable(reading),
        repeating(SessionTable(reading), patience_s),
        repeating(TallyTable(reading), patience_s),
        repeating(ShardTable(reading), patience_s),
    )
