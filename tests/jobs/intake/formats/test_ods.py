from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_files import table_of
from ods_making import blank, content, flat, number, row, simple_ods, table, text, write_ods

from jobs.intake.opening import open_sheet
from jobs.sheet import ReadOptions
from templates.errors import UserError

HIDDEN = (
    '<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>'
)
WIDE = ("SKU", "Title", "Brand")


def number_style(name, inner, kind="number", attributes=""):
    return f'<number:{kind}-style style:name="{name}"{attributes}>{inner}</number:{kind}-style>'


def cell_style(name, data, parent=""):
    inherits = f' style:parent-style-name="{parent}"' if parent else ""
    data = f' style:data-style-name="{data}"' if data else ""
    return f'<style:style style:name="{name}" style:family="table-cell"{inherits}{data}/>'


def digits(places, least=1, more=""):
    return f'<number:number number:decimal-places="{places}" number:min-integer-digits="{least}"{more}/>'


DASH = '<number:embedded-text number:position="3">-</number:embedded-text>'
GROUPS = ' number:grouping="true"'
DATE = '<number:day/><number:text>.</number:text><number:month number:textual="true"/><number:year/>'
CLOCK = "<number:hours/><number:text>:</number:text><number:minutes/>"
EURO = "<number:text> </number:text><number:currency-symbol>€</number:currency-symbol>"


@pytest.mark.parametrize(
    ("kind", "inner", "attributes", "shown"),
    [
        ("number", '<number:number number:min-integer-digits="1"/>', 'office:value="19.989999999999998"', "19.99"),
        ("number", digits(0, 6), 'office:value="123"', "000123"),
        ("number", digits(2), 'office:value="3199"', "3199.00"),
        ("number", digits(2, 1, GROUPS), 'office:value="1234567.5"', "1,234,567.50"),
        ("number", digits(0, 0, GROUPS), 'office:value="12"', "12"),
        ("number", digits(2, 1, ' number:min-decimal-places="0"'), 'office:value="1.5"', "1.5"),
        ("number", digits(1) + "<number:text> kg</number:text>", 'office:value="1.5"', "1.5 kg"),
        ("number", digits(1, 1, ' number:display-factor="1000000"'), 'office:value="1500000"', "1.5"),
        (
            "number",
            digits(0, 6).replace("/>", ">") + DASH + "</number:number>",
            'office:value="123456"',
            "123-456",
        ),
        (
            "number",
            '<number:scientific-number number:decimal-places="2" number:min-exponent-digits="2"/>',
            'office:value="1234.5"',
            "1.23E+03",
        ),
        ("number", "<number:fraction/>", 'office:value="0.5"', "0.5"),
        ("percentage", digits(1) + "<number:text>%</number:text>", 'office:value="0.125"', "12.5%"),
        ("percentage", digits(0) + "<number:text> %</number:text>", 'office:value="0.5"', "50 %"),
        ("currency", digits(2, 1, GROUPS) + EURO, 'office:value="1999.9"', "1,999.90 €"),
        ("text", "<number:text-content/>", 'office:value="12345.678"', "12345.678"),
        ("date", DATE, 'office:date-value="2026-03-01"', "2026-03-01"),
        ("date", DATE, 'office:date-value="2026-03-01T14:30:00"', "2026-03-01"),
        ("date", DATE + CLOCK, 'office:date-value="2026-03-01T14:30:00"', "2026-03-01 14:30"),
        ("date", DATE, 'office:date-value="1899-01-05"', "1899-01-05"),
        ("date", DATE, 'office:date-value="in May"', "in May"),
        ("time", CLOCK, 'office:time-value="PT09H05M00S"', "09:05"),
        ("time", CLOCK, 'office:time-value="soon"', "soon"),
        ("boolean", "<number:boolean/>", 'office:boolean-value="true"', "TRUE"),
    ],
)
def test_a_value_comes_as_its_style_shows_it(tmp_path, kind, inner, attributes, shown):
    value_type = "float" if kind in {"number", "text"} else kind
    cell = f'<table:table-cell table:style-name="ce1" office:value-type="{value_type}" {attributes}/>'
    styles = number_style("N1", inner, kind) + cell_style("ce1", "N1")
    assert table_of(simple_ods(tmp_path / "p.ods", row("A"), row(cell), styles=styles))[1] == (shown,)


