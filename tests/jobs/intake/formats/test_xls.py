from __future__ import annotations

import pytest
import xlwt
from intake_files import table_of
from xls_making import write_xls
from xlsb_making import Shown, Wrong

from jobs.intake.formats import xls
from jobs.intake.formats.xls import XlsSheet, open_xls
from jobs.intake.ole import OleContent, ole_content
from jobs.intake.opening import open_sheet
from jobs.sheet import ReadOptions
from templates.errors import UserError

TABLE = [["SKU", "Name", "Price"], ["00123", "Lamp", 19.9], ["00124", "Chair", 49]]


def bare_workbook(path):
    """Write an Excel 2 worksheet: records, and no container around them."""
    records = [
        (0x0009, b"\x02\x00\x10\x00"),
        *(
            (0x0004, bytes([row, 0, column, 0, 0, 0, 0, len(text)]) + text.encode("cp1252"))
            for row, texts in enumerate((("SKU", "Name", "Maße"), ("7", "Lamp", "3 cm")))
            for column, text in enumerate(texts)
        ),
        (0x000A, b""),
    ]
    path.write_bytes(
        b"".join(kind.to_bytes(2, "little") + len(data).to_bytes(2, "little") + data for kind, data in records)
    )
    return path


def test_the_visible_sheet_with_the_table_is_read(tmp_path):
    sheets = {"Lists": [["a", "b", "c"], [1, 2, 3]], "Read me": [["How to"]], "Products": TABLE}
    path = write_xls(tmp_path / "p.xls", sheets, states=[1])
    sheet = open_sheet(path)
    assert (sheet.info.format, sheet.info.sheet) == ("xls", "Products")
    assert [row.cells for row in sheet.rows()] == [("00123", "Lamp", "19.9"), ("00124", "Chair", "49")]
    assert open_sheet(path, ReadOptions(sheet="lists ")).info.sheet == "Lists"
    with pytest.raises(UserError, match=r'no sheet "Product".* "Products"'):
        open_sheet(path, ReadOptions(sheet="Product"))


def test_what_is_lost_on_the_way_back_is_told_beforehand(tmp_path):
    assert "formulas become their values" in open_sheet(write_xls(tmp_path / "p.xls", {"P": TABLE})).info.losses[0]


def test_cells_come_as_the_text_that_a_person_sees(tmp_path):
    shown = [
        ("00123", "00123"),
        (Shown(123, "00000"), "00123"),
        (4006381333931.0, "4006381333931"),
        (19.989999999999998, "19.99"),
        (Shown(3199, "0.00"), "3199.00"),
        (Shown(0.125, "0.0%"), "12.5%"),
        (Shown(19.9, "#,##0.00 [$€-407]"), "19.90 €"),
        (True, "TRUE"),
        (Wrong("#N/A"), "#N/A"),
        (Wrong("#DIV/0!"), "#DIV/0!"),
        (Shown(46082, "dd/mm/yyyy"), "2026-03-01"),
        (Shown(46082.604166666664, "yyyy-mm-dd hh:mm"), "2026-03-01 14:30"),
        ("line\nbreak 😀", "line\nbreak 😀"),
    ]
    rows = [[f"Name {place}" for place in range(len(shown))], [value for value, _ in shown]]
    assert table_of(write_xls(tmp_path / "p.xls", {"P": rows}))[1] == tuple(text for _, text in shown)


def test_dates_count_from_1904_when_the_workbook_says_so(tmp_path):
    path = write_xls(tmp_path / "p.xls", {"P": [["When"], [Shown(44620, "yyyy-mm-dd")]]}, from_1904=True)
    assert table_of(path)[1] == ("2026-03-01",)


def test_runs_of_a_rich_text_are_joined(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("P")
    sheet.write(0, 0, "Name")
    sheet.write_rich_text(1, 0, ("plain ", ("bold", xlwt.easyfont("bold on"))))
    book.save(str(tmp_path / "p.xls"))
    assert table_of(tmp_path / "p.xls")[1] == ("plain bold",)


def test_rows_keep_their_numbers_and_empty_formatted_cells_count_for_nothing(tmp_path):
    path = write_xls(tmp_path / "p.xls", {"P": [[], ["SKU", "Name"], [], ["1", "one"]]})
    book = xlwt.Workbook()
    sheet = book.add_sheet("P")
    for row in range(3):
        sheet.write(row, 0, f"text {row}")
        for column in range(1, 40):
            sheet.write(row, column, None, xlwt.easyxf("pattern: pattern solid"))
    book.save(str(tmp_path / "wide.xls"))
    assert [(row.number, row.cells) for row in open_sheet(path).rows()] == [(4, ("1", "one"))]
    assert len(open_sheet(tmp_path / "wide.xls").info.columns) == 1


def test_a_worksheet_of_excel_2_is_read_although_it_has_no_container(tmp_path):
    assert table_of(bare_workbook(tmp_path / "p.xls")) == [("SKU", "Name", "Maße"), ("7", "Lamp", "3 cm")]


def test_column_widths_are_told_in_characters(tmp_path):
    path = write_xls(tmp_path / "p.xls", {"P": TABLE}, widths=[(0, 30.5, False), (1, 10, True)])
    with open_xls(path) as book:
        assert [tuple(width) for width in book.widths(book.tabs[0])] == [(0, 0, 30.5, False), (1, 1, 10.0, True)]


def test_damaged_formats_cost_the_formats_and_not_the_table(tmp_path, monkeypatch):
    path = write_xls(tmp_path / "p.xls", {"P": [*TABLE, ["x", Shown(46082, "yyyy-mm-dd"), Shown(7, "000")]]})
    opened = xls.xlrd.open_workbook

    def damaged(*args, formatting_info, **more):
        if formatting_info:
            raise AssertionError
        return opened(*args, formatting_info=formatting_info, **more)

    monkeypatch.setattr(xls.xlrd, "open_workbook", damaged)
    sheet = XlsSheet(path)
    assert [row.cells for row in sheet.rows()][-1] == ("x", "2026-03-01", "7")
    assert "formats are damaged" in sheet.info.notes[0]


def test_an_encrypted_workbook_is_named_so(tmp_path):
    path = write_xls(tmp_path / "p.xls", {"P": TABLE})
    content = bytearray(path.read_bytes())
    second_record = content.index(b"\x09\x08\x10\x00\x00\x06") + 20
    content[second_record : second_record + 2] = b"\x2f\x00"
    path.write_bytes(content)
    assert ole_content(path) is OleContent.ENCRYPTED
    with pytest.raises(UserError, match=r"p\.xls is encrypted") as caught:
        XlsSheet(path)
    assert caught.value.code == "encrypted"
    assert "--password-file" in caught.value.fix


@pytest.mark.parametrize("size", [8, 600, 3000])
def test_a_cut_workbook_is_told_in_a_sentence(tmp_path, size, capsys):
    path = write_xls(tmp_path / "p.xls", {"P": TABLE})
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(UserError, match=r"p\.xls is damaged") as caught:
        open_sheet(path)
    assert caught.value.code == "source"
    assert capsys.readouterr() == ("", "")
