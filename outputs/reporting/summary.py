"""The report's first sheet: what the job did and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from jobs.choice import Choice
from jobs.money import plain
from jobs.results import Summary
from outputs.reporting.columns import cell_amount
from outputs.reporting.tally import Tally, Totals

_GROUP_HEADER = (
    "items",
    "accepted",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cost_usd",
    "unpriced_items",
)
_COST_COLUMN = 1 + _GROUP_HEADER.index("cost_usd")
_CHART_COLUMN = len(_GROUP_HEADER) + 2
SIMULATED_BANNER = "SIMULATED: no request reached AWS, no money was spent, and the copy is made up."

#: XlsxWriter has no types: the book, a sheet, a format.
Book = Any
Sheet = Any


class SummarySheet:
    """Writes the summary from the top down."""

    def __init__(self, book: Book, sheet: Sheet, formats: Mapping[str, Any]) -> None:
        self._book = book
        self._sheet = sheet
        self._formats = formats
        self._row = 0

    def write(self, summary: Summary, tally: Tally, job: Mapping[str, str]) -> None:
        """Write totals, tables and charts."""
        self._sheet.set_column(0, 0, 34)
        self._sheet.set_column(1, len(_GROUP_HEADER), 18)
        self._line(f"Skuscribe report of job {summary.job}", style="title")
        if summary.simulated:
            # White on a colour that goes as far as the text does: beyond it nobody would read it.
            for column in range(1, len(_GROUP_HEADER)):
                self._sheet.write_blank(self._row, column, None, self._formats["warning"])
            self._line(SIMULATED_BANNER, style="warning")
        self._block("Job", _about(summary, job))
        states = self._block("Items", {name: count for name, count in summary.items.items() if name != "total"})
        self._block("Totals", _totals(summary))
        tables = {title: self._table(f"By {title.lower()}", groups) for title, groups in tally.by.items()}
        self._outcomes(tally)
        self._chart("Items by state", states, 1, 1)
        self._chart("Cost by template (USD)", tables["Template"], _COST_COLUMN, 18)

    def _line(self, text: str, *, style: str) -> None:
        self._sheet.write_string(self._row, 0, text, self._formats[style])
        self._row += 1

    def _block(self, title: str, values: Mapping[str, str | int | float | Decimal | None]) -> tuple[int, int]:
        """Write names and values below a title; the rows of the values."""
        self._row += 1
        self._line(title, style="header")
        first = self._row
        for name, value in values.items():
            self._sheet.write_string(self._row, 0, name)
            self._value(1, value)
            self._row += 1
        return first, self._row - 1

    def _value(self, column: int, value: str | float | Decimal | None) -> None:
        if isinstance(value, Decimal):
            self._sheet.write_number(self._row, column, float(cell_amount(value)), self._formats["money"])
        elif isinstance(value, int):
            self._sheet.write_number(self._row, column, value, self._formats["count"])
        elif isinstance(value, float):
            self._sheet.write_number(self._row, column, value)
        else:
            self._sheet.write_string(self._row, column, value or "")

    def _table(self, title: str, groups: Mapping[str, Totals]) -> tuple[int, int]:
        self._row += 1
        self._sheet.write_row(self._row, 0, (title, *_GROUP_HEADER), self._formats["header"])
        self._row += 1
        first = self._row
        for name, totals in groups.items():
            self._sheet.write_string(self._row, 0, name)
            for column, key in enumerate(_GROUP_HEADER, 1):
                self._value(column, getattr(totals, key))
            self._row += 1
        return first, max(first, self._row - 1)

    def _outcomes(self, tally: Tally) -> None:
        self._row += 1
        self._sheet.write_row(self._row, 0, ("Attempts by outcome", "attempts", "cost_usd"), self._formats["header"])
        for outcome, (count, cost) in tally.outcomes.items():
            self._row += 1
            self._sheet.write_string(self._row, 0, outcome)
            self._value(1, count)
            self._value(2, cost)
        self._row += 1

    def _chart(self, title: str, rows: tuple[int, int], column: int, place: int) -> None:
        chart = self._book.add_chart({"type": "bar"})
        name = self._sheet.get_name()
        chart.add_series(
            {
                "name": title,
                "categories": [name, rows[0], 0, rows[1], 0],
                "values": [name, rows[0], column, rows[1], column],
            }
        )
        chart.set_title({"name": title})
        chart.set_legend({"none": True})
        chart.set_y_axis({"reverse": True})
        self._sheet.insert_chart(place, _CHART_COLUMN, chart)


def _about(summary: Summary, job: Mapping[str, str]) -> dict[str, str | Decimal]:
    """Join what the summary knows with what the job tells of itself, which wins."""
    told = {name.casefold() for name in job}
    known = {
        "Source": summary.source,
        "State": summary.state,
        "Stop reason": summary.stop_reason or "",
        "Realm": "simulated" if summary.simulated else "aws",
    }
    return {
        **{name: text for name, text in known.items() if text and name.casefold() not in told},
        **job,
        **_lane(summary.choice),
        **({} if summary.saved_usd is None else {"Saved against on demand (USD)": summary.saved_usd}),
    }


def _lane(choice: Choice | None) -> dict[str, str | Decimal]:
    """Say which lane a job took, why, and what it saves by the estimate; nothing for a job that has not chosen."""
    if choice is None:
        return {}
    saving = "not known" if choice.saving_usd is None else choice.saving_usd
    return {"Lane": choice.lane, "Why this lane": choice.why, "Saving by the estimate (USD)": saving}


def _totals(summary: Summary) -> dict[str, str | int | float | Decimal | None]:
    usage, cost = summary.usage, summary.cost_usd
    accepted = sum(summary.items.get(state, 0) for state in ("done", "reused", "locked"))
    priced = {} if cost is None else {"cost per accepted item": cost / accepted if accepted else None}
    return {
        "items": summary.items.get("total", 0),
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "cost_usd": "unpriced" if cost is None else cost,
        "cost_usd, every digit": "unpriced" if cost is None else plain(cost),
        **priced,
        "estimate_usd": summary.estimate_usd,
        "unpriced_items": summary.unpriced_items,
        "unconfirmed_attempts": summary.unconfirmed_attempts,
        "unconfirmed_usd (not in cost_usd)": summary.unconfirmed_usd,
        "requests": summary.requests,
        "throttled": summary.throttled,
        "seconds": round(summary.seconds, 3),
    }
