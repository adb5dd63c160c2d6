"""Writes many rows of several tables by one statement, where the database would else be sent one for each row.

PostgreSQL gets the rows as JSON texts: a statement of its own for each row costs more than everything else that the
ledger does with it, and so does each round trip. SQLite has no network between, so that a prepared statement for each
row is the quickest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    Connection,
    Executable,
    Insert,
    Table,
    Update,
    bindparam,
    column,
    func,
    insert,
    select,
)
from sqlalchemy.sql.visitors import replacement_traverse
from sqlalchemy.types import TypeEngine

from jobs.store.stored_text import storable

Row = Mapping[str, Any]


@dataclass(slots=True)
class Writes:
    """Rows to be added and changed, written all at once; in their order where that matters.

    `add` and `change` take rows that have the same names each; without rows they do nothing.
    """

    _all: list[tuple[Insert | Update, tuple[str, ...], list[Row]]] = field(default_factory=list)
    #: What is changed, as table and what names the row; more than once where the order matters.
    _changed: list[tuple[Any, str, Any]] = field(default_factory=list)

    def add(self, table: Table, rows: Iterable[Row]) -> None:
        """Have rows added to a table."""
        self._take(_insert(table), list(rows))

    def change(self, update: Update, rows: Iterable[Row], *, by: str) -> None:
        """Have a change made for each row, in what its value `by` names."""
        listed = list(rows)
        self._take(update, listed)
        self._changed += [(update.table, by, row[by]) for row in listed]

    def write(self, connection: Connection) -> None:
        """Write all of it."""
        if not self._all:
            return
        if connection.dialect.name != "postgresql" or len(set(self._changed)) < len(self._changed):
            for statement, _, rows in self._all:
                connection.execute(statement, rows)
            return
        combined = _combined(tuple((statement, names) for statement, names, _ in self._all))
        given = {f"rows_{at}": [_plain(row) for row in rows] for at, (_, _, rows) in enumerate(self._all)}
        connection.execute(combined, given)

    def _take(self, statement: Insert | Update, rows: list[Row]) -> None:
        if rows:
            self._all.append((statement, tuple(rows[0]), rows))


def _plain(row: Row) -> dict[str, Any]:
    return {name: storable(value) if isinstance(value, str) else value for name, value in row.items()}


@cache
def _insert(table: Table) -> Insert:
    return insert(table)


@cache
def _combined(parts: tuple[tuple[Insert | Update, tuple[str, ...]], ...]) -> Executable:
    """Make one statement of several, each of which takes its rows from a parameter of its own."""
    *others, last = [
        _insertion(part, names, f"rows_{at}") if isinstance(part, Insert) else _change(part, f"rows_{at}")
        for at, (part, names) in enumerate(parts)
    ]
    return last.add_cte(*(statement.cte(f"part_{at}") for at, statement in enumerate(others)))


def _insertion(statement: Insert, names: tuple[str, ...], parameter: str) -> Insert:
    given = _given({name: statement.table.c[name].type for name in names}, parameter)
    return insert(statement.table).from_select(list(names), select(*(given[name] for name in names)))


def _change(update: Update, parameter: str) -> Update:
    """Have an update take its parameters from the columns of the rows."""
    bound = update.compile().binds.items()
    given = _given({name: one.type for name, one in bound if one.required}, parameter)

    def column_of(element: Any, **_: Any) -> ColumnElement[Any] | None:
        return given.get(element.key) if isinstance(element, BindParameter) else None

    changed: Any = replacement_traverse(update, {}, column_of)
    return changed  # type: ignore[no-any-return]  # it is what it was, with other leaves


def _given(types: Mapping[str, TypeEngine[Any]], parameter: str) -> dict[str, ColumnElement[Any]]:
    columns = [column(name, kind) for name, kind in types.items()]
    rows = func.json_to_recordset(bindparam(parameter, type_=JSON)).table_valued(*columns)
    named = rows.render_derived(name=f"given_{parameter}", with_types=True)
    return {name: named.c[name] for name in types}
