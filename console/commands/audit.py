from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from console.options import json_option, password_option
from console.output import print_json, say
from jobs.audit.choice import choose, parse_checks, platform_of
from jobs.audit.walk import Audit, Finding, Tally
from jobs.sheet import SheetInfo
from jobs.spec import JobSpec
from outputs.audit_report import findings_file
from templates.limits import platform_limits
from worker.wiring import wire

#: So many findings are in the JSON object, and so many are printed; --report has them all.
_IN_JSON = 1000
_PRINTED = 20
_WIDTH = 120
_PLATFORMS = sorted({limit.platform for limit in platform_limits().values() if limit.platform})


@click.command("audit")
@click.argument("source")
@click.option("--sheet", metavar="NAME", default="", help="Sheet of the workbook (default: the first with a table).")
@click.option("--header-row", type=click.IntRange(min=1), help="Row number of the header (default: found).")
@click.option("--source-encoding", metavar="NAME", default="", help="Encoding of delimited text (default: found).")
@password_option
@click.option("--key", metavar="COLUMN", help="Column that names the product (default: found: Handle, SKU, …).")
@click.option("--platform", type=click.Choice(_PLATFORMS), help="Whose limits hold (default: found by the header).")
@click.option("--check", multiple=True, metavar="FIELD=COLUMN", help="Check a column against a limit (repeatable).")
@click.option("--template", multiple=True, metavar="NAME", help="Check columns named like its fields (repeatable).")
@click.option("--templates", metavar="FOLDER", default="", help="Folder of your own templates, before the library.")
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE", help="All findings, as .csv or .xlsx.")
@click.option("--overwrite", is_flag=True, help="Replace the report when it exists.")
@json_option
def command(
    source: str,
    *,
    password: str,
    key: str | None,
    platform: str | None,
    check: Sequence[str],
    template: Sequence[str],
    report: Path | None,
    overwrite: bool,
    as_json: bool,
    **reading: Any,
) -> int:
    """Check the copy that SOURCE has already against the platforms' limits; nothing is sent, no job is made.

    Shows how the sheet was read, then which texts are too long, empty, the same on several products, or hold what the
    platform forbids. Lengths count characters (code points), spaces included.
    """
    preparation = wire(password=password).preparation
    spec = JobSpec(**reading)
    sheet = preparation.open(source, spec)
    catalog = preparation.catalog(spec)
    platform = platform or platform_of(sheet.info)
    choices = choose(
        sheet.info,
        platform=platform,
        templates=[catalog.find(ref) for ref in template],
        told=parse_checks(check),
    )
    audit = Audit(sheet, choices, key=key)
    outcome = _Outcome(source=source, info=sheet.info, platform=platform, audit=audit)
    with ExitStack() as stack:
        take = stack.enter_context(findings_file(report, overwrite=overwrite)) if report else None
        for finding in audit.findings():
            outcome.add(finding)
            if take:
                take(finding)
    outcome.info = sheet.info
    if as_json:
        print_json(_as_json(outcome))
    else:
        _print(outcome)
    if report:
        say(f"Report: {report}")
    return 0


@dataclass(slots=True, kw_only=True)
class _Outcome:
    source: str
    #: Its notes are complete once the rows were read.
    info: SheetInfo
    #: "" for a sheet of one's own.
    platform: str
    audit: Audit
    total: int = 0
    #: The first ones against a limit, against advice, and of empty cells: none crowds out what weighs more.
    first: tuple[list[Finding], ...] = field(default_factory=lambda: ([], [], []))

    def add(self, finding: Finding) -> None:
        self.total += 1
        kept = self.first[2 if finding.rule == "empty" else int(finding.is_advice)]
        if len(kept) < _IN_JSON:
            kept.append(finding)

    @property
    def findings(self) -> list[Finding]:
        return list(chain.from_iterable(self.first))[:_IN_JSON]


def _as_json(outcome: _Outcome) -> dict[str, Any]:
    info, audit = outcome.info, outcome.audit
    return {
        "source": outcome.source,
        "format": info.format,
        "sheet": info.sheet,
        "header_row": info.header_row,
        "columns": [column.header for column in info.columns],
        "rows": audit.rows,
        "products": audit.products,
        "platform": outcome.platform or None,
        "notes": [*info.notes, *info.losses],
        "checks": [_tally_json(tally) for tally in audit.tallies],
        "findings": [
            {"row": one.row, "column": one.column, "rule": one.rule, "message": one.message}
            for one in sorted(outcome.findings, key=lambda finding: finding.row)
        ],
        "findings_total": outcome.total,
    }


def _tally_json(tally: Tally) -> dict[str, Any]:
    limit = tally.choice.limit
    return {
        "column": tally.choice.column.header,
        "preset": limit.name,
        "limit": limit.hard.max_chars or None,
        "advised": limit.advised.max_chars or None,
        "checked": tally.checked,
        "empty": tally.empty,
        "over_limit": tally.over_limit,
        "over_advised": tally.over_advised,
        "distinct": tally.distinct,
        "products": tally.compared,
        "source": limit.source,
    }


def _print(outcome: _Outcome) -> None:
    info, audit = outcome.info, outcome.audit
    place = f', sheet "{info.sheet}"' if info.sheet else ""
    click.echo(f"{outcome.source}: {info.format}{place}, header in row {info.header_row}")
    click.echo(f"{audit.rows:,} rows, {audit.products:,} products; {audit.rule}")
    click.echo(f"Limits: {outcome.platform or 'those of no platform in particular; --platform names one'}")
    for note in (*info.notes, *info.losses):
        click.echo(f"Note: {note}")
    if not audit.tallies:
        headers = ", ".join(f'"{column.header}"' for column in info.columns)
        click.echo(f"No column is one that a limit is known for. The columns are: {headers}.")
        click.echo("Say which one to check, as in --check seo-title=COLUMN.")
        return
    _print_table(audit.tallies)
    _print_findings(outcome.findings[:_PRINTED], outcome.total)


def _print_table(tallies: Iterable[Tally]) -> None:
    table = Table(box=None, pad_edge=False)
    for header in ("Column", "Checked as"):
        table.add_column(header, no_wrap=True)
    for header in ("limit", "advised", "texts", "empty", "over limit", "over advice", "distinct"):
        table.add_column(header, justify="right", no_wrap=True)
    for tally in tallies:
        limit = tally.choice.limit
        figures = (tally.checked, tally.empty, tally.over_limit, tally.over_advised)
        table.add_row(
            tally.choice.column.header,
            limit.label,
            f"{limit.hard.max_chars:,}" if limit.hard.max_chars else "",
            f"{limit.advised.max_chars:,}" if limit.advised.max_chars else "",
            *(f"{figure:,}" for figure in figures),
            f"{tally.distinct:,} of {tally.compared:,}",
        )
    # A narrow terminal breaks lines, which reads better than cells cut short.
    Console(width=max(_WIDTH, Console().width)).print(table)


def _print_findings(findings: Sequence[Finding], total: int) -> None:
    if not total:
        click.echo("Nothing was found.")
        return
    click.echo(f"{total:,} {'finding' if total == 1 else 'findings'}:")
    for finding in findings:
        advice = " (advice)" if finding.is_advice else ""
        click.echo(f"  row {finding.row}: {finding.message}{advice}")
    if total > len(findings):
        click.echo(f"  … and {total - len(findings):,} more; --report FILE.csv writes them all.")
