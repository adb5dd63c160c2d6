from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_files import MAIN, STRICT
from lxml import etree

from jobs.intake.numbers.number_text import number_text
from jobs.intake.ooxml.cells import CellReader
from jobs.intake.ooxml.strings import SharedStrings

STYLES = {"1": number_text("#,##0.00", dates_from_1904=False), "2": number_text("yyyy-mm-dd", dates_from_1904=False)}


def reader():
    strings = SharedStrings()
    strings.extend(["lamp", "", "A & B", " x "])
    return CellReader(strings, STYLES)


def both_ways(xml):
    """Rows and the note on formulas, by the reader and by an XML parser alone."""
    quick, careful = reader(), reader()
    return [
        (list(way(io.BytesIO(xml))), str(each.no_result_rows) if each.no_result_rows else "")
        for each, way in ((quick, quick.rows), (careful, careful.rows_as_xml))
    ]


def sheet(rows, *, p="", namespace=MAIN, prolog="", root=""):
    mark = f":{p.rstrip(':')}" if p else ""
    return (
        f'{prolog}<{p}worksheet xmlns{mark}="{namespace}" {root}><{p}dimension ref="A1"/><{p}sheetData>{rows}'
        f"</{p}sheetData><{p}pageMargins left='1'/></{p}worksheet>"
    )


TEXT = st.one_of(
    st.sampled_from(
        ["", "lamp", "&amp;", "a &lt;b&gt; &#10;&#xE9;", "_x000D_ _x0041_", "a\r\nb\rc", "é 😀", " ", "]]"]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<&>￾￿"), max_size=8),
)
NUMBER = st.sampled_from(["0", "1", "3", "43832", "1.5", "-0.1", "1E-7", " 2 ", "&#49;"])
REFS = st.sampled_from(["A1", "B1", "C1", "D7", "AA1", "b1", "$C$1", "", "ZZZZ1", "XFD1"])
SPACE = st.sampled_from(["", "", "", "\n ", "<!-- <c r='A1'><v>9</v></c> -->", "<?x y?>"])


@st.composite
def odd_cells(draw, p):
    ref, kind, style = draw(REFS), draw(st.sampled_from([None, None, "s", "n", "b", "e", "str", "d", "inlineStr"])), ""
    if draw(st.booleans()):
        style = draw(st.sampled_from(["1", "2", "9"]))
    quote = draw(st.sampled_from(['"', '"', '"', "'"]))
    attributes = [("r", ref), ("t", kind), ("s", style), ("cm", draw(st.sampled_from(["", "", "1>2"])))]
    attributes = draw(st.permutations(attributes)) if draw(st.booleans()) else attributes
    start = f"<{p}c" + "".join(f" {name}={quote}{value}{quote}" for name, value in attributes if value)
    text, space = draw(TEXT), draw(SPACE)
    number = draw(st.sampled_from(["0", "1", "2", "3"]) if kind == "s" else NUMBER)
    value = text if kind in {"str", "inlineStr", "e"} else number
    inner = draw(
        st.sampled_from(
            [
                f"<{p}v>{value}</{p}v>",
                f"<{p}v>{value}</{p}v>",
                f"<{p}f>A1&amp;B1</{p}f><{p}v>{value}</{p}v>",
                f'<{p}f t="shared" si="0"/><{p}v>{value}</{p}v>',
                f"<{p}f>1+1</{p}f>",
                f"<{p}f>1+1</{p}f><{p}v></{p}v>" if kind != "s" else "",
                f"<{p}is><{p}t>{text}</{p}t></{p}is>",
                f'<{p}is><{p}t xml:space="preserve">{text}</{p}t></{p}is>',
                f"<{p}is><{p}r><{p}rPr/><{p}t>{text}</{p}t></{p}r><{p}rPh><{p}t>no</{p}t></{p}rPh></{p}is>",
                f"<{p}is><{p}t>{text}<![CDATA[</{p}c></{p}row>]]></{p}t></{p}is>",
                f"{space}<{p}v>{value}{space}</{p}v>",
                "",
            ]
        )
    )
    return f"{start}/>" if not inner and draw(st.booleans()) else f"{start}>{inner}</{p}c>"


@st.composite
def odd_sheets(draw):
    p = draw(st.sampled_from(["", "", "", "x:"]))
    rows = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        told = draw(
            st.sampled_from([f' r="{number}"', f' r="{number}" spans="1:3"', "", " ht='5>4'", ' r="0"', ' r="9"'])
        )
        cells = draw(SPACE).join(draw(st.lists(odd_cells(p), max_size=4)))
        tail = draw(st.sampled_from(["", "", f"<{p}extLst><{p}ext/></{p}extLst>"]))
        rows.append(f"<{p}row{told}>{cells}{tail}</{p}row>" if cells else f"<{p}row{told}/>")
        rows.append(draw(SPACE))
    prolog = draw(st.sampled_from(["", '<?xml version="1.0" encoding="UTF-8"?>', '<!DOCTYPE x [<!ENTITY e "1">]>']))
    root = draw(st.sampled_from(["", "x='a>b'"]))
    return sheet("".join(rows), p=p, namespace=draw(st.sampled_from([MAIN, STRICT])), prolog=prolog, root=root)


@settings(max_examples=250)
@given(odd_sheets())
def test_odd_rows_are_read_as_an_xml_parser_reads_them(xml):
    quick, careful = both_ways(xml.encode())
    assert quick == careful


@settings(max_examples=250)
@given(odd_sheets(), st.integers(0, 5000), st.sampled_from(["<", ">", "&", '"', "/", "x", "\x01", "", "]]>"]))
def test_a_sheet_that_an_xml_parser_reads_is_read_the_same_after_a_slip(xml, place, slip):
    place %= len(xml)
    broken = (xml[:place] + slip + xml[place + 1 :]).encode()
    try:
        etree.fromstring(broken, etree.XMLParser(resolve_entities=False))
        careful = list(reader().rows_as_xml(io.BytesIO(broken)))
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return
    assert list(reader().rows(io.BytesIO(broken))) == careful


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "iso-8859-1", "utf-8-sig"])
def test_sheets_in_other_encodings_are_read(encoding):
    name = encoding.removesuffix("-sig")
    xml = sheet('<row r="4"><c r="B4" t="str"><v>é</v></c></row>', prolog=f'<?xml version="1.0" encoding="{name}"?>')
    ((rows, _), (same, _)) = both_ways(xml.encode(encoding))
    assert [(row.number, row.cells) for row in rows] == [(4, ("", "é"))]
    assert rows == same


def test_a_formula_that_was_never_worked_out_is_noted_whether_its_result_is_empty_or_missing():
    cells = '<c r="A{0}"><f>1+1</f>{1}</c>'
    results = ("", "<v></v>", "<v/>", "<v>2</v>")
    rows = "".join(f'<row r="{n}">{cells.format(n, v)}</row>' for n, v in enumerate(results, start=1))
    ((rows, note), _) = both_ways(sheet(rows).encode())
    assert [row.number for row in rows] == [4]
    assert note == "Rows 1, 2, 3 have"


def test_a_formula_whose_result_is_an_empty_text_is_no_missing_one():
    ((_, note), _) = both_ways(sheet('<row r="1"><c r="A1" t="str"><f>""</f><v></v></c></row>').encode())
    assert note == ""
