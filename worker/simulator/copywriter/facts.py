"""The facts about a product, read from the prompt: nothing else goes into the copy."""

from __future__ import annotations

import html
import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

_PRODUCT = re.compile(r"<product>\s*(.*?)\s*</product>", re.DOTALL | re.IGNORECASE)
_LABELLED = re.compile(r"^[ \t]*(?:[-*•][ \t]*)?([^\W\d_][^:\n]{0,38}?)[ \t]*:[ \t]*(.*)$")
_BREAK_TAG = re.compile(r"<\s*(?:br|/?p|/?li|/?ul|/?ol|/?div|/?h\d|/?tr|/?td)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_NOT_PLAIN = re.compile(r"[<&\n\t]|  ")
_SPACE = re.compile(r"[^\S\n]+")
_LIST_BREAK = re.compile(r"\s*(?:\n|;|\||•|·)\s*")
_BULLET = re.compile(r"^(?:[-\u2013*•·✓✔►]+|\d+[.)])\s*")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_LEVEL = re.compile(r"\s*(?:>|»|\u203a|\||/(?=\s)|→)\s*")
_MOST_ITEM_WORDS = 8
_MOST_NAME_CHARS = 80

#: Labels that never go into copy.
_UNSAID = re.compile(
    r"\b(?:sku|gtin|ean|upc|mpn|isbn|asin|id|url|link|images?|photo|file|price|cost|stock|quantity|qty|availability|"
    r"status|locale|language|keywords?|tags?|search terms|handle|preis|prix|precio|currency|barcode|code|key|"
    r"landing page|campaign|offer|shipping|number|nummer|context)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about one product; "" and () where nothing is."""

    name: str = ""
    brand: str = ""
    kind: str = ""
    features: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    audience: str = ""
    sentences: tuple[str, ...] = ()
    #: The description as it stands in the prompt.
    description: str = ""
    picture: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


def split_prompt(user: str) -> tuple[str, str]:
    """Split a user prompt into the product and the rest of its words."""
    found = _PRODUCT.search(user)
    if not found:
        return user, user
    return found[1], f"{user[: found.start()]}\n{user[found.end() :]}"


def read_facts(product: str) -> Facts:
    """Read the `Label: value` lines of a product; a value may go on over lines and hold HTML."""
    found: dict[str, list[str]] = {}
    raw_description = ""
    attributes: list[tuple[str, str]] = []
    for label, value in _labelled(product):
        slot = _slot(label)
        text = plain_text(value)
        if not text or (not slot and _is_unsaid(label)):
            continue
        if slot == "description" and len(value) > len(raw_description):
            raw_description = value.strip()
        if slot:
            found.setdefault(slot, []).append(text)
        elif "\n" not in text and len(text) <= _MOST_NAME_CHARS:
            attributes.append((label, text.rstrip(".")))
    joined = {slot: "\n".join(values) for slot, values in found.items()}
    return Facts(
        name=_one_line(found.get("name", [""])[0])
        or _one_line(plain_text(product).split("\n", 1)[0])[:_MOST_NAME_CHARS],
        brand=_one_line(joined.get("brand", "")),
        kind=_LEVEL.split(_one_line(joined.get("kind", "")))[-1],
        features=_items(joined.get("features", "")),
        materials=_values(joined.get("material", "")),
        colours=_values(joined.get("colour", "")),
        sizes=_values(joined.get("size", "")),
        audience=_one_line(joined.get("audience", "")),
        sentences=_sentences(joined.get("description", "")),
        description=raw_description,
        picture=_one_line(joined.get("picture", "")).rstrip("."),
        attributes=tuple(attributes),
    )


@lru_cache(maxsize=4096)
def _is_unsaid(label: str) -> bool:
    return _UNSAID.search(label) is not None


def plain_text(value: str) -> str:
    """Take tags and entities out of a value; blocks become lines."""
    if not _NOT_PLAIN.search(value):
        return value.strip()
    if "<" in value:
        value = _TAG.sub("", _BREAK_TAG.sub("\n", value))
    if "&" in value:
        value = html.unescape(value)
    lines = (_SPACE.sub(" ", line).strip() for line in value.split("\n"))
    return "\n".join(line for line in lines if line)


def _labelled(product: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for line in product.split("\n"):
        found = _LABELLED.match(line)
        known = found and (not pairs or _slot(found[1]) or not pairs[-1][1] or len(found[1].split()) <= 3)  # noqa: PLR2004 - a label is short, a sentence with a colon is not
        if found and known and "<" not in found[1]:
            pairs.append((found[1].strip(), found[2]))
        elif pairs:
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]}\n{line}")
    return pairs


@cache
def _slot_of() -> dict[str, str]:
    text = resources.files("worker.simulator.copywriter").joinpath("phrases/labels.toml").read_text(encoding="utf-8")
    return {word: slot for slot, words in tomllib.loads(text).items() for word in words}


@lru_cache(maxsize=4096)
def _slot(label: str) -> str:
    word = re.sub(r"[\s_]+", " ", label.casefold()).strip()
    return _slot_of().get(word, "description" if "description" in word else "")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _items(text: str) -> tuple[str, ...]:
    """Split a list of features, whatever divides them."""
    parts = [part for part in _LIST_BREAK.split(text) if part]
    if len(parts) == 1 and "," in parts[0]:
        pieces = [piece.strip() for piece in parts[0].split(",")]
        if all(len(piece.split()) <= _MOST_ITEM_WORDS for piece in pieces):
            parts = pieces
    clean = (_BULLET.sub("", part).strip().rstrip(".;,").strip() for part in parts)
    return tuple(dict.fromkeys(part for part in clean if part))


def _values(text: str) -> tuple[str, ...]:
    parts = re.split(r"\s*[,;|/\n]\s*", text)
    return tuple(dict.fromkeys(part.strip(" .") for part in parts if part.strip(" .")))


def _sentences(text: str) -> tuple[str, ...]:
    parts = (_BULLET.sub("", part.strip()) for part in _SENTENCE_END.split(text))
    return tuple(dict.fromkeys(part for part in parts if part))
