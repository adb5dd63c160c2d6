"""The rows of a publish file, made in step with the source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from jobs.results import ItemResult, ItemState
from jobs.sheet import Column, Row
from outputs.cell_text import cleaned
from outputs.publish.binding import Binding
from outputs.publish.layout import Piece, Pieces, TargetColumn
from outputs.publish.notes import PublishNotes
from outputs.source_file import missing_row
from templates.limits import LimitCheck, platform_limits

_ALL = frozenset({ItemState.DONE, ItemState.REUSED, ItemState.LOCKED})
_APPROVED = frozenset({ItemState.LOCKED})


class PublishRows:
    """Makes the rows of one publish file; of the products, only those are held whose further rows are still to come."""

    def __init__(self, binding: Binding, notes: PublishNotes, *, approved_only: bool) -> None:
        self._binding = binding
        self._notes = notes
        self._states = _APPROVED if approved_only else _ALL
        self._checks = {
            column.limit: LimitCheck(platform_limits()[column.limit]) for column in binding.columns if column.limit
        }
        self._roles: dict[str, list[str]] = {}
        for role, (template, _) in binding.fields.items():
            self._roles.setdefault(template, []).append(role)

    def lines(self, rows: Iterable[Row], results: Iterable[ItemResult]) -> Iterator[list[str]]:
        """Give the file's rows in the order of the source; results come ordered by the first row that takes their copy.

        Raises:
            UserError: a row is not in the source any more.
        """
        products = self._products(results)
        first, takes, pieces = next(products, (0, (), {}))
        waiting: dict[int, Pieces] = {}
        for row in rows:
            while first and first <= row.number:
                waiting |= dict.fromkeys(takes, pieces)
                first, takes, pieces = next(products, (0, (), {}))
            if row.number in waiting:
                line = self._line(row, waiting.pop(row.number))
                if line is not None:
                    self._notes.rows += 1
                    yield line
        if first or waiting:
            raise missing_row(first or min(waiting))

    def _products(self, results: Iterable[ItemResult]) -> Iterator[tuple[int, tuple[int, ...], Pieces]]:
        """Give each product's first row, the rows that take its copy, and the copy by role."""
        for lead, items in groupby(results, key=lambda item: item.row):
            pieces: dict[str, Piece] = {}
            takes: tuple[int, ...] = (lead,)
            first = lead
            for item in items:
                first = min(item.copy_rows)
                roles = self._roles.get(item.template)
                if roles is None:
                    continue
                if item.state not in self._states:
                    self._notes.left_out[item.state] += 1
                    continue
                if not self._binding.target.lead_row_only:
                    takes = item.copy_rows
                pieces |= self._pieces(item, roles)
            if pieces:
                yield first, takes, pieces

    def _pieces(self, item: ItemResult, roles: Iterable[str]) -> dict[str, Piece]:
        found = {}
        for role in roles:
            _, field = self._binding.fields[role]
            value = item.copy.get(field.name)
            if value:
                found[role] = Piece(value, is_html=field.html)
        return found

    def _line(self, row: Row, pieces: Pieces) -> list[str] | None:
        """Give a row's cells; None when the platform would refuse the row, which is noted."""
        cells: dict[str, str] = {}
        reason, has_copy = "", False
        for column, source in zip(self._binding.columns, self._binding.sources, strict=True):
            if column.role not in pieces or (column.beside and not cells[column.beside]):
                cells[column.header] = column.fixed or _cell(row, source)
                continue
            text = column.compose(pieces) if column.compose else pieces[column.role].text
            reason = reason or self._breach(column, text)
            has_copy = True
            cells[column.header] = cleaned(column.encode(text)) if text else ""
        reason = reason or self._refusal(cells, pieces)
        if not has_copy:
            reason = "it has no picture that the alternative text could go with"
        if reason:
            self._notes.add_dropped(row.number, reason)
            return None
        return list(cells.values())

    def _breach(self, column: TargetColumn, text: str) -> str:
        if not column.limit or not text:
            return ""
        hard = (breach for breach in self._checks[column.limit].breaches(text) if not breach.is_advice)
        return next((f'"{column.header}" {breach.message}' for breach in hard), "")

    def _refusal(self, cells: Mapping[str, str], pieces: Pieces) -> str:
        columns = self._binding.columns
        keys = [column.header for column in columns if column.is_key]
        if not any(cells[key] for key in keys):
            return f'"{keys[0]}" is empty'
        empty = next((column.header for column in columns if column.is_needed and not cells[column.header]), "")
        if empty:
            return f'"{empty}" is empty'
        if self._binding.target.blank_erases:
            for column, source in zip(columns, self._binding.sources, strict=True):
                if column.role and column.role not in pieces and source is None:
                    return f'it has no text for "{column.header}" to publish, and an empty cell would erase the shop\'s'
        return ""


def _cell(row: Row, source: Column | None) -> str:
    return row.cells[source.index].strip() if source and source.index < len(row.cells) else ""
