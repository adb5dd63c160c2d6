"""Writes many rows of several tables by one statement, where the database would else be sent one for each row.

PostgreSQL gets the rows as JSON texts: a statement of its own for each row costs more than everything else that the
ledger does with it, and so does each round trip. SQLite has no network between, so that a prepared statement for each
row is the quickest; its driver gets plain tuples, since the types that SQLAlchemy would look up for each value are all
text and numbers here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
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
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.visitors import replacement_traverse
from sqlalchemy.types import TypeEngine

from jobs.store.stored_text import storable

Row = Mapping[str, Any]
_SQLITE = sqlite.dialect()


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
            for statement, names, rows in self._all:
                _write_each(connection, statement, names, rows)
            return
        combined = _combined(tuple((statement, names) for statement, names, _ in self._all))
        given = {f"rows_{at}": [_plain(row) for row in rows] for at, (_, _, rows) in enumerate(self._all)}
        connection.execute(combined, given)

    def _take(self, statement: Insert | Update, rows: list[Row]) -> None:
        if rows:
            self._all.append((statement, tuple(rows[0]), rows))


def add_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add rows that have the same names each to a table; there must be some."""
    _write_each(connection, _insert(table), tuple(rows[0]), rows)


def _write_each(
    connection: Connection, statement: Insert | Update, names: tuple[str, ...], rows: Sequence[Row]
) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(statement, rows)
        return
    text, values_of, constants = _for_sqlite(statement, names)
    values = [_storable_values(values_of({**constants, **row} if constants else row)) for row in rows]
    connection.exec_driver_sql(text, values)


def _storable_values(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give a row as a database takes it; most texts are plain, and a call for each of them costs more than the look."""
    return tuple(
        [
            storable(value) if isinstance(value, str) and not (value.isascii() and "\0" not in value) else value
            for value in values
        ]
    )


@cache
def _for_sqlite(
    statement: Insert | Update, names: tuple[str, ...]
) -> tuple[str, Callable[[Row], tuple[Any, ...]], Mapping[str, Any]]:
    """Give a statement as SQLite's driver takes it: its text, its parameters of a row in their order, the constants."""
    columns = names if isinstance(statement, Insert) else None
    compiled: Any = statement.compile(dialect=_SQLITE, column_keys=columns, for_executemany=True)
    constants = {name: value for name, value in compiled.params.items() if name not in names}
    places = compiled.positiontup
    # `itemgetter` of one name alone would give no tuple.
    values_of = itemgetter(*places) if places[1:] else lambda row: tuple(row[name] for name in places)
    return compiled.string, values_of, constants


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
