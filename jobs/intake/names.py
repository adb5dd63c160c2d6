"""Column names as they are compared: `Product_Title`, `productTitle` and `PRODUCT TITLE ` are the same."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import takewhile

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ACCENTS = re.compile("[\u0300-\u036f]")
_NO_LETTER = re.compile(r"[\W_]+")
#: `Title (EN)`, `Name *`, `g:title` of feeds, `C:Brand` of eBay, `description-en_US-ecommerce` of Akeneo.
_ASIDE = re.compile(r"[(\[{].*?[)\]}]|[*:]+\s*$|^\s*\*?[gCP]:|(?<=\w)-[a-z]{2,3}_[A-Z]{2}(-\w+)?\s*$")

#: What write-back adds to a title: `Description (new)`, `Titel [de-DE]`. Such copy is not a source by mere likeness.
_OWN_TITLE = re.compile(r"\(new\)|\[[a-z]{2,3}(-\w+)*\]\s*$", re.IGNORECASE)

#: Words before a name that leave its meaning as it is.
_LEADING = frozenset({"product", "products", "item", "article", "artikel", "produkt", "producto", "produit", "catalog"})
#: Languages after a name: `Title EN`, `Bezeichnung_de`.
_TRAILING = frozenset({"en", "de", "fr", "es", "it", "nl", "pt", "pl", "eng", "ger", "us", "uk", "gb"})

#: Shorter names are too near to one another for a guess at a slip of the pen.
_SHORTEST_TYPED = 6
#: Shorter names that end in s are often no plural: gas, news.
_SHORTEST_PLURAL = 6


@lru_cache(maxsize=4096)
def plain_name(text: str) -> str:
    """Fold a name: case, accents, white space, punctuation and capitals within a word count for nothing."""
    parted = _HUMP.sub(" ", unicodedata.normalize("NFKC", text))
    folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", parted.casefold()))
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", folded))


def is_near(header: str, name: str) -> bool:
    """Whether a header means a (folded) name but for an aside, a filler word, a plural or a slip of the pen."""
    core = _core(header)
    if not core or not name or _OWN_TITLE.search(header):
        return False
    return core == name or _singular(core) == _singular(name) or _is_slip(core, name)


@lru_cache(maxsize=4096)
def _core(header: str) -> str:
    words = [word for word in map(plain_name, re.split(r"[\W_]+", _HUMP.sub(" ", _ASIDE.sub(" ", header)))) if word]
    while len(words) > 1 and words[0] in _LEADING:
        words = words[1:]
    while len(words) > 1 and words[-1] in _TRAILING:
        words = words[:-1]
    return "".join(words)


def _singular(name: str) -> str:
    if len(name) < _SHORTEST_PLURAL or name.endswith("ss"):
        return name
    return name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s")


def _is_slip(one: str, other: str) -> bool:
    """Whether two names differ by one letter too many, too few, other or in the wrong place."""
    if min(len(one), len(other)) < _SHORTEST_TYPED or abs(len(one) - len(other)) > 1:
        return False
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    left, right = one[same:], other[same:]
    return same > 0 and (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[:2] == right[1::-1] and left[2:] == right[2:])
    )
