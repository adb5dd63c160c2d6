import re
import zipfile

import pytest
from ods_making import NS, blank, content, content_of, flat, number, row, simple_ods, table, text, write_ods
from outputs_making import SEO, result

from jobs.intake.formats.ods import OdsSheet
from jobs.sheet import ReadOptions
from outputs.columns import TAIL
from outputs.writeback import write_workbook
from templates.errors import UserError

STYLES = (
    '<style:style style:name="co1" style:family="table-column"><style:table-column-properties '
    'style:column-width="2cm"/></style:style>'
    '<number:number-style style:name="N2"><number:number number:decimal-places="2"/></number:number-style>'
    '<style:style style:name="head" style:family="table-cell"><style:text-properties fo:font-weight="bold"/>'
    "</style:style>"
    '<style:style style:name="body" style:family="table-cell" style:parent-style-name="Default">'
    '<style:table-cell-properties fo:background-color="#ffff00" fo:wrap-option="no-wrap"/></style:style>'
    '<style:style style:name="money" style:family="table-cell" style:data-style-name="N2"/>'
)
COLUMNS = '<table:table-column table:style-name="co1" table:number-columns-repeated="16384"/>'
HEAD, BODY, MONEY = (f' table:style-name="{name}"' for name in ("head", "body", "money"))
COMMENT = "<office:annotation><text:p>check this</text:p></office:annotation>"


def products(path, *, rows=3, named=""):
    """A file as spreadsheet programs write it: styles, formulas, a comment, and blanks down to the last row."""
    lines = [row(text("SKU", HEAD), text("Name", HEAD), text("Gross", HEAD), blank(16381))]
    for n in range(2, rows + 2):
        price = number(n * 1.5, f'{MONEY} table:formula="of:=[.A{n}]&gt;1"')
        name = text(f"Tee {n}", BODY).replace("<text:p>", COMMENT + "<text:p>", n == 2)
        lines.append(row(text(f"{n:05}", BODY), name, price, blank(16381)))
    rest = row(blank(16384), times=1048576 - rows - 1)
    ranges = (
        '<table:named-expressions><table:named-range table:name="All" table:cell-range-address="$Products.$A$1:$C$4"/>'
        "</table:named-expressions>"
    )
    xml = content(table(*lines, rest, before=COLUMNS), styles=STYLES, after=ranges)
    return write_ods(path, xml, named=named, more={"Pictures/p.png": "pixels", "settings.xml": "<x/>"})


def write(source, results, *, target=None, **more):
    target = target or source.with_name(f"out{source.suffix}")
    values = {"templates": [SEO], "locales": [], "fill": {}, "simulated": False} | more
    notes = write_workbook(OdsSheet(source, ReadOptions()).info, target, results=results, **values)
    return target, notes


def cells(path):
    sheet = OdsSheet(path)
    header = tuple(column.raw for column in sheet.info.columns)
    return {sheet.info.header_row: header} | {each.number: each.cells for each in sheet.rows()}


def row_xml(path, number):
    return re.findall(r"<table:table-row.*?</table:table-row>", content_of(path), re.DOTALL)[number - 1]


def test_every_other_entry_keeps_its_bytes_and_the_mimetype_stays_first(tmp_path):
    source = products(tmp_path / "in.ods")
    target, notes = write(source, [result(row) for row in (2, 3, 4)])
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target) as after:
        assert after.namelist() == before.namelist()
        assert after.testzip() is None
        assert [name for name in before.namelist() if before.read(name) != after.read(name)] == ["content.xml"]
        first = after.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    assert target.read_bytes()[30:50] == b"mimetypeapplication/"
    assert notes.lines() == []


def test_copy_and_accounts_arrive_and_the_users_cells_stay(tmp_path):
    source = products(tmp_path / "in.ods")
    target, _ = write(source, [result(3)])
    assert cells(target)[1] == ("SKU", "Name", "Gross", "SEO title", "Meta description", *TAIL.values())
    assert cells(target)[3][3:] == ("Title 3", "Meta 3", "done", "", "nova-lite", "100", "20", "0.000012")
    assert all(cells(target)[each][:3] == cells(source)[each] for each in (2, 3, 4))
    assert 'office:value-type="float" office:value="0.000012"' in row_xml(target, 3)
    assert row_xml(target, 2) == row_xml(source, 2)


def test_all_that_is_no_cell_of_ours_stays_as_it_is_in_the_file(tmp_path):
    xml = content(table(row("SKU", "Name"), row("1", "one")), after="<!-- </table:table> -->")
    target, _ = write(write_ods(tmp_path / "in.ods", xml), [result(2)])
    left = iter(content_of(target))
    assert all(character in left for character in xml)


