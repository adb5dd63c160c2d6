import csv
import io

import pytest
from outputs_making import SEO, info, result

from jobs.intake.formats.delimited import DelimitedSheet
from outputs.columns import TAIL, plan_columns
from outputs.delimited.patch import patch_delimited
from outputs.writeback import write_workbook
from templates.errors import UserError


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
    assert "encoding lacks (give --encoding utf-8 to keep them)" in notes.lines()[0]


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


@pytest.mark.parametrize("line_break", [b"\n", b"\r\n", b"\r"])
def test_a_stray_quote_comes_back_doubled_so_that_it_swallows_nothing(tmp_path, line_break):
    lines = [b"SKU,Name", b'1,"Lamp', b'2,"Vase, blue"', b"3,Hook"]
    out, _ = read_and_write(tmp_path, line_break.join([*lines, b""]))
    rows = list(csv.reader(io.StringIO(out.decode(), newline="")))
    assert [row[:3] for row in rows[1:]] == [
        ["1", '"Lamp', "Title 2"],
        ["2", "Vase, blue", "Title 3"],
        ["3", "Hook", "Title 4"],
    ]
    assert out.count(line_break) == 4


def test_quotes_behind_backslashes_stay_so_and_ours_are_written_so(tmp_path):
    data = b'SKU,Name\n1,"say \\"hi\\", you"\n2,"x"\n'
    out, _ = read_and_write(tmp_path, data, copy={"title": 'the "best" \\', "meta": "m"})
    assert b'1,"say \\"hi\\", you","the \\"best\\" \\\\",m,' in out
    assert [row.cells[2] for row in DelimitedSheet(tmp_path / "out.csv").rows()] == ['the "best" \\\\'] * 2


def test_a_delimiter_line_stays_above_the_header(tmp_path):
    out, _ = read_and_write(tmp_path, b"sep=;\r\nSKU;Name\r\n1;a\r\n")
    assert out.splitlines()[0] == b"sep=;"
    assert out.splitlines()[2].startswith(b"1;a;Title 2")


def test_bytes_that_big5_lacks_survive_between_pairs_that_look_like_delimiters(tmp_path):
    # The second byte of the first character is that of `|`; \xff is no character, and \x81\x7c is a pair of none.
    head = b"SKU|Name|Text\n" + b"".join("功能|餐具\n".encode("cp950") for _ in range(9))
    data = head + b"1|" + "功".encode("cp950") + b"\xff \x81\x7c|" + "許".encode("cp950") + b"\n"
    out, _ = read_and_write(tmp_path, data, copy={"title": "功", "meta": "m"})
    line = out.splitlines()[-1]
    assert line.startswith(data.splitlines()[-1] + b"|" + "功".encode("cp950") + b"|m|done")


def test_a_byte_too_many_at_the_end_of_utf_16_survives(tmp_path):
    data = "SKU,Name\n1,ä\n".encode("utf-16") + b"\n"
    out, _ = read_and_write(tmp_path, data)
    assert out.endswith(b"\n\x00\n")
    assert out[:-1].decode("utf-16").splitlines()[1].startswith("1,ä,Title 2")


def read_and_write(folder, data, copy=None, **more):
    source, target = folder / "in.csv", folder / "out.csv"
    source.write_bytes(data)
    sheet = DelimitedSheet(source)
    ours = [result(row.number, **({"copy": copy} if copy else {})) for row in sheet.rows()]
    values = {"templates": [SEO], "locales": [], "fill": {}, "simulated": False} | more
    notes = write_workbook(sheet.info, target, results=ours, **values)
    return target.read_bytes(), notes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "mac_roman"])
def test_the_file_comes_back_in_the_encoding_asked_for(tmp_path, encoding):
    data = 'SKU;Name\r\n1;"Größe ""L"""\r2;é\n'.encode("cp1252")
    out, notes = read_and_write(tmp_path, data, copy={"title": "ü", "meta": ""}, encoding=encoding)
    assert out.startswith("S".encode(encoding))
    text = out.decode(encoding)
    assert text.startswith("SKU;Name;SEO title;")
    assert '\r\n1;"Größe ""L""";ü;;done' in text
    assert "\r2;é;ü;;done" in text
    assert notes.lines() == []


def test_bad_bytes_come_back_as_the_characters_that_they_were_read_as(tmp_path):
    out, _ = read_and_write(tmp_path, "SKU,Name\n1,größer\n2,".encode() + b"caf\xe9\n", encoding="utf-8")
    assert "2,café,Title 3" in out.decode("utf-8")


def test_a_character_of_the_users_that_the_encoding_asked_for_lacks_is_refused(tmp_path):
    with pytest.raises(UserError, match=r'"☃" \(in "1,Snow ☃ globe') as caught:
        read_and_write(tmp_path, "SKU,Name\n1,Snow ☃ globe\n".encode(), encoding="cp1252")
    assert caught.value.code == "encoding"
    assert not (tmp_path / "out.csv").exists()


def test_a_character_of_ours_that_the_encoding_asked_for_lacks_is_noted(tmp_path):
    out, notes = read_and_write(tmp_path, b"SKU,Name\n1,a\n", copy={"title": "☃", "meta": ""}, encoding="cp1252")
    assert b"1,a,?,,done" in out
    assert notes.replaced_cells == 1


def test_an_unknown_encoding_to_write_is_refused_with_near_names(tmp_path):
    with pytest.raises(UserError, match=r'"utf-9" is not known\. Did you mean "utf-8"') as caught:
        read_and_write(tmp_path, b"SKU,Name\n1,a\n", encoding="utf-9")
    assert caught.value.code == "encoding"
