import csv

import pytest
from openpyxl import load_workbook

from jobs.audit.walk import Finding
from outputs.audit_report import findings_file
from templates.errors import UserError

FINDINGS = [
    Finding(row=2, column="SEO Title", rule="too_long", message='"SEO Title" has 71 characters', text="=1+1"),
    Finding(row=9, column="Title", rule="long", message="…", is_advice=True, text="bell\x07"),
]


def written(path, findings=FINDINGS):
    with findings_file(path, overwrite=False) as take:
        for finding in findings:
            take(finding)
    return path


def test_findings_stand_in_a_csv_that_runs_no_formula(tmp_path):
    with written(tmp_path / "f.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["row"] == "2"
    assert rows[0]["text"] == "'=1+1"
    assert [row["weight"] for row in rows] == ["limit", "advice"]


def test_findings_stand_in_a_workbook_as_text(tmp_path):
    sheet = load_workbook(written(tmp_path / "f.xlsx"))["Findings"]
    assert [cell.value for cell in sheet[1]] == ["row", "column", "rule", "weight", "message", "text"]
    assert [cell.value for cell in sheet[2]][-1] == "=1+1"
    assert sheet["F2"].data_type == "s"
    assert sheet["F3"].value == "bell"


def test_a_report_without_findings_is_a_header(tmp_path):
    assert load_workbook(written(tmp_path / "f.xlsx", [])).active.max_row == 1


@pytest.mark.parametrize(("name", "said"), [("f.pdf", "as .csv or .xlsx"), ("there.csv", "exists")])
def test_a_report_that_cannot_be_is_refused_before_the_sheet_is_read(tmp_path, name, said):
    (tmp_path / "there.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match=said):
        written(tmp_path / name)
    assert (tmp_path / "there.csv").read_text(encoding="utf-8") == "mine"
