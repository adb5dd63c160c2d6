import errno
import io
import zipfile

import openpyxl
import pytest
import xlsxwriter
from outputs_making import SEO, info, result
from workbooks_making import HEADER, PIXEL, ROW, bare_workbook, rich_workbook, sheet_of, text

from jobs.intake.formats.xlsx import XlsxSheet
from jobs.sheet import ReadOptions
from outputs.columns import TAIL
from outputs.writeback import write_workbook
from templates.errors import UserError


def write(source, results, *, target=None, **more):
    target = target or source.with_name("out.xlsx")
    values = {"templates": [SEO], "locales": [], "fill": {}, "simulated": False} | more
    notes = write_workbook(XlsxSheet(source, ReadOptions(sheet="Products")).info, target, results=results, **values)
    return target, notes


def sheet_xml(path):
    with zipfile.ZipFile(path) as package:
        return package.read("xl/worksheets/sheet1.xml").decode()


def values(path, row):
    return [cell.value for cell in openpyxl.load_workbook(path)["Products"][row]]


def test_every_other_part_keeps_its_compressed_bytes_and_its_order(tmp_path):
    source = rich_workbook(tmp_path / "in.xlsx")
    target, notes = write(source, [result(row) for row in range(2, 7)])
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target) as after:
        assert after.namelist() == before.namelist()
        assert after.testzip() is None
        changed = [name for name in before.namelist() if before.read(name) != after.read(name)]
        assert changed == ["xl/worksheets/sheet1.xml"]
        for old, new in zip(before.infolist(), after.infolist(), strict=True):
            assert (old.compress_type, old.date_time, old.external_attr) == (
                new.compress_type,
                new.date_time,
                new.external_attr,
            )
            assert old.filename in changed or old.compress_size == new.compress_size
    assert notes.lines() == []


def test_every_cell_of_the_users_keeps_its_value_and_format(tmp_path):
    source = rich_workbook(tmp_path / "in.xlsx")
    target, _ = write(source, [result(row) for row in range(2, 7)])
    for before, after in zip(openpyxl.load_workbook(source), openpyxl.load_workbook(target), strict=True):
        for row in before.iter_rows():
            for cell in row:
                twin = after[cell.coordinate]
                assert (twin.value, twin._style) == (cell.value, cell._style) or cell.column > 5


def test_the_users_sheet_is_a_subsequence_of_the_new_one(tmp_path):
    source = bare_workbook(tmp_path / "in.xlsx", sheet_of(HEADER + ROW, after='<pageMargins left="1"/>'))
    target, _ = write(source, [result(2)])
    left = iter(sheet_xml(target))
    assert all(character in left for character in sheet_xml(source))


def test_copy_and_accounts_arrive_typed_and_styled(tmp_path):
    target, _ = write(rich_workbook(tmp_path / "in.xlsx"), [result(3)])
    sheet = openpyxl.load_workbook(target)["Products"]
    assert [cell.value for cell in sheet[1]][5:] == ["SEO title", "Meta description", *TAIL.values()]
    assert values(target, 3)[5:] == ["Title 3", "Meta 3", "done", None, "nova-lite", 100, 20, 0.000012]
    assert sheet["F1"].font.bold
    assert sheet["F3"].alignment.wrap_text
    assert sheet["F3"].number_format == "General"
    assert sheet["M3"].data_type == "n"
    assert values(target, 2)[5:] == [None] * 8


def test_new_columns_are_visible_and_wide_where_the_user_hid_the_rest(tmp_path):
    target, _ = write(rich_workbook(tmp_path / "in.xlsx"), [result(3)])
    widths = openpyxl.load_workbook(target)["Products"].column_dimensions
    assert (widths["A"].width, widths["F"].width, widths["F"].hidden) == (pytest.approx(12.7, abs=0.1), 50, False)
    assert '<col min="14" max="16384" width="3.7109375" hidden="1" customWidth="1"/>' in sheet_xml(target)