def test_values_without_a_style_come_in_the_usual_form(tmp_path):
    values = {
        'office:value-type="float" office:value="4006381333931"': "4006381333931",
        'office:value-type="float" office:value="52.0"': "52",
        'office:value-type="float" office:value="1E+020"': "1E+20",
        'office:value-type="percentage" office:value="0.5"': "50.00%",
        'office:value-type="currency" office:value="5.50"': "5.5",
        'office:value-type="date" office:date-value="2026-03-01T00:00:00"': "2026-03-01",
        'office:value-type="time" office:time-value="PT1H2M3.4S"': "01:02:03",
        'office:value-type="boolean" office:boolean-value="false"': "FALSE",
        'office:value-type="string" office:string-value="told"': "told",
    }
    cells = [f"<table:table-cell {attributes}/>" for attributes in values]
    names = [f"N{place}" for place in range(len(values))]
    assert table_of(simple_ods(tmp_path / "p.ods", row(*names), row(*cells)))[1] == tuple(values.values())


def test_elapsed_time_goes_beyond_a_day(tmp_path):
    styles = number_style("N1", CLOCK, "time", ' number:truncate-on-overflow="false"') + cell_style("ce1", "N1")
    cell = '<table:table-cell table:style-name="ce1" office:value-type="time" office:time-value="PT36H05M00S"/>'
    assert table_of(simple_ods(tmp_path / "p.ods", row("A"), row(cell), styles=styles))[1] == ("36:05",)


def test_a_style_of_several_sections_is_chosen_by_the_number(tmp_path):
    styles = (
        number_style("N1P0", digits(2))
        + number_style("N1P1", "<number:text>(</number:text>" + digits(2) + "<number:text>)</number:text>")
        + number_style(
            "N1",
            "<number:text>none</number:text>"
            '<style:map style:condition="value()&gt;0" style:apply-style-name="N1P0"/>'
            '<style:map style:condition="value()&lt;0" style:apply-style-name="N1P1"/>',
        )
        + number_style("N2P0", "<number:text>big </number:text>" + digits(0))
        + number_style(
            "N2",
            "<number:text>small </number:text>"
            + digits(0)
            + '<style:map style:condition="value()&gt;=100" style:apply-style-name="N2P0"/>',
        )
        + cell_style("ce1", "N1")
        + cell_style("ce2", "N2")
    )
    one, two = ' table:style-name="ce1"', ' table:style-name="ce2"'
    cells = [number(5, one), number(-5, one), number(0, one), number(150, two), number(50, two)]
    path = simple_ods(tmp_path / "p.ods", row(*"ABCDE"), row(*cells), styles=styles)
    assert table_of(path)[1] == ("5.00", "(5.00)", "none", "big 150", "small 50")


def test_a_style_is_taken_from_the_parent_the_row_or_the_column(tmp_path):
    named = number_style("N1", digits(2)) + cell_style("Money", "N1")
    columns = '<table:table-column table:number-columns-repeated="2" table:default-cell-style-name="Money"/>'
    rows = [
        row(*"ABC"),
        row(number(1), number(2), number(3, ' table:style-name="ce1"')),
        row(number(1), attributes=' table:default-cell-style-name="ce2"'),
    ]
    styles = cell_style("ce1", "", "Money") + cell_style("ce2", "")
    path = write_ods(tmp_path / "p.ods", content(table(*rows, before=columns), styles=styles), named=named)
    assert table_of(path)[1:] == [("1.00", "2.00", "3.00"), ("1",)]


def test_text_has_its_lines_spaces_links_and_no_comment(tmp_path):
    cell = (
        '<table:table-cell office:value-type="string"><office:annotation><text:p>a remark</text:p></office:annotation>'
        '<text:p>two <text:s text:c="2"/>spaces<text:tab/>tab</text:p>'
        '<text:p>a <text:span>bold <text:a xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="https://example.com">'
        "link</text:a></text:span> and<text:line-break/>a break</text:p>"
        "<draw:frame><draw:text-box><text:p>a picture's</text:p></draw:text-box></draw:frame></table:table-cell>"
    )
    assert table_of(simple_ods(tmp_path / "p.ods", row("A"), row(cell)))[1] == (
        "two   spaces\ttab\na bold link and\na break",
    )


def test_rows_and_cells_that_stand_for_several_are_counted(tmp_path):
    path = simple_ods(
        tmp_path / "p.ods",
        row(blank(16384), times=2),
        row("SKU", "Title", "Size", "Size2", blank(16380)),
        row("1", blank(1), text("x", ' table:number-columns-repeated="2"'), blank(16380), times=2),
        row(blank(16384), times=3),
        row("2", times=1),
        row(blank(16384), times=1048566),
    )
    sheet = open_sheet(path)
    assert sheet.info.header_row == 3
    rows = [(each.number, each.cells) for each in sheet.rows()]
    assert rows == [(4, ("1", "", "x", "x")), (5, ("1", "", "x", "x")), (9, ("2",))]


