"""Text as it stands in a part's XML, and what it means."""

from __future__ import annotations

import re

from lxml import etree

#: Characters of one byte that XML cannot carry.
CONTROLS = bytes({*range(32)} - set(b"\t\n\r"))

_REFERENCE = re.compile(r"&(?:#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))|(\w+));|&")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def decoded(xml: str) -> str:
    """Decode the references that XML has without a definition.

    Raises: LookupError (KeyError) at any other, ValueError at a number that is no character.
    """
    if "&" not in xml:
        return xml
    text = xml.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&apos;", "'")
    if text.count("&") == text.count("&amp;"):
        return text.replace("&amp;", "&")
    return _REFERENCE.sub(_character, xml)


def unescaped(text: str) -> str:
    """Decode `_x000D_`: how workbooks write characters that XML cannot carry."""
    if "_x" not in text:
        return text
    found = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def local_name(element: etree._Element) -> str:
    """Give an element's name without its namespace: some programs write another, or none."""
    return str(element.tag).rpartition("}")[2]


def plain_text(item: etree._Element) -> str:
    """Join the runs of a rich text; phonetic readings are left out."""
    texts: list[str] = []
    for child in item:
        name = local_name(child)
        if name == "t":
            texts.append(child.text or "")
        elif name == "r":
            texts.extend(part.text or "" for part in child if local_name(part) == "t")
    return unescaped("".join(texts))


def _character(reference: re.Match[str]) -> str:
    sixteen, ten, name = reference.groups()
    if not (sixteen or ten):
        return _NAMED[name]
    char = chr(int(sixteen, 16) if sixteen else int(ten))
    if not _may_stand(char):
        raise ValueError(f"{reference[0]} is no character of XML")
    return char


def _may_stand(char: str) -> bool:
    """Whether XML can carry a character. Source: XML 1.0, production 2."""
    return "\x20" <= char <= "\ud7ff" or char in "\t\n\r" or "\ue000" <= char <= "\ufffd" or char >= "\U00010000"