def test_dimension_and_spans_grow(tmp_path):
    xml = sheet_of(HEADER + ROW.replace('r="2">', 'r="2" spans="1:2">', 1), before='<dimension ref="A1:B2"/>')
    target, _ = write(bare_workbook(tmp_path / "in.xlsx", xml), [result(2)])
    assert '<dimension ref="A1:J2"/>' in sheet_xml(target)
    assert '<row r="2" spans="1:10">' in sheet_xml(target)


def test_the_result_of_a_run_is_filled_in_place_by_the_next(tmp_path):
    source = rich_workbook(tmp_path / "in.xlsx")
    first, _ = write(source, [result(2), result(3)])
    failed = result(3, state="failed", copy={}, notes="refused")
    again, _ = write(first, [result(2, copy={"title": "New", "meta": ""}), failed], target=tmp_path / "again.xlsx")
    assert values(again, 1) == values(first, 1)
    assert values(again, 2)[5:8] == ["New", None, "done"]
    assert values(again, 3)[5:9] == ["Title 3", "Meta 3", "failed", "refused"]


def test_fill_never_touches_a_formula(tmp_path):
    source = rich_workbook(tmp_path / "in.xlsx")
    target, notes = write(source, [result(2)], fill={"title": "Gross", "meta": "Name"})
    assert values(target, 2)[:5][1::3] == ["Meta 2", "=C2*1.19"]
    assert "the cell holds a formula" in notes.lines()[0]


def test_formulas_in_copy_are_text(tmp_path):
    target, _ = write(rich_workbook(tmp_path / "in.xlsx"), [result(2, copy={"title": "=1+1", "meta": "@x"})])
    with zipfile.ZipFile(target) as package:
        assert b">=1+1</t>" in package.read("xl/worksheets/sheet1.xml")
    assert XlsxSheet(target).info.columns[5].header == "SEO title"
    assert next(XlsxSheet(target).rows()).cells[5:7] == ("=1+1", "@x")


def test_text_that_a_cell_cannot_hold_is_mended_and_noted(tmp_path):
    long = "😀" * 20_000
    copy = {"title": "a\x07b & <b> _x0041_ \r\nnext", "meta": long}
    target, notes = write(rich_workbook(tmp_path / "in.xlsx"), [result(2, copy=copy)])
    title, meta = next(XlsxSheet(target).rows()).cells[5:7]
    assert title == "ab & <b> _x0041_ \nnext"
    assert meta == "😀" * 16_383
    assert (notes.cleaned_cells, notes.cut_cells) == (1, 1)
    assert [line.split(":")[1] for line in notes.lines()] == [' row 2 "Meta description".', ' row 2 "SEO title".']


def test_columns_go_right_of_content_below_and_of_pictures_beside_the_table(tmp_path):
    path = tmp_path / "in.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Products")
    sheet.write_row(0, 0, ["SKU", "Name"])
    sheet.write_row(1, 0, ["1", "one"])
    sheet.write(7, 3, "a remark")
    sheet.merge_range("E2:F2", "merged")
    sheet.insert_image(1, 8, "p.png", {"image_data": io.BytesIO(PIXEL), "x_scale": 100})
    book.close()
    target, _ = write(path, [result(2)])
    headers = values(target, 1)
    assert headers.index("SEO title") > 8


def test_empty_formatted_cells_do_not_push_the_columns_away(tmp_path):
    path = tmp_path / "in.xlsx"
    book = xlsxwriter.Workbook(path)
    yellow = book.add_format({"bg_color": "yellow"})
    sheet = book.add_worksheet("Products")
    for row, cells in enumerate((["SKU", "Name"], ["1", "one"])):
        sheet.write_row(row, 0, cells, yellow)
        for column in range(2, 30):
            sheet.write_blank(row, column, None, yellow)
    book.close()
    target, _ = write(path, [result(2)])
    assert values(target, 1)[2] == "SEO title"
    sheet = openpyxl.load_workbook(target)["Products"]
    assert sheet["C2"].fill.bgColor.rgb is not None
    assert [cell.coordinate for cell in sheet[2]][:4] == ["A2", "B2", "C2", "D2"]


def test_rows_and_cells_without_references_are_counted(tmp_path):
    xml = sheet_of(f"<row><c {text('SKU')}<c {text('Name')}</row><row><c {text('1')}<c {text('one')}</row>")
    target, _ = write(bare_workbook(tmp_path / "in.xlsx", xml), [result(2)])
    assert values(target, 2)[:4] == ["1", "one", "Title 2", "Meta 2"]


