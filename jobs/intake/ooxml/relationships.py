"""How the parts of a package name each other."""

from __future__ import annotations

import posixpath
from typing import NamedTuple
from urllib.parse import unquote

from lxml import etree


class Relation(NamedTuple):
    """What a part refers to within its package."""

    #: Last word of the relation's type, the same in Strict and in usual workbooks: `worksheet`, `styles`.
    kind: str
    part: str


def part_key(name: str) -> str:
    """Fold a part's name: some writers use backslashes, and names differ in case from what refers to them."""
    return name.replace("\\", "/").lstrip("/").casefold()


def relations_part(part: str) -> str:
    """Name the part that holds a part's relations; those of "" are the package's own."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def read_relations(root: etree._Element, part: str) -> dict[str, Relation]:
    """Read a part's relations by their id; what lies outside of the package is left out."""
    folder = posixpath.dirname(part.replace("\\", "/"))
    found: dict[str, Relation] = {}
    for relation in root.iter("{*}Relationship"):
        if relation.get("TargetMode") != "External":
            target = unquote(relation.get("Target", "")).replace("\\", "/")
            place = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[relation.get("Id", "")] = Relation(relation.get("Type", "").rpartition("/")[2], place)
    return found


def relation_id(element: etree._Element) -> str:
    """Give the id by which an element names a relation, "" for none."""
    return next((str(value) for name, value in element.attrib.items() if str(name).endswith("}id")), "")
