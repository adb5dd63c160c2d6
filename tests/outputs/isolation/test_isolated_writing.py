"""Write-back by another process gives what write-back here gives, and leaves nothing behind when it fails."""

from __future__ import annotations

from decimal import Decimal

import pytest
from outputs_making import SEO, result
from workbooks_making import rich_workbook

from jobs.intake.isolation.limits import ReadLimits
from jobs.intake.opening import open_sheet
from outputs.isolation.writing import IsolatedWriting
from outputs.writeback import write_workbook
from templates.errors import UserError

pytestmark = pytest.mark.servers

APART = IsolatedWriting(ReadLimits())


def write(source, target, results, **more):
    values = {"templates": [SEO], "locales": [], "fill": {}, "simulated": False} | more
    return write_workbook(open_sheet(source).info, target, results=results, **values)


@pytest.fixture(params=["xlsx", "csv"])
def source(request, tmp_path):
    path = tmp_path / f"in.{request.param}"
    if request.param == "xlsx":
        return rich_workbook(path)
    path.write_bytes("SKU;Näme\r\n1;éins\r\n2;zwei\r\n".encode("cp1252"))
    return path


def results():
    long = {"title": "x" * 40_000 + "\x01 漢 \ud800", "meta": "\n".join("line" for _ in range(9))}
    return [result(2, copy=long, cost_usd=Decimal("0.00000000123")), result(3, cost_usd=None, notes="=1+1")]


def test_the_file_and_its_notes_are_those_of_writing_here(source, tmp_path):
    here, apart = tmp_path / "here", tmp_path / "apart" / "deep"
    apart.mkdir(parents=True)
    here.mkdir()
    noted = write(source, here / source.name, iter(results()))
    assert write(source, apart / source.name, iter(results()), write=APART) == noted
    assert (apart / source.name).read_bytes() == (here / source.name).read_bytes()
    assert noted.lines()


def test_what_is_wrong_is_told_as_it_is_told_here(source, tmp_path):
    with pytest.raises(UserError, match="Row 99 is not in the file any more"):
        write(source, tmp_path / "out", iter([result(99)]), write=APART)
    assert [each.name for each in tmp_path.iterdir()] == [source.name]


def test_results_that_break_off_leave_no_file(source, tmp_path):
    def broken():
        yield from (result(row) for row in range(2, 4))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(source, tmp_path / "out", broken(), write=APART)
    assert [each.name for each in tmp_path.iterdir()] == [source.name]


def test_limits_hold_while_writing_too(source, tmp_path):
    with pytest.raises(UserError, match="takes too long"):
        write(source, tmp_path / "out", iter(results()), write=IsolatedWriting(ReadLimits(seconds=0.001)))
    assert not (tmp_path / "out").exists()
