from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from outputs_making import info

from jobs.intake.formats.choice import choose_sheet
from templates.errors import UserError


@dataclass(frozen=True)
class Tab:
    name: str
    columns: int = 5
    rows: int = 3
    visible: bool = True
    headers: tuple[str, ...] = ("SKU", "Title", "Price", "Brand", "Size")


def chosen(*tabs, wanted=None):
    looked = []

    def look(tab):
        looked.append(tab.name)
        if not tab.columns:
            raise UserError(f"{tab.name} is empty.", fix="", code="source")
        return info(*tab.headers[: tab.columns], sheet=tab.name), tab.rows

    tab, found = choose_sheet(Path("p.xls"), tabs, look, wanted)
    assert found.sheet == tab.name
    return tab.name, looked


def test_the_first_visible_sheet_that_has_a_table_is_chosen_and_no_more_are_read():
    tabs = [Tab("Hidden", visible=False), Tab("Notes", columns=1), Tab("Headers", rows=0), Tab("Products"), Tab("More")]
    assert chosen(*tabs) == ("Products", ["Notes", "Headers", "Products"])


def test_without_a_table_the_widest_sheet_with_rows_is_chosen():
    assert chosen(Tab("Remarks", columns=1), Tab("Stock", columns=2), Tab("Headers", rows=0))[0] == "Stock"
    assert chosen(Tab("Empty", columns=0), Tab("Headers", rows=0))[0] == "Headers"


def test_a_table_of_instructions_is_passed_over_for_a_template_without_products():
    terms = ("Field", "Meaning", "Accepted values")
    tabs = [Tab("Data definitions", headers=terms), Tab("Felder", headers=terms), Tab("Template", rows=0)]
    assert chosen(*tabs)[0] == "Template"
    assert chosen(*tabs[:2])[0] == "Felder"
    assert chosen(tabs[0])[0] == "Data definitions"


def test_among_tables_like_one_another_the_first_is_chosen():
    narrow = Tab("Flowers", headers=("Species", "Petal", "Sepal"))
    assert chosen(narrow, Tab("Cars", headers=("Model", "Miles", "Cylinders", "Gears", "Doors")))[0] == "Flowers"


def test_a_much_wider_table_is_chosen_before_the_first():
    wide = ("Indeks", "Nazwa", "Opis", "Rozmiar", "Kolor", "Marka", "Cena", "Waga", "Zapas", "Zdjęcie")
    assert (
        chosen(Tab("Pola", headers=("Pole", "Znaczenie", "Wartości")), Tab("Towary", 10, headers=wide))[0] == "Towary"
    )


def test_a_title_that_is_merged_over_many_columns_makes_no_table():
    remarks = Tab("Metodo", headers=("Nota metodologica",) * 5)
    assert chosen(remarks, Tab("Casi", headers=("Data", "Regione", "Numero")))[0] == "Casi"


def test_a_sheet_of_numbers_without_names_is_no_table():
    numbers = Tab("Pixels", headers=("255", "254", "250", "251", "249"))
    assert chosen(numbers, Tab("People", headers=("Name", "City", "Age")))[0] == "People"


@pytest.mark.parametrize(
    "name", ["Nota metodologica", "Table of contents", "Sample data", "Contenuto", "Inhaltsverzeichnis"]
)
def test_a_tab_that_is_named_for_what_stands_beside_the_products_is_passed_over(name):
    assert chosen(Tab(name), Tab("Range", headers=("A name", "B name", "C name")))[0] == "Range"


def test_a_tab_whose_name_only_has_such_a_word_in_it_is_not_passed_over():
    headers = ("Length", "Width", "Species")
    assert chosen(Tab("IrisSample", headers=headers), Tab("Pivot", headers=headers))[0] == "IrisSample"


def test_where_every_sheet_is_empty_the_workbook_is():
    with pytest.raises(UserError, match="no sheet has a table"):
        chosen(Tab("Empty", columns=0), Tab("Empty too", columns=0))


def test_a_named_sheet_is_chosen_even_when_it_is_hidden():
    tabs = [Tab("Products"), Tab("Lists ", visible=False), Tab("lists")]
    assert chosen(*tabs, wanted="LISTS")[0] == "Lists "
    assert chosen(*tabs, wanted="lists")[0] == "lists"


@pytest.mark.parametrize(
    ("tabs", "wanted", "said"),
    [
        ([Tab("Products")], "Product", 'no sheet "Product"'),
        ([Tab("Products", visible=False)], None, "no visible worksheet"),
        ([Tab("Empty", columns=0)], None, "Empty is empty"),
        ([], None, "no visible worksheet"),
    ],
)
def test_where_there_is_none_it_is_told(tabs, wanted, said):
    with pytest.raises(UserError, match=said):
        chosen(*tabs, wanted=wanted)
