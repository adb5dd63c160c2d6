"""Names of encodings: those that programs give, and those that people know."""

from __future__ import annotations

import codecs
from collections.abc import Mapping

from templates.errors import UserError, nearest

#: Canonical name of the codec -> what people call it.
LABELS: Mapping[str, str] = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "utf-32-le": "UTF-32",
    "utf-32-be": "UTF-32",
    "ascii": "ASCII",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1252": "Windows-1252 (Western European)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1257": "Windows-1257 (Baltic)",
    "iso8859-1": "ISO 8859-1",
    "iso8859-2": "ISO 8859-2 (Central European)",
    "iso8859-15": "ISO 8859-15 (Western European)",
    "mac-roman": "Mac Roman",
    "cp850": "DOS code page 850 (Western European)",
    "cp437": "DOS code page 437",
    "koi8-r": "KOI8-R (Cyrillic)",
    "cp950": "Big5 (traditional Chinese)",
    "big5": "Big5 (traditional Chinese)",
    "big5hkscs": "Big5 (Hong Kong)",
    "gbk": "GBK (simplified Chinese)",
    "gb18030": "GB18030 (Chinese)",
    "cp932": "Shift_JIS (Japanese)",
    "shift_jis": "Shift_JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "cp949": "EUC-KR (Korean)",
    "euc_kr": "EUC-KR (Korean)",
}
#: Characters that part and quote records; an encoding that has them elsewhere cannot be written back byte for byte.
_STRUCTURE = "\"',;|\t\r\n 0123456789ABCXYZabcxyz"
#: Codecs that switch their alphabet as they go, whose second bytes look like delimiters, or that are for other things.
_UNFIT = ("iso2022", "johab", "idna", "unicode-escape", "raw-unicode-escape")
_WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


def label(name: str) -> str:
    """Give the name that people know."""
    return LABELS.get(name, name)


def canonical(name: str) -> str | None:
    """Give the name that the codec has for itself; None for an unknown one and one that no table can be written in."""
    try:
        codec = codecs.lookup(name)
        # Encodings of mainframes fail here, and so do codecs that make no text.
        fits = codec.name in _WIDE or (b"~+" + _STRUCTURE.encode()).decode(name) == "~+" + _STRUCTURE
    except (LookupError, UnicodeError, ValueError):
        return None
    return codec.name if fits and not codec.name.startswith(_UNFIT) else None


def known_encoding(name: str, option: str) -> str:
    """Give the canonical name of an encoding that an option names.

    Raises: UserError (encoding) with the nearest names.
    """
    found = canonical(name)
    if found is None:
        raise UserError(
            f'{option}: the encoding "{name}" is not known.{nearest(name, LABELS)}',
            fix="Give one of these names: utf-8, cp1252, utf-16, mac-roman, big5, gbk, shift_jis, …",
            code="encoding",
        )
    return found
