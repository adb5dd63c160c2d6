from lxml import etree

from outputs.xlsx.looks import CellFormat, read_looks
from outputs.xlsx.styles import Formats, header_style

PLAIN = CellFormat()
BOLD = (("b", "1"),)
YELLOW = ("fill", "yellow")
EDGE = frozenset({("bottom", "thin", ())})


def chosen(formats, *cells):
    return Formats(formats).of_row([(str(index).encode() if index else b"", kind) for index, kind in cells])


def text_of(*formats, base=0):
    return chosen([*formats], (base, b"s")).text


def wrapping(**facts):
    return CellFormat(wraps=True, **facts)


def test_text_takes_the_formats_twin_that_wraps():
    assert text_of(PLAIN, wrapping()) == "1"
    assert chosen([PLAIN, wrapping()], (0, b"s")).wraps


def test_a_format_that_wraps_itself_is_kept():
    assert text_of(PLAIN, wrapping(vertical="top"), wrapping(vertical="center"), base=2) == "2"


def test_what_looks_like_a_header_or_a_warning_is_never_taken():
    for odd in (
        {"emphasis": BOLD},
        {"emphasis": (("color", (("rgb", "FFFF0000"),)),)},
        {"fill": YELLOW},
        {"borders": EDGE},
        {"size_pt": 14.0},
        {"protection": (False, False)},
        {"is_odd": True},
        {"horizontal": "center"},
    ):
        assert text_of(PLAIN, wrapping(**odd)) == ""


def test_nor_is_one_that_shows_text_or_numbers_otherwise():
    assert text_of(PLAIN, wrapping(number_format="14"), wrapping(is_quoted=True)) == ""
    assert text_of(PLAIN, wrapping(number_format="49")) == "1"


def test_the_nearest_twin_wins_and_the_top_of_the_cell_is_preferred():
    like = CellFormat(borders=EDGE, fill=YELLOW, face="arial")
    others = (
        wrapping(fill=YELLOW, face="arial", vertical="top"),
        wrapping(fill=YELLOW, face="calibri", borders=EDGE, vertical="top"),
        wrapping(fill=YELLOW, face="arial", borders=EDGE),
        wrapping(fill=YELLOW, face="arial", borders=EDGE, vertical="top"),
    )
    assert text_of(like, *others) == "4"
    assert text_of(like, *others[:3]) == "3"
    assert text_of(like, *others[:2]) == "1"


def test_most_of_the_rows_texts_decide_and_not_its_numbers():
    formats = [PLAIN, CellFormat(emphasis=BOLD), CellFormat(fill=YELLOW)]
    assert chosen(formats, (1, b"s"), (0, b"s"), (0, b"inlineStr"), (2, b""), (2, b"n"), (2, b"")).text == ""
    assert chosen(formats, (2, b""), (2, b"")).text == "2"


def test_dates_and_currencies_are_for_neither_text_nor_numbers():
    formats = [PLAIN, CellFormat(number_format="14", fill=YELLOW), CellFormat(number_format="49", fill=YELLOW)]
    assert chosen(formats, (1, b""), (1, b""), (1, b""))[:2] == ("", "")
    assert chosen(formats, (1, b"s"), (2, b"s"))[:2] == ("2", "")


def test_numbers_take_a_twin_that_is_not_pushed_to_the_left():
    left, right = CellFormat(horizontal="left", fill=YELLOW), CellFormat(fill=YELLOW)
    assert chosen([PLAIN, left, right], (1, b"s")).number == "2"
    assert chosen([PLAIN, left], (1, b"s")).number == "1"


def test_an_empty_cells_own_format_counts_but_for_numbers_that_it_would_show_as_dates():
    formats = Formats(
        [PLAIN, CellFormat(fill=YELLOW), CellFormat(fill=YELLOW, number_format="14"), wrapping(fill=YELLOW)]
    )
    row = formats.of_row([(b"", b"s")])
    assert formats.over(b"1", row)[:2] == ("3", "1")
    assert formats.over(b"2", row)[:2] == ("", "")


def test_a_format_that_the_workbook_lacks_is_no_format():
    assert chosen([PLAIN], (7, b"s")).text == ""
    assert chosen([], (0, b"s"), (3, b"s"))[:2] == ("", "")


def test_new_headers_follow_the_headers_and_not_the_frame_or_a_hidden_helper():
    assert header_style([b"1", b"2", b"2", b"3"]) == b"2"
    assert header_style([b"1", b"2", b"3"]) == b"3"
    assert header_style([]) == b""


def looks_of(fonts, xfs, *, fills="", borders=""):
    return read_looks(
        etree.fromstring(
            f"<styleSheet><fonts>{fonts}</fonts><fills>{fills}</fills><borders>{borders}</borders>"
            f"<cellStyleXfs><xf/></cellStyleXfs><cellXfs>{xfs}</cellXfs></styleSheet>"
        )
    )


def test_one_look_is_told_in_many_ways():
    fonts = (
        '<font><sz val="11"/><name val="Calibri"/><color theme="1"/><family val="2"/></font>'
        '<font><b val="0"/><name val="calibri"/><sz val="11.0"/><color rgb="FF000000"/><u val="none"/></font>'
        '<font><name val="Calibri"/></font>'
    )
    fills = '<fill><patternFill patternType="none"/></fill><fill><patternFill/></fill>'
    borders = "<border><left/></border><border/>"
    xfs = (
        '<xf fontId="0"/><xf fontId="1" fillId="1" borderId="1" numFmtId="0"/><xf fontId="2" fillId="9"/>'
        '<xf><protection locked="1"/></xf><xf applyAlignment="0"><alignment wrapText="1"/></xf>'
    )
    looks = looks_of(fonts, xfs, fills=fills, borders=borders)
    assert looks == [CellFormat(face="calibri")] * 5


def test_what_a_person_sees_makes_a_difference():
    fonts = '<font/><font><b/></font><font><color rgb="FFFF0000"/></font><font><u/></font>'
    fills = '<fill/><fill><patternFill patternType="solid"><fgColor rgb="FFFFFF00"/></patternFill></fill>'
    borders = '<border/><border><top style="thin"/></border>'
    xfs = (
        '<xf/><xf fontId="1"/><xf fontId="2"/><xf fontId="3"/><xf fillId="1"/><xf borderId="1"/>'
        '<xf><alignment wrapText="true"/></xf><xf><alignment textRotation="90"/></xf><xf numFmtId="14"/>'
        '<xf><protection locked="0"/></xf><xf quotePrefix="1"/>'
    )
    looks = looks_of(fonts, xfs, fills=fills, borders=borders)
    assert len({repr(look) for look in looks}) == len(looks)
