"""What must hold for any table, in any encoding that carries it, however it is written."""

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st
from outputs_making import SEO, result

from jobs.intake.formats.delimited import DelimitedSheet
from jobs.sheet import ReadOptions
from outputs.columns import TAIL
from outputs.writeback import write_workbook

#: Encoding -> characters that are hard in it: second bytes of a pair that are those of | \ ^ ~ or letters, halves of
#: a UTF-16 unit that are line feeds, line ends of other standards.
ENCODINGS = {
    "utf-8": "äß漢字€’\U0001f6cb\u2028\x85\x1c\ufeff",
    "utf-8-sig": "äß漢字\U0001f6cb",
    "utf-16": "äß漢字、\U0001f6cb\u0a0a\u0d0d\u222c",
    "utf-16-be": "äß漢字\u0a0a",
    "utf-32": "äß漢字\U0001f6cb",
    "cp1252": "äßéñ€’™",
    "iso8859-15": "äßé€š",
    "mac-roman": "äßéñ€’™",
    "cp1250": "ąćęłńóśźż",
    "cp1251": "Привет",
    "cp950": "功許蓋餐么育尐漢",
    "gbk": "誀亅倈俓豞漢字",
    "gb18030": "誀亅倈\U0001f6cb",
    "cp932": "ソ表能貼ポ漢ｱ",
    "cp949": "한국어뷁",
}
HEADER = ["SKU", "Title", "Text"]


def field(text, delimiter, *, quote_all):
    if quote_all or any(char in text for char in (delimiter, '"', "\r", "\n")) or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text


@st.composite
def sources(draw):
    """Draw a table and the records that it is written as: text and line end."""
    encoding = draw(st.sampled_from(sorted(ENCODINGS)))
    delimiter = draw(st.sampled_from(",;\t|"))
    cell = st.text(st.sampled_from('ab" ,;\t|\\\n\r^~0' + ENCODINGS[encoding]), max_size=12)
    # A first cell with text keeps a record from being blank.
    rows = draw(st.lists(st.tuples(st.integers(1, 999).map(str), cell, cell).map(list), min_size=1, max_size=6))
    quote_all = draw(st.booleans())
    ends = draw(st.sampled_from([["\n"], ["\r\n"], ["\r"], ["\n", "\r\n"], ["\r\n", "\r", "\n"]]))
    records = [
        (delimiter.join(field(text, delimiter, quote_all=quote_all) for text in row), ends[number % len(ends)])
        for number, row in enumerate([HEADER, *rows])
    ]
    if draw(st.booleans()):
        records[-1] = (records[-1][0], "")
    return encoding, delimiter, quote_all, rows, records


@settings(deadline=None, max_examples=120)
@given(source=sources(), title=st.text(st.sampled_from('ab"\\,;\t|\n ä漢€'), max_size=8))
def test_any_table_is_read_and_comes_back_with_the_copy(source, title, tmp_path_factory):
    encoding, delimiter, quote_all, rows, records = source
    folder = tmp_path_factory.mktemp("trip")
    path, target = folder / "in.csv", folder / "out.csv"
    path.write_bytes("".join(record + end for record, end in records).encode(encoding))

    sheet = DelimitedSheet(path, ReadOptions(encoding=encoding, header_row=1))
    read = {row.number: list(row.cells) for row in sheet.rows()}
    assert sheet.info.delimiter == delimiter
    assert read == dict(enumerate(rows, 2))
    assert not any("quotation" in note for note in sheet.info.notes)

    ours = [result(number, copy={"title": title, "meta": "m"}) for number in read]
    write_workbook(sheet.info, target, templates=[SEO], locales=[], fill={}, results=ours, simulated=False)
    carried = title.encode(encoding, "replace").decode(encoding)
    cells = [f"'{carried}" if carried.startswith("\t") else carried, "m", "done", "", "nova-lite", "100", "20"]
    added = [["SEO title", "Meta description", *TAIL.values()], *([*cells, "0.000012"] for _ in rows)]
    expected = [
        delimiter.join([record, *(field(text, delimiter, quote_all=quote_all) for text in new)]) + end
        for (record, end), new in zip(records, added, strict=True)
    ]
    assert target.read_bytes() == "".join(expected).encode(encoding)
    back = csv.reader(io.StringIO(target.read_bytes().decode(encoding), newline=""), delimiter=delimiter)
    assert list(back) == [[*row, *new] for row, new in zip([HEADER, *rows], added, strict=True)]


@settings(deadline=None, max_examples=40)
@given(source=sources(), target_encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "gb18030"]))
def test_any_table_comes_back_in_another_encoding_with_all_its_characters(source, target_encoding, tmp_path_factory):
    encoding, delimiter, _, rows, records = source
    folder = tmp_path_factory.mktemp("trip")
    path, target = folder / "in.csv", folder / "out.csv"
    path.write_bytes("".join(record + end for record, end in records).encode(encoding))
    info = DelimitedSheet(path, ReadOptions(encoding=encoding, header_row=1)).info
    write_workbook(
        info,
        target,
        templates=[SEO],
        locales=[],
        fill={},
        results=[result(2)],
        simulated=False,
        encoding=target_encoding,
    )
    text = target.read_bytes().decode(target_encoding)
    parts = [part for record, end in records for part in (record, end)]
    assert [cells[:3] for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)] == [HEADER, *rows]
    place = 0
    for part in parts:
        place = text.index(part, place) + len(part)