def test_rows_in_groups_and_filtered_rows_are_rows(tmp_path):
    filtered, folded = (
        row("2", attributes=' table:visibility="filter"'),
        row("3", attributes=' table:visibility="collapse"'),
    )
    rows = (
        f"<table:table-header-rows>{row(*WIDE)}</table:table-header-rows><table:table-row-group>{row('1')}"
        f"<table:table-row-group>{filtered}</table:table-row-group></table:table-row-group>{folded}"
    )
    assert [cells[0] for cells in table_of(simple_ods(tmp_path / "p.ods", rows))] == ["SKU", "1", "2", "3"]


def test_a_merged_header_names_all_its_columns(tmp_path):
    two = ' table:number-columns-spanned="2"'
    path = simple_ods(
        tmp_path / "p.ods",
        row("SKU", "Title", text("Size", two), "<table:covered-table-cell/>"),
        row("1", "Tee", "S", "M"),
    )
    assert [column.header for column in open_sheet(path).info.columns] == ["SKU", "Title", "Size", "Size (2)"]


def test_a_header_over_two_rows_names_the_columns_of_the_lower_one(tmp_path):
    down, across = ' table:number-rows-spanned="2"', ' table:number-columns-spanned="2"'
    covered = "<table:covered-table-cell/>"
    path = simple_ods(
        tmp_path / "p.ods",
        row(text("SKU", down), text("Title", down), text("Stock", across), covered),
        row(covered, covered, "Berlin", "Paris"),
        row("1", "Tee", number(3), number(4)),
    )
    sheet = open_sheet(path)
    assert [column.header for column in sheet.info.columns] == ["SKU", "Title", "Berlin", "Paris"]
    assert [each.cells for each in sheet.rows()] == [("1", "Tee", "3", "4")]


def test_formulas_give_their_results_and_a_missing_one_is_noted(tmp_path):
    formula = ' table:formula="of:=1"'
    path = simple_ods(
        tmp_path / "p.ods",
        row(*"ABCD"),
        row(
            number(2, formula),
            number(1, formula, "TRUE"),
            f'<table:table-cell{formula} office:value-type="string" office:string-value="" calcext:value-type="error">'
            "<text:p>#DIV/0!</text:p></table:table-cell>",
            f"<table:table-cell{formula}/>",
        ),
        row("x", f"<table:table-cell{formula}><text:p/></table:table-cell>"),
    )
    sheet = open_sheet(path)
    assert [each.cells for each in sheet.rows()] == [("2", "TRUE", "#DIV/0!"), ("x",)]
    assert sheet.info.notes == ("Row 2 has formulas without a stored result, read as empty: save the workbook once.",)


def test_hidden_and_instruction_sheets_are_passed_over(tmp_path):
    tables = [
        table(row(*WIDE), row("1", "2", "3"), name="Hidden", attributes=' table:style-name="ta2"'),
        table(*(row(line) for line in ("How to", "Fill it in", "Send it")), name="Read me"),
        table(row(*WIDE), row("7", "Tee", "NA")),
    ]
    path = write_ods(tmp_path / "p.ods", content(*tables, styles=HIDDEN))
    assert open_sheet(path).info.sheet == "Products"
    assert table_of(path)[1] == ("7", "Tee", "NA")
    assert open_sheet(path, ReadOptions(sheet="hidden ")).info.sheet == "Hidden"
    with pytest.raises(UserError, match=r'no sheet "Product".* Did you mean "Products"'):
        open_sheet(path, ReadOptions(sheet="Product"))


def test_a_table_within_a_cell_is_no_sheet(tmp_path):
    inner = f"<table:table-cell>{table(row('not', 'me'), name='Inner')}</table:table-cell>"
    path = simple_ods(tmp_path / "p.ods", row(*WIDE), row(inner, "Tee", "NA"), row("2"))
    assert table_of(path)[1:] == [("", "Tee", "NA"), ("2",)]


def test_a_flat_file_is_read_as_well(tmp_path):
    path = tmp_path / "p.fods"
    path.write_text(flat(content(table(row(*WIDE), row("1", "Tee", "NA")))), encoding="utf-8")
    sheet = open_sheet(path)
    assert (sheet.info.format, [each.cells for each in sheet.rows()]) == ("ods", [("1", "Tee", "NA")])


def test_a_signature_that_the_copy_breaks_is_named_beforehand(tmp_path):
    xml = content(table(row(*WIDE), row("1")))
    path = write_ods(tmp_path / "p.ods", xml, more={"META-INF/documentsignatures.xml": "<x/>"})
    assert open_sheet(path).info.losses == (
        "The digital signature of the file does not hold for the copy: sign it again.",
    )


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="￾￿", include_characters="\n"),
    min_size=1,
    max_size=40,
).filter(str.strip)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=6))
def test_any_table_of_text_comes_back_equal(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("ods") / "p.ods"
    simple_ods(path, *(row(*(text(cell) for cell in cells)) for cells in rows))
    assert table_of(path, header_row=1) == [tuple(cells) for cells in rows]