def test_rows_keep_their_width_and_the_sheet_its_height(tmp_path):
    target, _ = write(products(tmp_path / "in.ods"), [result(2), result(4)])
    xml = content_of(target)
    for body in re.findall(r"<table:table-row[^>]*>(.*?)</table:table-row>", xml):
        starts = re.findall(r"<table:table-cell[^>]*>", body)
        assert sum(int((re.findall(r'columns-repeated="(\d+)"', start) or ["1"])[0]) for start in starts) == 16384
    starts = re.findall(r"<table:table-row[^>]*>", xml)
    assert sum(int((re.findall(r'rows-repeated="(\d+)"', start) or ["1"])[0]) for start in starts) == 1048576
    columns = re.findall(r"<table:table-column[^>]*>", xml)
    assert sum(int((re.findall(r'columns-repeated="(\d+)"', column) or ["1"])[0]) for column in columns) == 16384
    assert columns[0] == COLUMNS.replace("16384", "3")
    assert columns[-1] == COLUMNS.replace("16384", str(16384 - 3 - 8))


def test_new_headers_look_like_the_last_one_and_copy_like_its_row_but_wrapped(tmp_path):
    target, _ = write(products(tmp_path / "in.ods"), [result(2)])
    assert f"<table:table-cell{HEAD}" in row_xml(target, 1).split("Gross")[1]
    named = re.findall(r'table:style-name="(\w+)"', row_xml(target, 2).split("</table:table-cell>")[3])[0]
    style = re.search(rf'<style:style [^>]*style:name="{named}".*?</style:style>', content_of(target))[0]
    assert 'fo:background-color="#ffff00"' in style
    assert 'fo:wrap-option="wrap"' in style
    assert "no-wrap" not in style
    assert 'style:column-width="9.50cm"' in content_of(target)


def test_numbers_do_not_take_the_format_of_money(tmp_path):
    path = simple_ods(tmp_path / "in.ods", row("SKU", "Price"), row(number(1, MONEY), number(2, MONEY)), styles=STYLES)
    target, _ = write(path, [result(2)])
    assert cells(target)[2][7:] == ("100", "20", "0.000012")


def test_a_row_that_stands_for_several_is_parted_only_where_copy_goes(tmp_path):
    path = simple_ods(tmp_path / "in.ods", row("SKU", "Name"), row("1", "one", times=6))
    target, _ = write(path, [result(4), result(5)])
    starts = re.findall(r"<table:table-row[^>]*>", content_of(target))
    assert [re.findall(r"\d+", start) for start in starts] == [[], ["2"], [], [], ["2"]]
    assert [len(each) for each in cells(target).values()] == [10, 2, 2, 10, 10, 2, 2]
    assert cells(target)[5][2] == "Title 5"


def test_the_result_of_a_run_is_filled_in_place_by_the_next(tmp_path):
    first, _ = write(products(tmp_path / "in.ods"), [result(2), result(3)])
    failed = result(3, state="failed", copy={}, notes="refused")
    again, _ = write(first, [result(2, copy={"title": "New", "meta": ""}), failed], target=tmp_path / "again.ods")
    assert cells(again)[1] == cells(first)[1]
    assert cells(again)[2][3:6] == ("New", "", "done")
    assert cells(again)[3][3:7] == ("Title 3", "Meta 3", "failed", "refused")
    assert content_of(again).split("<office:body>")[0] == content_of(first).split("<office:body>")[0]


def test_a_filled_cell_keeps_its_comment_its_style_and_its_span(tmp_path):
    target, _ = write(products(tmp_path / "in.ods"), [result(2)], fill={"title": "Name"})
    assert cells(target)[2][1] == "Title 2"
    assert f'<table:table-cell{BODY} office:value-type="string">{COMMENT}<text:p>Title 2</text:p>' in row_xml(target, 2)


def test_fill_never_touches_a_formula(tmp_path):
    source = products(tmp_path / "in.ods")
    target, notes = write(source, [result(2)], fill={"title": "Gross"})
    assert cells(target)[2][2] == cells(source)[2][2]
    assert "the cell holds a formula" in notes.lines()[0]


def test_any_text_arrives_as_text(tmp_path):
    copy = {"title": "=1+1 & <b> \t two  spaces \r\n  end ", "meta": "a\x07b\n\nc" + "😀" * 20_000}
    target, notes = write(products(tmp_path / "in.ods"), [result(2, copy=copy)])
    title, meta = cells(target)[2][3:5]
    assert title == "=1+1 & <b> \t two  spaces \n  end "
    assert meta.startswith("ab\n\nc😀")
    assert (notes.cleaned_cells, notes.cut_cells) == (1, 1)
    assert "<text:p/>" in row_xml(target, 2) or "<text:p></text:p>" in row_xml(target, 2)


