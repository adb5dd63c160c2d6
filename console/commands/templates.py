from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from console.options import json_option, password_option
from console.output import print_json
from jobs.intake.mapping import map_columns, parse_map
from jobs.spec import JobSpec
from templates.fields import Field, Template
from worker.recipe import all_variables
from worker.wiring import wire

_folder = click.option("--templates", metavar="FOLDER", default="", help="Folder of your own templates.")


@click.group("templates")
def command() -> None:
    """The templates: list them, show one, check what a sheet lacks for one."""


@command.command("list")
@_folder
@json_option
def list_(*, templates: str, as_json: bool) -> int:
    """List the templates that there are."""
    found = wire().preparation.catalog(JobSpec(templates=templates)).all()
    if as_json:
        print_json({"templates": [_as_json(template) for template in found]})
        return 0
    for template in found:
        click.echo(f"{template.ref:28} {template.title}")
        click.echo(f"{'':28} fills {', '.join(field.title for field in template.fields)}")
    return 0


@command.command("show")
@click.argument("template")
@_folder
@json_option
def show(template: str, *, templates: str, as_json: bool) -> int:
    """Show what a template needs, what it fills, and its prompt."""
    found = wire().preparation.catalog(JobSpec(templates=templates)).find(template)
    if as_json:
        print_json({**_as_json(found), "sources": dict(found.sources)})
        return 0
    click.echo(f"{found.ref}: {found.title}\n{found.description}\n")
    for variable in found.variables:
        needed = "needs" if variable.needed else "uses "
        click.echo(f"{needed} {variable.name:14} columns such as {', '.join(variable.aliases[:6])}")
    for field in found.fields:
        click.echo(f"fills {field.title:14} {_limits(field)}")
    for name in ("system.j2", "user.j2"):
        click.echo(f"\n--- {name}\n{found.sources[name].strip()}")
    return 0


@command.command("check")
@click.argument("template")
@click.argument("source")
@click.option("--sheet", metavar="NAME", default="", help="Sheet of the workbook.")
@click.option("--header-row", type=click.IntRange(min=1), help="Row number of the header.")
@click.option("--source-encoding", metavar="NAME", default="", help="Encoding of delimited text (default: found).")
@password_option
@click.option("--map", "map_", multiple=True, metavar="VARIABLE=COLUMN", help="Column for a variable.")
@_folder
@json_option
def check(
    template: str,
    source: str,
    *,
    sheet: str,
    header_row: int | None,
    source_encoding: str,
    password: str,
    map_: Sequence[str],
    templates: str,
    as_json: bool,
) -> int:
    """Say what SOURCE lacks for a template, before a cent is spent."""
    preparation = wire(password=password).preparation
    spec = JobSpec(templates=templates, sheet=sheet, header_row=header_row, source_encoding=source_encoding)
    found = preparation.catalog(spec).find(template)
    info = preparation.open(source, spec).info
    mapping = map_columns(info.columns, all_variables([found]), parse_map(map_))
    missing = mapping.missing(found.needs)
    if as_json:
        print_json(
            {
                "template": found.ref,
                "mapped": mapping.headers,
                "missing": [variable.name for variable in missing],
                "unused": [one.name for one in found.variables if not one.needed and one.name not in mapping.headers],
            }
        )
    else:
        for variable in found.variables:
            header = mapping.headers.get(variable.name)
            lacks = "MISSING, and needed" if variable.needed else "no column; the copy goes without it"
            click.echo(f"{variable.name:14} " + (f'column "{header}"' if header else lacks))
        if missing:
            click.echo(f"\nSay which column it is with --map {missing[0].name}=COLUMN.")
    return 2 if missing else 0


def _limits(field: Field) -> str:
    many = f"{field.count} texts of " if field.is_list else ""
    return f"{many}at most {field.max_chars} characters" + (f" ({field.source})" if field.source else "")


def _as_json(template: Template) -> dict[str, Any]:
    return {
        "name": template.name,
        "version": template.version,
        "title": template.title,
        "description": template.description,
        "needs": [variable.name for variable in template.variables if variable.needed],
        "uses": [variable.name for variable in template.variables if not variable.needed],
        "fields": [
            {"name": field.name, "title": field.title, "count": field.count, "max_chars": field.max_chars}
            for field in template.fields
        ],
    }
