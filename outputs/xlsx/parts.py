"""Finding parts in a package: the sheet of a name, and what is related to it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

from lxml import etree

from jobs.intake.ooxml.damage import Damaged
from jobs.intake.ooxml.relationships import Relation, part_key, read_relations, relation_id, relations_part
from jobs.intake.zip_file import ZIP_DAMAGE

#: A workbook's own directory of sheets is small; one that is not is no workbook.
_MOST_BYTES = 64 << 20


def local_name(element: etree._Element) -> str:
    """Give an element's name without its namespace: strict and transitional files differ in that only."""
    return str(element.tag).rpartition("}")[2]


class Parts:
    """The parts of a package by name, however the zip spells it."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self._package = package
        self._entries = {part_key(entry.filename): entry for entry in package.infolist()}

    def entry(self, name: str) -> zipfile.ZipInfo | None:
        """Give a part's entry, None when there is none."""
        return self._entries.get(part_key(name))

    def has(self, word: str) -> bool:
        """Tell whether a part's name has a word in it."""
        return any(word.casefold() in name for name in self._entries)

    def xml(self, name: str) -> etree._Element | None:
        """Parse a small part, None when it is missing or damaged; entities are never resolved.

        A damaged one says nothing about where our columns may stand, and is copied like all the others.
        """
        entry = self.entry(name)
        if entry is None or entry.file_size > _MOST_BYTES:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
        try:
            return etree.fromstring(self._package.read(entry), parser)
        except (etree.XMLSyntaxError, *ZIP_DAMAGE, RuntimeError):
            return None

    def related(self, part: str, kind: str) -> Iterator[str]:
        """Give the names of the parts of a kind that a part refers to."""
        yield from (target for relation, target in self._relations(part).values() if relation == kind)

    def workbook(self) -> str:
        """Give the name of the workbook part."""
        return next(self.related("", "officeDocument"), "xl/workbook.xml")

    def sheet(self, title: str) -> zipfile.ZipInfo:
        """Find the entry of a sheet by its title.

        Raises:
            Damaged: the workbook lists no such sheet, or its part is missing.
        """
        workbook = self.workbook()
        root = self.xml(workbook)
        relations = self._relations(workbook)
        for element in root.iter() if root is not None else ():
            if local_name(element) == "sheet" and element.get("name") == title:
                entry = self.entry(relations.get(relation_id(element), ("", ""))[1])
                if entry is not None:
                    return entry
        raise Damaged(f'its sheet "{title}" is not there')

    def _relations(self, part: str) -> dict[str, Relation]:
        root = self.xml(relations_part(part))
        return {} if root is None else read_relations(root, part)
