"""The parts of a binary workbook (.xlsb): a package as of .xlsx, whose workbook part is binary."""

from __future__ import annotations

from jobs.intake.biff12.workbook import Directory
from jobs.intake.ooxml.package import Package, SheetPart


class BinaryPackage(Package):
    """An opened .xlsb package."""

    #: Number of each worksheet's visibility, in the order of the sheets.
    visibilities: tuple[int, ...]

    def _find_workbook(self) -> str:
        found = (part for kind, part in self._relationships("").values() if kind == "officeDocument")
        return next((part for part in found if self._info(part)), "xl/workbook.bin")

    def _read_workbook(self) -> tuple[SheetPart, ...]:
        with self.open(self.workbook) as file:
            directory = Directory(file)
        self.dates_from_1904 = directory.dates_from_1904
        listed = [
            (SheetPart(name=name, part=part, visible=not visibility & 3), visibility)
            for name, visibility, relation in directory.sheets
            for kind, part in [self._targets.get(relation, ("", ""))]
            if kind == "worksheet"
        ]
        self.visibilities = tuple(visibility for _, visibility in listed)
        return tuple(part for part, _ in listed)
