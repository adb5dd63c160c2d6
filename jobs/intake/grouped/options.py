"""What tells the variants of a product apart, where a platform keeps it in pairs of names and values."""

from __future__ import annotations

import re

from jobs.intake.grouped.keys import key_text
from jobs.intake.grouped.platforms import Platform
from jobs.sheet import JOINT, Row

#: `color=Black,size=XS`, as Magento joins attributes; a value may hold commas.
_ATTRIBUTE = re.compile(r'(?:^|,)\s*"?(\w+)\s*=')
_BARS = re.compile(r"\s*\|\s*")
#: `Size=M;L|Color=Red`: eBay and Wix name all values in the first row of a product.
_SEMICOLONS = re.compile(r"\s*;\s*")


class Options:
    """Reads the options of one row after the other."""

    def __init__(self, platform: Platform) -> None:
        self._pairs = platform.options
        self._attributes = platform.columns.get("attributes")
        self._variations = platform.columns.get("variations")
        self._between = _SEMICOLONS if platform.name in {"ebay", "wix"} else _BARS
        self._key = ""
        self._names: list[str] = []

    def of(self, row: Row, key: str) -> tuple[tuple[str, str], ...]:
        """Give the names and values of a row's options; Shopify names them in the first row of a product only."""
        found = _attributes(key_text(row, self._attributes)) if self._attributes else []
        if self._variations and (listed := key_text(row, self._variations)):
            for variation in listed.split("|"):
                found += [pair for pair in _attributes(variation) if pair[0].casefold() != "sku"]
        if self._pairs:
            found += self._named(row, key)
        return tuple((name, self._between.sub(JOINT, value)) for name, value in found if name and value)

    def _named(self, row: Row, key: str) -> list[tuple[str, str]]:
        names = [key_text(row, name) for name, _ in self._pairs]
        if key and key == self._key:
            names = [name or known for name, known in zip(names, self._names, strict=True)]
        self._key, self._names = key, names
        return [(name, key_text(row, value)) for name, (_, value) in zip(names, self._pairs, strict=True)]


def _attributes(text: str) -> list[tuple[str, str]]:
    marks = list(_ATTRIBUTE.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)][: len(marks)]
    return [(mark[1], text[mark.end() : end].strip(' ",')) for mark, end in zip(marks, ends, strict=True)]
