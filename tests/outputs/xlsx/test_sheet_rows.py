import re

from hypothesis import given
from hypothesis import strategies as st

from jobs.intake.letters import column_letter
from jobs.intake.ooxml.sheet_scan import SheetScanner
from outputs.notes import WriteNotes
from outputs.places import Place
from outputs.xlsx.regions import Regions
from outputs.xlsx.sheet_rows import RowPatcher, SheetFacts
from outputs.xlsx.styles import Formats

_COLUMNS = 8
_SPELLED = ('<c r="{}"><v>{}</v></c>', "<c r='{}' ><v>{}</v></c >", '<c t="n" s="3" r="{}"><v>{}</v></c>')


@st.composite
def rows(draw):
    """A row with some of its cells, each spelled in one of the ways of spreadsheet programs."""
    present = sorted(draw(st.sets(st.integers(0, _COLUMNS - 1))))
    cells = [draw(st.sampled_from(_SPELLED)).format(f"{column_letter(each)}7", each) for each in present]
    body = draw(st.sampled_from(["", "<!-- <c r='C7'/> -->", "\n"])).join(cells)
    return present, f'<row r="7">{body}</row>' if cells else '<row r="7"/>'


@given(row=rows(), ours=st.sets(st.integers(0, _COLUMNS - 1), min_size=1), is_new=st.booleans())
def test_our_cells_take_their_places_and_every_other_cell_stays(row, ours, is_new):
    present, xml = row
    places = [Place(header="T", column=column, width=50, is_new=is_new) for column in sorted(ours)]
    nothing = Regions([], [])
    patcher = RowPatcher(
        prefix=b"",
        encoding="utf-8",
        places=places,
        facts=SheetFacts(header_row=1, header_style="", merged=nothing, computed=nothing, rows_grow=True),
        formats=Formats(),
        notes=WriteNotes(),
    )
    sheet = SheetScanner(iter([f"<worksheet><sheetData>{xml}</sheetData></worksheet>".encode()]))
    patched = patcher.patched(next(sheet.rows()), dict.fromkeys(range(len(places)), "ours")).decode()
    shown = re.sub("<!--.*?-->", "", patched)
    found = re.findall(r"""r=["']([A-Z])7["'][^>]*>(?:<v>(\d+)|<is><t[^>]*>(ours))""", shown)
    wanted = {column: "ours" if column in ours else str(column) for column in sorted({*present, *ours})}
    assert [(letter, number or text) for letter, number, text in found] == [
        (column_letter(column), value) for column, value in wanted.items()
    ]
