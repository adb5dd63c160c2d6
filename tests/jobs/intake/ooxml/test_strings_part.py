from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_files import MAIN
from lxml import etree

from jobs.intake.ooxml.strings_part import read_strings, read_strings_as_xml


def texts(way, xml):
    strings = way(io.BytesIO(xml))
    return [strings.text(str(number)) for number in range(len(strings))]


@st.composite
def items(draw, p):
    text = draw(
        st.sampled_from(["", "lamp", "a &lt;b&gt; &amp;amp; &#xE9;", "_x000D_", "a\r\nb", " é 😀 ", "]]", "&#65;"])
    )
    space = draw(st.sampled_from(["", "", "\n", "<!-- </si> -->", "<?x y?>"]))
    return space + draw(
        st.sampled_from(
            [
                f"<{p}si><{p}t>{text}</{p}t></{p}si>",
                f"<{p}si><{p}t>{text}</{p}t></{p}si>",
                f'<{p}si><{p}t xml:space="preserve">{text}</{p}t></{p}si>',
                f"<{p}si><{p}r><{p}rPr/><{p}t>{text}</{p}t></{p}r><{p}rPh><{p}t>no</{p}t></{p}rPh></{p}si>",
                f"<{p}si/>",
                f"<{p}si ><{p}t/></{p}si >",
                f"<{p}si><{p}t><![CDATA[<{p}si>]]>{text}</{p}t></{p}si>",
            ]
        )
    )


@st.composite
def parts(draw):
    p = draw(st.sampled_from(["", "", "x:"]))
    prolog = draw(st.sampled_from(["", '<?xml version="1.0" encoding="UTF-8"?>\n', '<!DOCTYPE x [<!ENTITY e "1">]>']))
    mark = f":{p[:-1]}" if p else ""
    more = draw(st.sampled_from(["", ' count="3"', " x='a>b'"]))
    content = "".join(draw(st.lists(items(p), max_size=6)))
    return f'{prolog}<{p}sst xmlns{mark}="{MAIN}"{more}>{content}</{p}sst>'


@settings(max_examples=400)
@given(parts())
def test_odd_strings_are_read_as_an_xml_parser_reads_them(xml):
    assert texts(read_strings, xml.encode()) == texts(read_strings_as_xml, xml.encode())


@settings(max_examples=250)
@given(parts(), st.integers(0, 5000), st.sampled_from(["<", ">", "&", '"', "/", "\x01", "", "]]>"]))
def test_strings_that_an_xml_parser_reads_are_read_the_same_after_a_slip(xml, place, slip):
    place %= len(xml)
    broken = (xml[:place] + slip + xml[place + 1 :]).encode()
    try:
        careful = texts(read_strings_as_xml, broken)
    except (etree.XMLSyntaxError, ValueError):
        return
    assert texts(read_strings, broken) == careful


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "iso-8859-1"])
def test_strings_in_other_encodings_are_read(encoding):
    xml = f'<?xml version="1.0" encoding="{encoding}"?><sst xmlns="{MAIN}"><si><t>é</t></si></sst>'
    assert texts(read_strings, xml.encode(encoding)) == ["é"]


def test_strings_that_go_over_many_blocks_are_all_read():
    content = "".join(f"<si><t>text {number} é</t></si>" for number in range(40_000))
    xml = f'<sst xmlns="{MAIN}">{content}</sst>'.encode()
    assert texts(read_strings, xml) == [f"text {number} é" for number in range(40_000)]
