"""What LibreOffice makes of the files that are read and written here."""

import csv
import subprocess

import pytest
import xlsxwriter
from outputs_making import SEO, result

from jobs.intake.formats.ods import OdsSheet
from jobs.intake.formats.xlsx import XlsxSheet
from jobs.intake.letters import column_letter
from outputs.columns import TAIL
from outputs.writeback import write_workbook


def converted(path, kind, folder):
    """What LibreOffice makes of a file."""
    profile = f"-env:UserInstallation={(folder / 'office').as_uri()}"
    command = [
        "soffice",
        profile,
        "--headless",
        "--norestore",
        "--convert-to",
        kind,
        "--outdir",
        str(folder),
        str(path),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder / f"{path.stem}.{kind.partition(':')[0]}"


@pytest.mark.servers
def test_libreoffice_opens_the_result_and_shows_source_and_copy(tmp_path):
    made = tmp_path / "made.xlsx"
    with xlsxwriter.Workbook(made) as book:
        bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        sheet = book.add_worksheet("Products")
        sheet.write_row(0, 0, ["SKU", "Name", "Price", "Gross"], bold)
        for n in range(1, 6):
            sheet.write_row(n, 0, [f"{n:05}", "Same name"])
            sheet.write_number(n, 2, 1000 + n, money)
            sheet.write_formula(n, 3, f"=C{n + 1}*2", money)
        sheet.write_comment("B2", "Check this")
        sheet.autofilter(0, 0, 5, 3)
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Products!$C$2:$C$6"})
        sheet.insert_chart(20, 0, chart)
    source = converted(made, "ods", tmp_path)
    target = tmp_path / "out.ods"
    results = [result(row) for row in (2, 4, 6)]
    values = {"templates": [SEO], "locales": [], "fill": {}, "simulated": False}
    write_workbook(OdsSheet(source).info, target, results=results, **values)
    with converted(source, "csv", tmp_path).open(encoding="utf-8") as file:
        before = list(csv.reader(file))
    with converted(target, "csv", tmp_path).open(encoding="utf-8") as file:
        after = list(csv.reader(file))
    assert [line[: len(before[0])] for line in after] == before
    assert after[0][4:] == ["SEO title", "Meta description", *TAIL.values()]
    for line, each in ((1, 2), (3, 4), (5, 6)):
        assert after[line][4:] == [
            f"Title {each}",
            f"Meta {each}",
            "done",
            "",
            "nova-lite",
            "100",
            "20",
            "0.000012",
        ]
    assert [line[4:] for line in after[2::2]] == [[""] * 8] * 2


@pytest.mark.servers
def test_the_same_table_is_the_same_text_as_xlsx_and_as_ods(tmp_path):
    made = tmp_path / "made.xlsx"
    shown = [
        (123, "00000"),
        (19.989999999999998, None),
        (1234567.5, "#,##0.00"),
        (0.125, "0.0%"),
        (-19.9, "#,##0.00 [$€-407];[RED]-#,##0.00 [$€-407]"),
        (-5, "0.00_);(0.00)"),
        (1.5, '0.0" kg"'),
        (123456, "000-000"),
        (46082, "dd/mm/yyyy"),
        (46082.604166666664, "yyyy-mm-dd hh:mm"),
        (1.5, "[h]:mm:ss"),
        (50, '[>=100]"big "0;"small "0'),
        (1500000, '0.0,,"M"'),
        (1e20, None),
    ]
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet("Products")
        sheet.write_row(0, 0, [f"N{column_letter(place)}" for place in range(len(shown) + 3)])
        for place, (value, code) in enumerate(shown):
            sheet.write_number(1, place, value, book.add_format({"num_format": code}) if code else None)
        for place, value in enumerate(("00123", "two  spaces\nand a line", "true"), len(shown)):
            sheet.write_string(1, place, value)
    ods = converted(made, "ods", tmp_path)
    (tmp_path / "back").mkdir()
    expected = [each.cells for each in XlsxSheet(made).rows()]
    assert [each.cells for each in OdsSheet(ods).rows()] == expected
    back = converted(ods, "xlsx", tmp_path / "back")
    assert [each.cells for each in XlsxSheet(back).rows()] == expected
