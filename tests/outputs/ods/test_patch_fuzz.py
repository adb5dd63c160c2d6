"""Any table that OpenDocument allows comes back with its cells as they were and the copy in its place."""

import random

import pytest
from ods_making import blank, content, number, row, table, text, write_ods
from outputs_making import SEO, result

from jobs.intake.formats.ods import OdsSheet
from jobs.sheet import ReadOptions
from outputs.writeback import write_workbook

COVERED = "<table:covered-table-cell/>"
INNER = f"<table:table-cell>{table(row('a', 'b'), row('c'), name='Inner')}</table:table-cell>"
FRAME = '<draw:frame svg:x="1cm" svg:width="1cm" table:end-cell-address="Products.C9"/>'
SHAPE = f"<table:table-cell>{FRAME}</table:table-cell>"
LIKE_TAGS = text("x").replace("x<", "<![CDATA[</table:table-cell></table:table-row>]]><")
COMMENTED = "<!-- <table:table-row/> </table:table> --><table:table-cell/>"
GREATER = '<table:table-cell table:formula="of:=[.A1]>1" office:value-type="float" office:value="1"/>'


def any_cell(dice):
    """Cells of a row, one or more."""
    times = dice.choice(("", "", f' table:number-columns-repeated="{dice.randint(1, 4)}"'))
    style = dice.choice(("", ' table:style-name="a"', " table:style-name='b'"))
    return dice.choice(
        (
            text(dice.choice(("x", "a  b ", "one\ntwo", "<&>", "")), style + times),
            number(dice.randint(0, 99), style + times),
            blank(dice.randint(1, 9), style),
            text("m", ' table:number-columns-spanned="2"') + COVERED,
            "<table:table-cell></table:table-cell>",
            dice.choice((INNER, SHAPE, LIKE_TAGS, COMMENTED, GREATER, COVERED)),
        )
    )


def any_rows(dice):
    """Rows of a table, some in groups, some standing for several."""
    rows = []
    for _ in range(dice.randint(1, 8)):
        cells = [any_cell(dice) for _ in range(dice.randint(0, 5))]
        one = row(*([text(f"{dice.random()}"), *cells] if dice.random() < 0.8 else cells), times=dice.choice((1, 1, 3)))
        group = dice.choice(("", "", "table-row-group", "table-header-rows", "table-rows"))
        rows.append(f"<table:{group}>\n {one} </table:{group}>" if group else one)
    filler = row(blank(dice.choice((1, 1024, 16384))), times=dice.choice((1, 1000000)))
    return [*rows, dice.choice(("", filler, "<table:table-row/>"))]


def any_columns(dice):
    """Definitions of columns: too few, too many, in groups, or none."""
    run = '<table:table-column table:number-columns-repeated="{}" table:default-cell-style-name="a"/>'
    some = run.format(dice.choice((1, 3, 16384)))
    grouped = f"<table:table-column-group>{run.format(2)}</table:table-column-group>"
    return dice.choice(("", some, f"<table:table-columns>{some}</table:table-columns>", grouped + run.format(1)))


@pytest.mark.parametrize("seed", range(40))
def test_a_table_comes_back_with_its_cells_and_the_copy(tmp_path, seed):
    dice = random.Random(seed)
    for turn in range(4):
        rows = [row("SKU", "Title", "Brand"), *any_rows(dice)]
        xml = content(
            table(row("z"), name="First"), table(*rows, before=any_columns(dice)), table(row("z"), name="Last")
        )
        source = write_ods(tmp_path / f"in{turn}.ods", xml)
        sheet = OdsSheet(source, ReadOptions(sheet="Products", header_row=1))
        before = {each.number: each.cells for each in sheet.rows()}
        chosen = sorted(dice.sample(sorted(before), min(len(before), 3)))
        values = {"templates": [SEO], "locales": [], "fill": {}, "simulated": False}
        target = tmp_path / f"out{turn}.ods"
        write_workbook(sheet.info, target, results=[result(number) for number in chosen], **values)
        again = OdsSheet(target, ReadOptions(sheet="Products", header_row=1))
        first = [column.raw for column in again.info.columns].index("SEO title")
        after = {each.number: each.cells for each in again.rows()}
        assert after.keys() == before.keys()
        for place, cells in before.items():
            assert after[place][: len(cells)] == cells
            assert len(cells) <= first
            assert after[place][first : first + 2] == ((f"Title {place}", f"Meta {place}") if place in chosen else ())
