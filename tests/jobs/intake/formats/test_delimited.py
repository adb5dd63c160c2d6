from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_files import table_of

from jobs.intake.opening import open_sheet
from templates.errors import UserError


def write(path, content, encoding="utf-8"):
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def test_cells_are_left_as_they_stand(tmp_path):
    path = write(tmp_path / "p.csv", 'SKU,Brand,Price,On,Text\n00123,NA,3199.00,true,"a ""b""\nc\\n"\n')
    assert table_of(path)[1] == ("00123", "NA", "3199.00", "true", 'a "b"\nc\\n')


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_every_usual_delimiter_and_line_end_is_found(tmp_path, delimiter, ends):
    lines = [["SKU", "Title", "Text"], ["1", "Lamp", "warm, bright; dim|mable"], ["2", "Vase", "blue"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=ends).writerows(lines)
    sheet = open_sheet(write(tmp_path / "p.txt", text.getvalue()))
    assert sheet.info.delimiter == delimiter
    assert [row.cells for row in sheet.rows()] == [tuple(line) for line in lines[1:]]


def test_commas_in_the_text_do_not_hide_the_semicolons(tmp_path):
    path = write(tmp_path / "p.csv", "id;Name;Price\n1;Lamp, brass, small;3,50\n2;Vase, blue, tall;4,20\n")
    assert open_sheet(path).info.delimiter == ";"


@pytest.mark.parametrize("header", ["Art;Titel, kurz;Preis, netto", "1,20;Lampe, klein;3,40"])
def test_commas_in_numbers_and_sentences_do_not_hide_what_parts_every_line(tmp_path, header):
    path = write(tmp_path / "p.csv", f"{header}\nA1;Lampe, groß;19,90\nA2;Haken, klein;3,25\n")
    assert open_sheet(path).info.delimiter == ";"


def test_lists_in_the_cells_do_not_hide_the_commas(tmp_path):
    path = write(tmp_path / "p.csv", "id, tags, price\n1, red;blue, 3\n2, green;gold, 4\n")
    assert open_sheet(path).info.delimiter == ","


def test_the_delimiter_line_of_spreadsheet_programs_is_obeyed(tmp_path):
    sheet = open_sheet(write(tmp_path / "p.csv", "sep=|\nSKU|Title\n1|a,b\n2|c,d\n"))
    assert (sheet.info.delimiter, sheet.info.header_row) == ("|", 1)
    assert [(row.number, row.cells) for row in sheet.rows()] == [(2, ("1", "a,b")), (3, ("2", "c,d"))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_the_encoding_is_found(tmp_path, encoding):
    text = "SKU,Größe,Beschreibung\n1,groß,schön und weiß\n2,klein,hübsch\n"
    sheet = open_sheet(write(tmp_path / "p.csv", text, encoding))
    assert sheet.info.encoding == encoding
    assert [column.header for column in sheet.info.columns] == ["SKU", "Größe", "Beschreibung"]
    assert next(iter(sheet.rows())).cells == ("1", "groß", "schön und weiß")
    said = "" if encoding in {"utf-8", "utf-8-sig", "utf-16"} else "if letters look wrong, give --source-encoding."
    assert said in "".join(sheet.info.notes)
    assert bool(said) == bool(sheet.info.notes)


def test_a_few_bad_bytes_do_not_lose_the_rest(tmp_path):
    lines = ["SKU,Title", *(f"{number},Löffel für Größe {number}" for number in range(2, 40))]
    content = "\n".join(lines).encode().split(b"\n")
    content[4] = b"5,Caf\xe9"
    content[9] = b"10,50 \x80"
    sheet = open_sheet(write(tmp_path / "p.csv", b"\n".join(content)))
    rows = {row.number: row.cells for row in sheet.rows()}
    assert (rows[5], rows[10], rows[6]) == (("5", "Café"), ("10", "50 €"), ("6", "Löffel für Größe 6"))
    assert sheet.info.notes == ("Lines 5, 10 have bytes that are not UTF-8; they were read as Windows-1252.",)


def test_ragged_records_are_reported_and_shift_nothing(tmp_path):
    lines = ["SKU,Title,Brand", *(f"{number},Lamp,Acme,extra" for number in range(7)), "8,Vase", "9,Hook,Acme"]
    sheet = open_sheet(write(tmp_path / "p.csv", "\n".join(lines)))
    rows = [row.cells[:3] for row in sheet.rows()]
    assert rows[0] == ("0", "Lamp", "Acme")
    assert rows[-2:] == [("8", "Vase"), ("9", "Hook", "Acme")]
    assert sheet.info.notes[0].startswith("Rows 2, 3, 4, 5, 6 and 2 more have more cells than the header has (3)")
    assert sheet.info.notes[1].startswith("Row 9 has fewer cells")
    list(sheet.rows())
    assert len(sheet.info.notes) == 2


def test_row_numbers_count_blank_records_and_quoted_line_breaks_as_spreadsheets_do(tmp_path):
    sheet = open_sheet(write(tmp_path / "p.csv", 'SKU,Title\n\n1,"two\nlines"\n,,\n2,Vase\n'))
    assert [row.number for row in sheet.rows()] == [3, 5]


def test_nul_bytes_are_tolerated(tmp_path):
    assert table_of(write(tmp_path / "p.csv", b"SKU,Title\n1,La\x00mp\n"))[1] == ("1", "La\x00mp")


def test_a_long_cell_is_read_whole(tmp_path):
    assert len(table_of(write(tmp_path / "p.csv", f"SKU,Text\n1,{'x' * 400_000}\n"))[1][1]) == 400_000


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_stray_quote_swallows_no_rows(tmp_path, ends):
    lines = ["SKU,Title,Text", '1,"Lamp,warm', "2,Vase,blue", '3,"Hook, big","a', 'b"', '4,"Pot,red', "5,Pan,black", ""]
    sheet = open_sheet(write(tmp_path / "p.csv", ends.join(lines)))
    assert [(row.number, row.cells) for row in sheet.rows()] == [
        (2, ("1", '"Lamp', "warm")),
        (3, ("2", "Vase", "blue")),
        (4, ("3", "Hook, big", f"a{ends}b")),
        (5, ("4", '"Pot', "red")),
        (6, ("5", "Pan", "black")),
    ]
    (note,) = sheet.info.notes
    assert note.startswith("Rows 2, 5 have a quotation mark that nothing closes")
    assert note.endswith("comes back doubled.")


def test_a_quotation_mark_that_is_never_closed_is_refused_where_the_table_does_not_tell_its_end(tmp_path):
    path = write(tmp_path / "p.csv", 'SKU,Title\n1,Lamp\n2,"Vase, blue\n3,Hook\n')
    with pytest.raises(UserError, match=r"row 3: a quotation mark is opened and never closed"):
        list(open_sheet(path).rows())


def test_text_behind_a_closing_quote_stays_with_its_cell(tmp_path):
    path = write(tmp_path / "p.csv", 'SKU,Title,Text\n1,"Round" table,"two\nlines" of text\n2,5" pipe,x\n')
    assert table_of(path)[1:] == [("1", "Round table", "two\nlines of text"), ("2", '5" pipe', "x")]


def test_quotes_behind_backslashes_part_no_cells(tmp_path):
    path = write(tmp_path / "p.csv", 'SKU,Title,Text\n1,"say \\"hi\\", you","C:\\\\"\n2,a\\nb,"x"\n')
    sheet = open_sheet(path)
    assert [row.cells for row in sheet.rows()] == [("1", 'say "hi", you', "C:\\\\"), ("2", "a\\nb", "x")]
    assert sheet.info.quoting == "backslash"


def test_a_backslash_at_the_end_of_a_quoted_cell_is_only_text(tmp_path):
    path = write(tmp_path / "p.csv", 'SKU,Title,Text\n1,"C:\\dir\\","b"\n2,"D:\\","c"\n')
    assert [row.cells for row in open_sheet(path).rows()] == [("1", "C:\\dir\\", "b"), ("2", "D:\\", "c")]


def test_a_space_before_an_opening_quote_parts_no_cells(tmp_path):
    path = write(tmp_path / "p.csv", 'day, price, place\n1, "6,000,000" , Galway\n2, 7, "Cork"\n')
    assert [row.cells for row in open_sheet(path).rows()] == [("1", "6,000,000", " Galway"), ("2", " 7", "Cork")]


def test_empty_cells_beyond_the_header_are_called_so(tmp_path):
    sheet = open_sheet(write(tmp_path / "p.csv", "SKU,Title\n1,Lamp,\n2,Vase,,\n3,Hook\n"))
    list(sheet.rows())
    assert sheet.info.notes == ("Rows 2, 3 have more cells than the header has (2), all of them empty.",)


def test_delimiters_at_the_end_of_the_header_ask_for_no_cells(tmp_path):
    sheet = open_sheet(write(tmp_path / "p.csv", "SKU,Title,,\n1,Lamp\n2,Vase,,\n"))
    assert [row.number for row in sheet.rows()] == [2, 3]
    assert sheet.info.notes == ()
    assert [column.header for column in sheet.info.columns] == ["SKU", "Title"]


def test_commas_in_a_list_of_one_column_part_nothing(tmp_path):
    lines = ["Title", "Lamp", "Vase, blue", "Hook", "Pot", "Pan, big, black", "Cup"]
    assert table_of(write(tmp_path / "p.txt", "\n".join(lines))) == [(line,) for line in lines]


@pytest.mark.parametrize("content", ["a", "Title", "SKU,Title", "SKU,Title\r\n"])
def test_a_file_of_one_record_is_a_header_without_products(tmp_path, content):
    assert len(table_of(write(tmp_path / "p.csv", content))) == 1


def test_a_quoted_line_break_at_the_very_end_is_whole(tmp_path):
    assert table_of(write(tmp_path / "p.csv", 'SKU,Title\n1,"Lamp\nlow"'))[1] == ("1", "Lamp\nlow")


def test_one_column_needs_no_delimiter(tmp_path):
    assert table_of(write(tmp_path / "p.csv", "Title\nLamp\nVase\n")) == [("Title",), ("Lamp",), ("Vase",)]


def test_the_rows_can_be_streamed_again(tmp_path):
    sheet = open_sheet(write(tmp_path / "p.csv", "SKU\n1\n2\n"))
    assert list(sheet.rows()) == list(sheet.rows())


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\r\t"), min_size=1, max_size=20)


@settings(max_examples=60, deadline=None)
@given(
    table=st.lists(st.lists(CELLS.filter(str.strip), min_size=3, max_size=3), min_size=1, max_size=5),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_quoted_text_comes_back_equal(table, encoding, tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "p.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["SKU", "Title", "Text"], *table])
    assert table_of(path, header_row=1)[1:] == [tuple(row) for row in table]