def test_prefixed_elements_get_prefixed_cells(tmp_path):
    xml = sheet_of(HEADER + ROW, before="<cols/>")
    prefixed = xml.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:").replace("<x:?", "<?")
    prefixed = prefixed.replace("xmlns=", "xmlns:x=")
    target, _ = write(bare_workbook(tmp_path / "in.xlsx", prefixed), [result(2)])
    assert values(target, 2)[:3] == ["1", "one", "Title 2"]
    assert "<x:col " in sheet_xml(target)


def test_comments_and_cdata_that_look_like_rows_are_not_taken_for_them(tmp_path):
    tricky = "<![CDATA[</c></row><row r='9'>]]>"
    xml = sheet_of(
        HEADER + "<!-- <row r='2'></row> --></sheetData>".removesuffix("</sheetData>") + ROW.replace("one", tricky)
    )
    target, _ = write(bare_workbook(tmp_path / "in.xlsx", xml), [result(2)])
    assert values(target, 2)[:3] == ["1", "</c></row><row r='9'>", "Title 2"]


def test_rows_out_of_order_get_their_own_copy(tmp_path):
    rows = HEADER + ROW.replace('2"', '3"') + ROW
    target, _ = write(bare_workbook(tmp_path / "in.xlsx", sheet_of(rows)), [result(2), result(3)])
    assert "Title 3" in sheet_xml(target).split('<row r="3">')[1].split("</row>")[0]


@pytest.mark.parametrize(("name", "codec"), [("UTF-16", "utf-16"), ("ISO-8859-1", "latin-1")])
def test_a_sheet_in_another_encoding_takes_any_text(tmp_path, name, codec):
    xml = sheet_of(HEADER + ROW.replace("one", "schön"))
    xml = xml.replace('version="1.0"', f'version="1.0" encoding="{name}"')
    source = bare_workbook(tmp_path / "in.xlsx", xml, encoding=codec)
    target, _ = write(source, [result(2, copy={"title": "☃ ö", "meta": "m"})])
    assert values(target, 2)[1:4] == ["schön", "☃ ö", "m"]


def test_entries_with_sizes_behind_their_data_are_copied(tmp_path):
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_):
            raise OSError(errno.ESPIPE, "a pipe")

    source = rich_workbook(tmp_path / "made.xlsx")
    pipe = Pipe()
    with zipfile.ZipFile(source) as made, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as streamed:
        for name in made.namelist():
            with streamed.open(name, "w", force_zip64=True) as part:
                part.write(made.read(name))
    (tmp_path / "in.xlsx").write_bytes(pipe.getvalue())
    target, _ = write(tmp_path / "in.xlsx", [result(2)])
    assert values(target, 2)[5] == "Title 2"
    with zipfile.ZipFile(target) as package:
        assert package.testzip() is None


def test_a_missing_row_or_a_broken_sheet_is_told_and_nothing_is_left(tmp_path):
    source = bare_workbook(tmp_path / "in.xlsx", sheet_of(HEADER + ROW))
    sheet = info("SKU", "Name", path=source)
    for broken, said in ((None, "Row 7"), (sheet_of(HEADER + ROW)[:-40], "damaged")):
        if broken:
            bare_workbook(source, broken)
        with pytest.raises(UserError, match=said) as caught:
            write_workbook(
                sheet,
                tmp_path / "out.xlsx",
                templates=[SEO],
                locales=[],
                fill={},
                results=[result(7)],
                simulated=False,
            )
        assert caught.value.code == "source"
    assert [path.name for path in tmp_path.iterdir()] == ["in.xlsx"]


def test_a_full_disk_is_told_and_nothing_is_left(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    source = bare_workbook(tmp_path / "in.xlsx", sheet_of(HEADER + ROW))
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UserError, match="disk is full") as caught:
        write(source, [result(2)])
    assert caught.value.code == "disk"
    assert [path.name for path in tmp_path.iterdir()] == ["in.xlsx"]