@pytest.mark.parametrize(
    ("beside", "first"),
    [
        (row("2", "two", blank(2), "a remark"), 5),
        (row("2", text("two", ' table:number-columns-spanned="4"'), "<table:covered-table-cell/>"), 5),
        (row("2", "<table:table-cell><draw:frame table:end-cell-address='Products.H9'/></table:table-cell>"), 8),
        (row("2", f"<table:table-cell>{COMMENT}</table:table-cell>", blank(20, BODY)), 2),
    ],
    ids=["text", "merge", "picture", "formats"],
)
def test_columns_go_right_of_all_content_but_not_of_mere_formats(tmp_path, beside, first):
    path = simple_ods(tmp_path / "in.ods", row("SKU", "Name"), row("1", "one"), beside, styles=STYLES)
    target, _ = write(path, [result(2)])
    assert cells(target)[1].index("SEO title") == first


def test_columns_go_right_of_floating_shapes_beside_the_table_and_of_its_filter(tmp_path):
    logo = '<table:shapes><draw:frame svg:x="{}" svg:y="{}" svg:width="5cm" svg:height="1mm"/></table:shapes>'
    for place, (x, y, first) in enumerate([("1cm", "0.6cm", 3), ("9cm", "8mm", 7), ("9cm", "80cm", 2)]):
        shape = logo.format(x, y)
        rows = [row("SKU", "Name"), row("1", "one")]
        xml = content(table(*rows, before=shape + COLUMNS), styles=STYLES)
        target, _ = write(write_ods(tmp_path / f"in{place}.ods", xml), [result(2)])
        assert cells(target)[1].index("SEO title") == first
    ranges = (
        '<table:database-ranges><table:database-range table:name="x" '
        "table:target-range-address=\"'Products'.A1:'Products'.F2\"/></table:database-ranges>"
    )
    path = write_ods(tmp_path / "ranges.ods", content(table(row("SKU", "Name"), row("1", "one")), after=ranges))
    assert cells(write(path, [result(2)])[0])[1].index("SEO title") == 6


def test_the_right_table_is_patched_among_several(tmp_path):
    inner = f"<table:table-cell>{table(row('x'), name='Products')}</table:table-cell>"
    tables = [table(row("Notes"), row(inner), name="Read me"), table(row("SKU", "A", "B"), row("1", "one", inner))]
    path = write_ods(tmp_path / "in.ods", content(*tables, table(row("z"), name="Last")))
    target, _ = write(path, [result(2)])
    before, ours, after = content_of(target).partition(content(tables[0]).split("<office:spreadsheet>")[1][:400])
    assert before
    assert ours
    assert after.count("Skuscribe status") == 1
    assert cells(target)[2][:4] == ("1", "one", "", "Title 2")


def test_names_are_written_as_the_file_declares_them(tmp_path):
    xml = content(table(row("SKU", "Name"), row("1", "schön")), start='<?xml version="1.0" encoding="ISO-8859-1"?>')
    for usual, odd in (("table", "t"), ("text", "x-1"), ("office", "o")):
        xml = xml.replace(f"{usual}:", f"{odd}:").replace(f"xmlns:{usual}=", f"xmlns:{odd}=")
    xml = xml.replace("opendocument:xmlns:t:", "opendocument:xmlns:table:")
    for usual, odd in (("text", "x-1"), ("office", "o")):
        xml = xml.replace(f"opendocument:xmlns:{odd}:", f"opendocument:xmlns:{usual}:")
    source = write_ods(tmp_path / "in.ods", xml.encode("latin-1"))
    target, _ = write(source, [result(2, copy={"title": "☃ ö", "meta": "m"})])
    assert cells(target)[2][:4] == ("1", "schön", "☃ ö", "m")


def test_a_flat_file_comes_back_flat(tmp_path):
    source = tmp_path / "in.fods"
    source.write_text(flat(content(table(row("SKU", "Name"), row("1", "one")))), encoding="utf-8")
    target, _ = write(source, [result(2)])
    assert cells(target)[2][:3] == ("1", "one", "Title 2")
    assert target.read_text(encoding="utf-8").startswith(
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {NS}>'
    )


def test_a_missing_row_or_a_broken_table_is_told_and_nothing_is_left(tmp_path):
    source = simple_ods(tmp_path / "in.ods", row("SKU", "Name"), row("1", "one"))
    sheet = OdsSheet(source).info
    for broken, said in ((None, "Row 7"), (content_of(source)[:-90], "damaged"), ("<x/>", "damaged")):
        if broken:
            write_ods(source, broken)
        values = {"templates": [SEO], "locales": [], "fill": {}, "results": [result(7)], "simulated": False}
        with pytest.raises(UserError, match=said) as caught:
            write_workbook(sheet, tmp_path / "out.ods", **values)
        assert caught.value.code == "source"
    assert [path.name for path in tmp_path.iterdir()] == ["in.ods"]
