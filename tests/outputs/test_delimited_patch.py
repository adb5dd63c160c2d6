import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from outputs_making import SEO, info, result

from jobs.intake.formats.delimited import DelimitedSheet
from outputs.columns import TAIL, plan_columns
from outputs.delimited_patch import patch_delimited
from outputs.delimited_scan import DelimitedScanner
from outputs.writeback import write_workbook
from templates.errors import UserError

CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=6)
BREAKS = st.sampled_from(["\r\n", "\n", "\r"])


def write(folder, data, results, *, encoding="utf-8", delimiter=",", header_row=1, headers=("SKU", "Name"), **more):
    source, target = folder / "in.csv", folder / "out.csv"
    source.write_bytes(data)
    sheet = info(
        *headers, path=source, format_="csv", header_row=header_row, encoding=encoding, delimiter=delimiter, sheet=""
    )
    values = {"templates": [SEO], "locales": [], "fill": {}, "simulated": False} | more
    notes = write_workbook(sheet, target, results=results, **values)
    return target.read_bytes(), notes


OURS = b"SEO title,Meta description," + ",".join(TAIL.values()).encode()
CELLS_2 = b"Title 2,Meta 2,done,,nova-lite,100,20,0.000012"


def test_new_cells_stand_at_the_end_of_each_record(tmp_path):
    out, notes = write(tmp_path, b'SKU,Name\r\n"00123" ,a ""b""\r\n00124,c\r\n', [result(2)])
    assert out == (b"SKU,Name," + OURS + b"\r\n" + b'"00123" ,a ""b"",' + CELLS_2 + b"\r\n" + b"00124,c,,,,,,,,\r\n")
    assert notes.lines() == []


def test_each_line_keeps_its_own_break_and_the_last_one_none(tmp_path):
    out, _ = write(tmp_path, b"SKU,Name\n1,a\r\n\r2,b", [result(2)])
    lines = out.split(b"\n")
    assert lines[1].endswith(b"0.000012\r")
    assert lines[2] == b"\r2,b,,,,,,,,"


def test_a_line_break_inside_quotes_does_not_end_a_record(tmp_path):
    out, _ = write(tmp_path, b'SKU,Name\n1,"line one\nline ""two"""\n2,b\n', [result(3)])
    assert b'1,"line one\nline ""two""",,,,,,,,\n2,b,Title 3' in out


def test_short_records_are_filled_up_and_long_ones_push_the_header(tmp_path):
    out, _ = write(tmp_path, b"SKU,Name\n1\n2,b,c\n", [result(2)])
    assert out.splitlines() == [b"SKU,Name,," + OURS, b"1,,," + CELLS_2, b"2,b,c,,,,,,,,"]


def test_blank_records_and_those_above_the_header_stay(tmp_path):
    out, _ = write(tmp_path, b"Our products\n\nSKU,Name\n\n1,a\n", [result(5)], header_row=3)
    assert out.startswith(b"Our products\n\nSKU,Name,SEO title")
    assert b"\n\n1,a,Title 5" in out


def test_a_file_of_only_a_header_works(tmp_path):
    assert write(tmp_path, b"SKU,Name", [])[0] == b"SKU,Name," + OURS


def test_a_quote_that_nothing_closes_does_not_swallow_our_cells(tmp_path):
    out, _ = write(tmp_path, b'SKU,Name\n1,"a\n', [result(2)])
    rows = list(csv.reader(io.StringIO(out.decode())))
    assert rows[1][:3] == ["1", "a\n", "Title 2"]


def test_a_header_of_quoted_cells_has_ours_quoted_too(tmp_path):
    out, _ = write(tmp_path, b'"SKU";"Name"\n"1";"a"\n', [result(2)], delimiter=";")
    assert out.splitlines()[1].startswith(b'"1";"a";"Title 2";"Meta 2";"done";"";"nova-lite";"100"')


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_copy_that_would_be_a_formula_is_text(tmp_path, start):
    out, _ = write(tmp_path, b"SKU,Name\n1,a\n", [result(2, copy={"title": f"{start}1+1", "meta": ""})])
    assert list(csv.reader(io.StringIO(out.decode(), newline="")))[1][2] == f"'{start}1+1"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_the_encoding_and_its_mark_stay(tmp_path, encoding):
    data = "SKU,Name\r\n1,Größe\r\n".encode(encoding)
    out, _ = write(tmp_path, data, [result(2, copy={"title": "Übergröße", "meta": "é"})], encoding=encoding)
    assert out[:4] == data[:4]
    assert out.decode(encoding).splitlines()[1].startswith("1,Größe,Übergröße,é,done")


def test_big_endian_utf_16_keeps_its_mark(tmp_path):
    data = b"\xfe\xff" + "SKU,Name\n1,ö\n".encode("utf-16-be")
    out, _ = write(tmp_path, data, [result(2)], encoding="utf-16")
    assert out.startswith(b"\xfe\xff")
    assert "1,ö,Title 2" in out.decode("utf-16")


