"""Files that are damaged or made to hurt: each ends as a table or as one sentence, quickly and in little memory."""

from __future__ import annotations

import random
import time
import tracemalloc
import zipfile

import pytest
from intake_files import ends_well, refused, table_of
from ods_making import KIND, MANIFEST, blank, content, flat, row, simple_ods, table, text, write_ods

from jobs.intake.opening import open_sheet
from templates.errors import UserError

HEADER = row("SKU", "Title", "Brand")
ENCRYPTED = (
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"><manifest:encryption-data>'
    "<manifest:algorithm/></manifest:encryption-data></manifest:file-entry>"
)
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_billions_of_claimed_cells_are_refused(tmp_path):
    cell = text("x", ' table:number-columns-repeated="1000000000"')
    path = simple_ods(tmp_path / "p.ods", HEADER, row(cell, times=1000000000))
    start = time.perf_counter()
    tracemalloc.start()
    with pytest.raises(UserError, match="repeated cells") as caught:
        table_of(path)
    assert caught.value.code == "source"
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()
    assert time.perf_counter() - start < 5


def test_formatting_down_to_the_last_row_is_no_row(tmp_path):
    styled = blank(16384, ' table:style-name="ce1"')
    path = simple_ods(tmp_path / "p.ods", HEADER, row("1"), row(styled, times=1048574), row(text(" "), times=9))
    assert table_of(path)[1:] == [("1",)]


def test_a_repeated_row_ends_where_sheets_end(tmp_path):
    path = simple_ods(tmp_path / "p.ods", HEADER, row("1", times=99999999))
    assert sum(1 for _ in open_sheet(path).rows()) == 1048575


@pytest.mark.parametrize("told", ["0", "-3", "x", "", "9" * 400, "٣"])
def test_a_senseless_repeat_is_one(tmp_path, told):
    cell = text("x", f' table:number-columns-repeated="{told}"')
    assert table_of(simple_ods(tmp_path / "p.ods", HEADER, row(cell, "y")))[1] in {("x", "y"), ("x",) * 16384}


@pytest.mark.parametrize("place", ["<text:p>&i;</text:p>", '<text:p><text:a xml:id="&i;">x</text:a></text:p>'])
def test_an_entity_bomb_is_refused_or_left_folded(tmp_path, place):
    cell = f'<table:table-cell office:value-type="string">{place}</table:table-cell>'
    xml = content(table(HEADER, row("1", cell)), start=BOMB + "]>")
    tracemalloc.start()
    assert ends_well(write_ods(tmp_path / "p.ods", xml))
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


def test_nothing_outside_the_file_is_read(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    start = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    cell = '<table:table-cell office:value-type="string"><text:p>a&e;b</text:p></table:table-cell>'
    path = write_ods(tmp_path / "p.ods", content(table(HEADER, row("1", cell)), start=start))
    assert "secret" not in str(table_of(path))


def test_deep_nesting_is_one_sentence(tmp_path):
    deep = "<text:span>" * 5000 + "x" + "</text:span>" * 5000
    cell = f'<table:table-cell office:value-type="string"><text:p>{deep}</text:p></table:table-cell>'
    assert refused(simple_ods(tmp_path / "p.ods", HEADER, row("1", cell))).code == "source"


@pytest.mark.parametrize("more", [{"manifest": ENCRYPTED}, {"more": {"encrypted-package": "x"}}])
def test_a_file_with_a_password_is_said_to_be_encrypted(tmp_path, more):
    path = write_ods(tmp_path / "p.ods", "no XML at all", **more)
    with pytest.raises(UserError, match=r"p\.ods is encrypted") as caught:
        open_sheet(path)
    assert (caught.value.code, caught.value.fix) == ("encrypted", "Save a copy without a password.")


@pytest.mark.parametrize(("kind", "said"), [("text", "a text document"), ("presentation", "a presentation")])
def test_other_documents_of_the_family_are_named(tmp_path, kind, said):
    path = write_ods(tmp_path / "p.odt", content(), kind=KIND.replace("spreadsheet", kind))
    with pytest.raises(UserError, match=said):
        open_sheet(path)


def test_a_spreadsheet_is_known_without_its_mimetype(tmp_path):
    path = tmp_path / "p.ods"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("content.xml", content(table(HEADER, row("1"))))
        package.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{MANIFEST}"/>')
    assert table_of(path)[1] == ("1",)


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        ("", "damaged"),
        ("<x/>", "no spreadsheet"),
        (content(), "no visible"),
        (content(table()), "empty"),
        (content(table(HEADER))[:-90], "damaged"),
        (content(table(HEADER)).replace(' xmlns:text="', ' xmlns:other="'), "empty|damaged"),
    ],
)
def test_a_damaged_file_is_one_sentence(tmp_path, xml, said):
    with pytest.raises(UserError, match=said) as caught:
        table_of(write_ods(tmp_path / "p.ods", xml))
    assert caught.value.code == "source"


def test_styles_that_stand_on_each_other_in_a_circle_end(tmp_path):
    styles = "".join(
        f'<style:style style:name="{one}" style:family="table-cell" style:parent-style-name="{other}"/>'
        for one, other in ("ab", "ba")
    )
    cell = '<table:table-cell table:style-name="a" office:value-type="float" office:value="7"/>'
    assert table_of(simple_ods(tmp_path / "p.ods", HEADER, row(cell), styles=styles))[1] == ("7",)


def test_a_zip_that_breaks_off_is_one_sentence(tmp_path):
    path = simple_ods(tmp_path / "p.ods", HEADER, *(row(str(n)) for n in range(500)))
    whole = path.read_bytes()
    for end in (40, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:end])
        assert refused(path).code == "source"


@pytest.mark.parametrize("is_flat", [True, False])
def test_any_slip_of_bytes_ends_as_a_table_or_as_one_sentence(tmp_path, is_flat):
    dice = random.Random(20261122)
    style = '<number:number-style style:name="N1"><number:number number:decimal-places="2"/></number:number-style>'
    xml = content(
        table(
            HEADER,
            row("1", "Tee", blank(3), times=2),
            row(text("2", ' table:number-columns-spanned="2"'), "<table:covered-table-cell/>"),
            row('<table:table-cell office:value-type="date" office:date-value="2026-03-01"/>'),
            row('<table:table-cell office:value-type="time" office:time-value="PT1H"/>', blank(16000), times=100000),
        ),
        styles=style,
    )
    path = tmp_path / ("p.fods" if is_flat else "p.ods")
    whole = flat(xml).encode()
    words = [b"9999999999", b"<", b">", b'"', b"&", b"", b"\0", b"table:table-row", b"</text:p>", b"repeated", b"-1"]
    for _ in range(400):
        damaged = bytearray(whole if is_flat else xml.encode())
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(damaged))
            damaged[at : at + dice.choice((0, 1, 8))] = dice.choice(words)
        if is_flat:
            path.write_bytes(damaged)
        else:
            write_ods(path, bytes(damaged))
        assert ends_well(path)


def test_any_slip_in_the_zip_ends_as_a_table_or_as_one_sentence(tmp_path):
    dice = random.Random(20261123)
    path = simple_ods(tmp_path / "p.ods", HEADER, row("1", "Tee"))
    whole = path.read_bytes()
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        path.write_bytes(damaged)
        assert ends_well(path)
