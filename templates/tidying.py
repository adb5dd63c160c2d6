"""Harmless repairs of what a model answered: none of them changes what a reader reads."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Mapping
from functools import partial
from typing import Any

_QUOTES = {
    '"': '"',
    "'": "'",
    "`": "`",
    "“": "”",
    "„": "“”",
    "‘": "’",
    "‚": "‘’",
    "«": "»",
    "»": "«",
    "‹": "›",
    "›": "‹",
}
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
#: Control characters, marks without width, halves of a character: what no cell should hold.
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\x80-\x84\x86-\x9f\u200b\u2060\ufeff\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"[ \t-\r\x1c-\x1f\x85\u2028\u2029]+")
_BREAKS = re.compile(r"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_INNER_SPACES = re.compile(r"[ \t\x1f]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_BULLET = re.compile(r"[-*•–·]\s+")
#: A text may stand inside so many lists or objects.
_DEPTH = 3
_MOST_NUMBER = 10**15
_NUMBER = re.compile(r"\s*(?:[-*•–·]|\d{1,2}[.)])\s+")


def tidy(text: str, *, multiline: bool = False, keep_html: bool = False) -> str:
    """Strip a text and what surrounds it, compose its characters, and collapse its white space."""
    text = text.strip()
    plain = text.isascii() and text.isprintable() and "  " not in text and "&" not in text
    if not plain:
        text = _mend(text, multiline=multiline, keep_html=keep_html)
    if text and text[0] in _QUOTES:
        return _unquoted(text)
    return text


def _mend(text: str, *, multiline: bool, keep_html: bool) -> str:
    if "&" in text and not keep_html:
        text = _ENTITY.sub(lambda entity: html.unescape(entity.group()), text)
    has_plain_lines = multiline and text.replace("\n", "").isprintable()
    if not (has_plain_lines or text.isprintable()):
        text = _INVISIBLE.sub("", text)
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if not multiline:
        return _SPACES.sub(" ", text).strip()
    if not has_plain_lines:
        text = _BREAKS.sub("\n", text)
    if not has_plain_lines or "  " in text:
        text = _INNER_SPACES.sub(" ", text)
    text = "\n".join([line.strip() for line in text.split("\n")])
    return (_EMPTY_LINES.sub("\n\n", text) if "\n\n\n" in text else text).strip()


def _unquoted(text: str) -> str:
    opening, closing = text[0], text[-1]
    inner = text[1:-1]
    if len(text) > 2 and closing in _QUOTES[opening] and opening not in inner and closing not in inner:  # noqa: PLR2004 - two marks and something between
        return inner.strip()
    return text


def find_answer(values: Any, names: frozenset[str], *, depth: int = _DEPTH) -> Mapping[str, Any]:
    """Find the object that has the fields: it may be wrapped in another, or its keys written in capitals."""
    if not isinstance(values, Mapping):
        return {}
    if not names <= values.keys():
        folded = {str(key).strip().casefold(): value for key, value in values.items()}
        if not names.isdisjoint(folded):
            return {**folded, **values}
        if len(values) == 1 and depth:
            return find_answer(next(iter(values.values())), names, depth=depth - 1)
    return values


def one_text(value: Any, *, multiline: bool, keep_html: bool, depth: int = _DEPTH) -> str | None:
    """Make one text of a value; None when it is something else, or too deep inside other things."""
    inner = partial(one_text, multiline=multiline, keep_html=keep_html, depth=depth - 1)
    if isinstance(value, str):
        return tidy(value, multiline=multiline, keep_html=keep_html)
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value) if abs(value) < _MOST_NUMBER else None
    if isinstance(value, Mapping) and len(value) == 1 and depth:
        return inner(next(iter(value.values())))
    if isinstance(value, list | tuple) and depth:
        parts = [inner(each) for each in value]
        texts = [part for part in parts if part is not None]
        return ("\n\n" if multiline else " ").join(filter(None, texts)) if len(texts) == len(parts) else None
    return None


def many_texts(value: Any, *, multiline: bool, keep_html: bool) -> list[str] | None:
    """Make a list of texts of a value, without empty ones; None when it is something else."""
    if isinstance(value, str):
        value = _split(value)
    elif isinstance(value, Mapping):
        inner = list(value.values())
        value = inner[0] if len(inner) == 1 and isinstance(inner[0], list) else inner
    if isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], list | tuple):
        value = value[0]
    if not isinstance(value, list | tuple):
        return None
    texts = (one_text(each, multiline=multiline, keep_html=keep_html) for each in value)
    return [_BULLET.sub("", text, count=1) if text[0] in "-*•–·" else text for text in texts if text]


def _split(text: str) -> Any:
    text = text.strip()
    if text.startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass  # it only looks like a list: take its lines
    return [_NUMBER.sub("", line, count=1) if _NUMBER.match(line) else line for line in text.splitlines()]
