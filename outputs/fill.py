"""`--fill FIELD=COLUMN`: the user's columns that take copy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from jobs.intake.told_columns import told_column, told_pairs
from jobs.sheet import SheetInfo
from templates.errors import UserError, nearest


def chosen_by_fill(info: SheetInfo, planned: Mapping[str, Collection[str]], fill: Mapping[str, str]) -> dict[str, int]:
    """Resolve `--fill`: planned header -> sheet column from 0.

    `planned`: each planned header with all the names that it goes by.

    Raises:
        UserError: an unknown field or column, a field of several columns, or a column asked for twice.
    """
    chosen: dict[str, int] = {}
    for name, wanted in fill.items():
        header = _planned_header(name, planned)
        index = told_column(info.columns, wanted, option="fill", told=f"{name}={wanted}").index
        if index in chosen.values():
            raise UserError(
                f'--fill gives the column "{wanted}" to two fields.', fix="Give each field its own column.", code="fill"
            )
        chosen[header] = index
    return chosen


def _planned_header(name: str, planned: Mapping[str, Collection[str]]) -> str:
    wanted = name.strip().casefold()
    for header in planned:
        if header.casefold() == wanted:
            return header
    hits = [header for header, names in planned.items() if wanted in {each.casefold() for each in names}]
    if len(hits) == 1:
        return hits[0]
    if hits:
        shown = ", ".join(f'"{hit}"' for hit in hits[:4])
        raise UserError(
            f"--fill {name}: the field fills {len(hits)} columns ({shown}{' …' if len(hits) > 4 else ''}).",  # noqa: PLR2004 - fits a line
            fix=f'Name one of them, as in --fill "{hits[0]}=COLUMN".',
            code="fill",
        )
    raise UserError(
        f'--fill {name}: the templates have no field "{name}".{nearest(name, planned)}',
        fix="Name a field of the templates as `skuscribe templates show` lists them.",
        code="fill",
    )


def parse_fill(texts: Iterable[str]) -> dict[str, str]:
    """Read `FIELD=COLUMN` options.

    Raises:
        UserError: one is not of that form, or gives a field two columns.
    """
    return told_pairs(texts, option="fill", noun="FIELD", example='--fill "SEO title=Meta title"')
