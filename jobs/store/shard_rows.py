"""Changes several shards' rows at once, in an order in which two transactions never wait for each other."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update

from jobs.store.schema import shards


def set_shards(connection: Connection, wanted: ColumnElement[bool], **values: Any) -> None:
    """Set columns of the wanted shards; their rows are locked by their ids, lowest first."""
    found = connection.scalars(select(shards.c.id).where(wanted).order_by(shards.c.id).with_for_update()).all()
    if found:
        connection.execute(update(shards).where(shards.c.id.in_(found)).values(**values))
