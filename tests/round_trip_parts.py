"""Parts of workbooks that no library writes, with what refers to them."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MS = "http://schemas.microsoft.com/office"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_MS_KIND = "application/vnd.ms-excel"
_WHO = "{11111111-2222-3333-4444-555555555555}"


class Part(NamedTuple):
    """A part, its content type, and the part that refers to it with the relation's type."""

    content: str
    kind: str
    of: str
    relation: str


THREADS: Mapping[str, Part] = {
    "xl/persons/person.xml": Part(
        f'<personList xmlns="{_MS}/spreadsheetml/2018/threadedcomments"><person displayName="Ina" id="{_WHO}" '
        'userId="ina" providerId="None"/></personList>',
        f"{_MS_KIND}.person+xml",
        "xl/workbook.xml",
        f"{_MS}/2017/10/relationships/person",
    ),
    "xl/threadedComments/threadedComment1.xml": Part(
        f'<ThreadedComments xmlns="{_MS}/spreadsheetml/2018/threadedcomments"><threadedComment ref="A2" '
        f'dT="2026-01-01T10:00:00.00" personId="{_WHO}" id="{_WHO}"><text>Is this still sold?</text>'
        "</threadedComment></ThreadedComments>",
        f"{_MS_KIND}.threadedcomments+xml",
        "xl/worksheets/sheet1.xml",
        f"{_MS}/2017/10/relationships/threadedComment",
    ),
}
PIVOT: Mapping[str, Part] = {
    "xl/pivotCache/pivotCacheDefinition1.xml": Part(
        f'<pivotCacheDefinition {_MAIN} xmlns:r="{_OFFICE}" refreshedBy="Ina" refreshedDate="46000" createdVersion="6" '
        'refreshedVersion="6" minRefreshableVersion="3" recordCount="3" r:id="added0"><cacheSource '
        'type="worksheet"><worksheetSource ref="B1:C4" sheet="Products"/></cacheSource><cacheFields count="2">'
        '<cacheField name="Name" numFmtId="0"><sharedItems count="1"><s v="name 1"/></sharedItems></cacheField>'
        '<cacheField name="Price" numFmtId="0"><sharedItems containsSemiMixedTypes="0" containsString="0" '
        'containsNumber="1" minValue="1.5" maxValue="4.5"/></cacheField></cacheFields></pivotCacheDefinition>',
        f"{_KIND}.pivotCacheDefinition+xml",
        "xl/workbook.xml",
        f"{_OFFICE}/pivotCacheDefinition",
    ),
    "xl/pivotCache/pivotCacheRecords1.xml": Part(
        f'<pivotCacheRecords {_MAIN} count="1"><r><x v="0"/><n v="1.5"/></r></pivotCacheRecords>',
        f"{_KIND}.pivotCacheRecords+xml",
        "xl/pivotCache/pivotCacheDefinition1.xml",
        f"{_OFFICE}/pivotCacheRecords",
    ),
    "xl/pivotTables/pivotTable1.xml": Part(
        f'<pivotTableDefinition {_MAIN} name="Pivot1" cacheId="7" dataCaption="Values" createdVersion="6" '
        'updatedVersion="6" minRefreshableVersion="3"><location ref="A3:B5" firstHeaderRow="1" firstDataRow="1" '
        'firstDataCol="1"/><pivotFields count="2"><pivotField axis="axisRow" showAll="0"><items count="2"><item '
        'x="0"/><item t="default"/></items></pivotField><pivotField dataField="1" showAll="0"/></pivotFields>'
        '<rowFields count="1"><field x="0"/></rowFields><rowItems count="2"><i><x/></i><i t="grand"><x/></i>'
        '</rowItems><colItems count="1"><i/></colItems><dataFields count="1"><dataField name="Sum" fld="1" '
        'baseField="0" baseItem="0"/></dataFields></pivotTableDefinition>',
        f"{_KIND}.pivotTable+xml",
        "xl/worksheets/sheet2.xml",
        f"{_OFFICE}/pivotTable",
    ),
}
CUSTOM_XML: Mapping[str, Part] = {
    "customXml/item1.xml": Part(
        "<campaign><season>spring</season></campaign>", "application/xml", "xl/workbook.xml", f"{_OFFICE}/customXml"
    ),
}
EXTERNAL: Mapping[str, Part] = {
    "xl/externalLinks/externalLink1.xml": Part(
        f'<externalLink {_MAIN}><externalBook xmlns:r="{_OFFICE}" r:id="path"><sheetNames><sheetName val="Prices"/>'
        "</sheetNames></externalBook></externalLink>",
        f"{_KIND}.externalLink+xml",
        "xl/workbook.xml",
        f"{_OFFICE}/externalLink",
    ),
}

#: What tells a workbook of parts that it refers to by number as well.
_TOLD = {
    "pivotCacheDefinition": (
        "</workbook>",
        '<pivotCaches><pivotCache cacheId="7" r:id="%s"/></pivotCaches></workbook>',
    ),
    "externalLink": (
        "</sheets>",
        '</sheets><externalReferences><externalReference xmlns:r="' + _OFFICE + '" r:id="%s"/></externalReferences>',
    ),
}
_ALSO = {
    "xl/pivotTables/pivotTable1.xml": ("pivotCacheDefinition", "/xl/pivotCache/pivotCacheDefinition1.xml", ""),
    "xl/externalLinks/externalLink1.xml": ("externalLinkPath", "file:///prices.xlsx", ' TargetMode="External"'),
}


def added(path: Path, new: Mapping[str, Part]) -> Path:
    """Put parts into a workbook, with their content types and relationships."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    relations: dict[str, list[str]] = defaultdict(list)
    types = ""
    for name, part in new.items():
        parts[name] = part.content.encode()
        types += f'<Override PartName="/{name}" ContentType="{part.kind}"/>'
        own = f"added{len(relations[part.of])}"
        relations[part.of].append(f'<Relationship Id="{own}" Type="{part.relation}" Target="/{name}"/>')
        before, after = _TOLD.get(part.relation.rpartition("/")[2], ("", ""))
        if before and part.of == "xl/workbook.xml":
            parts[part.of] = parts[part.of].replace(before.encode(), (after % own).encode())
        if name in _ALSO:
            kind, target, mode = _ALSO[name]
            relations[name].append(f'<Relationship Id="path" Type="{_OFFICE}/{kind}" Target="{target}"{mode}/>')
    for of, lines in relations.items():
        folder, _, file = of.rpartition("/")
        place = f"{folder}/_rels/{file}.rels"
        empty = f'<?xml version="1.0"?><Relationships xmlns="{_RELS}"></Relationships>'.encode()
        parts[place] = parts.get(place, empty).replace(
            b"</Relationships>", "".join([*lines, "</Relationships>"]).encode()
        )
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", f"{types}</Types>".encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return path