def test_bytes_that_are_wrong_in_the_encoding_survive(tmp_path):
    out, _ = write(tmp_path, b"SKU,Name\n1,caf\xe9 \x80\n", [result(2)])
    assert b"1,caf\xe9 \x80,Title 2" in out


def test_a_character_that_the_encoding_lacks_becomes_a_question_mark_and_is_noted(tmp_path):
    out, notes = write(
        tmp_path, b"SKU,Name\n1,a\n", [result(2, copy={"title": "5 ☃ é", "meta": ""})], encoding="cp1252"
    )
    assert "5 ? é".encode("cp1252") in out
    assert [(place.row, place.header) for place in notes.replaced] == [(2, "SEO title")]
    assert "encoding lacks" in notes.lines()[0]


def test_the_result_of_a_run_is_filled_in_place_by_the_next(tmp_path):
    first, _ = write(tmp_path, b"SKU,Name\n1,a\n2,b\n", [result(2), result(3)])
    again = DelimitedSheet(tmp_path / "out.csv").info
    failed = result(3, state="failed", copy={}, notes="refused")
    write_workbook(
        again,
        tmp_path / "again.csv",
        templates=[SEO],
        locales=[],
        fill={},
        results=[result(2, copy={"title": "New, better", "meta": "m"}), failed],
        simulated=False,
    )
    lines = (tmp_path / "again.csv").read_bytes().splitlines()
    assert lines[0] == first.splitlines()[0]
    assert lines[1] == b'1,a,"New, better",m,done,,nova-lite,100,20,0.000012'
    assert lines[2] == b"2,b,Title 3,Meta 3,failed,refused,nova-lite,100,20,0.000012"


def test_fill_writes_into_the_users_column_and_leaves_the_other_rows(tmp_path):
    out, _ = write(
        tmp_path,
        b'SKU,Name\n1,""\n2,"kept, this"\n',
        [result(2), result(3, state="failed", copy={})],
        fill={"title": "Name"},
    )
    assert out.splitlines()[1].startswith(b"1,Title 2,Meta 2")
    assert out.splitlines()[2].startswith(b'2,"kept, this",,failed')


def test_a_row_that_is_gone_is_told_and_nothing_is_left(tmp_path):
    with pytest.raises(UserError, match="Row 9") as caught:
        write(tmp_path, b"SKU,Name\n1,a\n", [result(9)])
    assert caught.value.code == "source"
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_source_that_is_gone_is_told(tmp_path):
    sheet = info("SKU", path=tmp_path / "gone.csv", format_="csv", encoding="utf-8", delimiter=",")
    with pytest.raises(UserError, match="cannot be read any more"):
        patch_delimited(sheet.path, tmp_path / "out.csv", sheet, plan_columns(sheet, [SEO], [], {}), iter([]))


@given(
    table=TABLES,
    line_break=BREAKS,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
@settings(deadline=None)
def test_the_users_bytes_stay_and_parse_back(tmp_path_factory, table, line_break, delimiter, quoting):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=line_break).writerows(table)
    data = text.getvalue() if len(table) % 2 else text.getvalue().removesuffix(line_break)
    parsed = list(csv.reader(io.StringIO(data, newline=""), delimiter=delimiter))
    rows = [number for number, cells in enumerate(parsed, 1) if number > 1 and cells]
    folder = tmp_path_factory.mktemp("csv")
    ours = {"title": f'a {delimiter} "b"\nc', "meta": ""}
    out, _ = write(
        folder,
        data.encode(),
        [result(row, copy=ours) for row in rows],
        delimiter=delimiter,
        headers=[f"H{index}" for index in range(len(parsed[0]))],
    )
    back = list(csv.reader(io.StringIO(out.decode(), newline=""), delimiter=delimiter))
    width = max(len(parsed[0]), *map(len, parsed))
    assert len(back) == len(parsed)
    for number, (before, after) in enumerate(zip(parsed, back, strict=True), 1):
        assert after[: len(before)] == before
        assert number not in rows or after[width] == ours["title"]
    left = iter(out)
    assert all(byte in left for byte in data.encode())


@given(text=st.text(st.sampled_from('a,"\r\n '), max_size=40), size=st.integers(1, 8))
@settings(deadline=None, max_examples=300)
def test_records_are_those_of_the_csv_module(text, size):
    scanner = DelimitedScanner(",")
    records = list(scanner.records(io.StringIO(text, newline=""), chunk_chars=size))
    assert "".join(record + line_break for record, line_break in records) == text
    expected = list(csv.reader(io.StringIO(text, newline="")))
    assert len(records) == len(expected)
    for (record, _), cells in zip(records, expected, strict=True):
        assert (scanner.width(record) if record else 0) == len(cells)
        if cells:
            whole = next(csv.reader(io.StringIO(record + ('"' if scanner.is_open(record) else ""), newline="")))
            assert whole == cells
