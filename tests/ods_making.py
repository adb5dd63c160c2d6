"""OpenDocument spreadsheets by their bare XML."""

import zipfile
from xml.sax.saxutils import escape

URIS = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
    "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
    "number": "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0",
    "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
}
NS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in URIS.items())
MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
KIND = "application/vnd.oasis.opendocument.spreadsheet"


def text(value, attributes=""):
    """A cell with a text."""
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in value.split("\n"))
    return f'<table:table-cell{attributes} office:value-type="string">{lines}</table:table-cell>'


def number(value, attributes="", shown=""):
    """A cell with a number."""
    return (
        f'<table:table-cell{attributes} office:value-type="float" office:value="{value}">'
        f"<text:p>{shown or value}</text:p></table:table-cell>"
    )


def blank(times=1, attributes=""):
    """Empty cells."""
    return f'<table:table-cell{attributes} table:number-columns-repeated="{times}"/>'


def row(*cells, times=1, attributes=""):
    """A row, or so many alike."""
    repeated = f' table:number-rows-repeated="{times}"' if times > 1 else ""
    shown = "".join(cell if cell.startswith("<") else text(cell) for cell in cells)
    return f"<table:table-row{repeated}{attributes}>{shown}</table:table-row>"


def table(*rows, name="Products", before="", attributes="", after=""):
    """A table of rows, with what stands before and behind them."""
    return f'<table:table table:name="{name}"{attributes}>{before}{"".join(rows)}{after}</table:table>'


def content(*tables, styles="", after="", start='<?xml version="1.0" encoding="UTF-8"?>'):
    """The part with the tables."""
    return (
        f"{start}<office:document-content {NS}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{''.join(tables)}{after}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )


def write_ods(path, xml, *, kind=KIND, manifest="", named="", more=None):
    """Zip the part with the tables and what belongs to it."""
    entry = '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"{}'
    parts = {
        "styles.xml": f"<office:document-styles {NS}><office:styles>{named}</office:styles></office:document-styles>",
        "content.xml": xml,
        "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{MANIFEST}"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{kind}"/>{manifest or entry.format("/>")}</manifest:manifest>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(zipfile.ZipInfo("mimetype"), kind)
        for name, part in (parts | (more or {})).items():
            package.writestr(name, part)
    return path


def simple_ods(path, *rows, **options):
    """A file of one table."""
    return write_ods(path, content(table(*rows), **options))


def content_of(path):
    """The part with the tables, as text."""
    with zipfile.ZipFile(path) as package:
        return package.read("content.xml").decode()


def flat(xml):
    """The same as one flat file."""
    return xml.replace("office:document-content", "office:document")
