import openpyxl
import pytest
from outputs_making import SEO, info, result, template

from jobs.intake.formats.delimited import DelimitedSheet
from jobs.intake.formats.xlsx import XlsxSheet
from jobs.sheet import Row
from outputs.columns import TAIL, plan_columns
from outputs.filled_cells import FilledCells
from outputs.writeback import write_workbook

HEADERS = ["SKU", "SEO title", "Meta description", *TAIL.values()]
OLD = ["failed", "No answer.", "old-model", "1", "2", "0.5"]


def filled(headers, *rows, templates=(SEO,), fill=None):
    columns = plan_columns(info(*headers), templates, [], fill or {})
    return FilledCells(columns, [Row(number, cells) for number, cells in rows])


def test_an_item_is_filled_when_all_its_cells_have_text():
    cells = filled(HEADERS, (2, ("a", "x", "y")), (3, ("b", "x", " \u00a0")), (4, ("c",)))
    assert [cells.items(row) for row in (2, 3, 4)] == [{("seo-meta@1", "")}, set(), set()]


def test_an_item_with_a_column_that_is_not_there_yet_is_never_filled():
    assert filled(["SKU", "Mine"], (2, ("a", "x")), fill={"SEO title": "Mine"}).items(2) == set()


def test_each_template_is_looked_at_for_itself():
    other = template("other", fields=SEO.fields)
    fill = {"other.title": "A", "other.meta": "B"}
    assert filled(["X", "Y", "SKU"], (2, ("x", "y", "a")), templates=(SEO, other), fill=fill).items(2) == {
        ("other@1", "")
    }


@pytest.mark.parametrize("asked", [(2, 3, 4, 5), (3, 5), (5, 2, 4), (3, 3, 2)])
@pytest.mark.parametrize("order", [(2, 3, 4, 5), (5, 3, 2, 4), (4, 9, 5, 2, 3)])
def test_rows_are_asked_for_in_any_order_of_a_file_in_any_order(asked, order):
    cells = filled(HEADERS, *[(row, ("a", "x" if row % 2 else "", "y")) for row in order])
    assert [bool(cells.items(row)) for row in asked] == [bool(row % 2) for row in asked]


def test_a_row_that_is_not_in_the_file_is_not_filled():
    assert filled(HEADERS, (2, ("a", "x", "y"))).items(9) == set()


def test_the_file_is_read_once_and_no_further_than_it_is_asked_for():
    read = []

    def rows():
        for number in range(2, 9):
            read.append(number)
            yield Row(number, ("a", "x", "y"))

    cells = FilledCells(plan_columns(info(*HEADERS), (SEO,), [], {}), rows())
    assert [bool(cells.items(row)) for row in (4, 2, 3)] == [True, True, True]
    assert read == [2, 3, 4]


def _csv(path, rows):
    path.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    return DelimitedSheet(path)


def _xlsx(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return XlsxSheet(path)


def _table(path):
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path).active
        return [["" if cell is None else str(cell) for cell in row] for row in sheet.values]
    return [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("opened", "name"), [(_csv, "in.csv"), (_xlsx, "in.xlsx")])
def test_text_stays_and_empty_cells_and_accounts_are_written(tmp_path, opened, name):
    rows = [HEADERS, ["a", "mine", "", *OLD], ["b", "", "m\u00fc", *OLD], ["c", " ", "x", *OLD], ["d", "x", "y", *OLD]]
    sheet = opened(tmp_path / name, rows)
    target = tmp_path / f"out-{name}"
    values = {"templates": [SEO], "locales": [], "fill": {}, "simulated": False}
    results = [result(row) for row in (2, 3, 4)]
    write_workbook(sheet.info, target, results=results, source_rows=sheet.rows(), **values)
    table = _table(target)
    assert [row[1:4] for row in table[1:]] == [
        ["mine", "Meta 2", "done"],
        ["Title 3", "m\u00fc", "done"],
        ["Title 4", "x", "done"],
        ["x", "y", "failed"],
    ]
    write_workbook(sheet.info, target, results=results, **values)
    assert _table(target)[1][1] == "Title 2"


def test_each_row_of_a_product_keeps_its_own_text(tmp_path):
    sheet = _csv(tmp_path / "in.csv", [HEADERS, ["a", "", "", *OLD], ["b", "mine", "", *OLD]])
    target = tmp_path / "out.csv"
    write_workbook(
        sheet.info,
        target,
        results=[result(2, copy_rows=(2, 3))],
        source_rows=sheet.rows(),
        templates=[SEO],
        locales=[],
        fill={},
        simulated=False,
    )
    assert [row[1:4] for row in _table(target)[1:]] == [["Title 2", "Meta 2", "done"], ["mine", "Meta 2", ""]]
