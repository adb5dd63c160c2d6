"""The facts as words that fit into sentence patterns, in one language."""

from __future__ import annotations

import re
from dataclasses import dataclass

from worker.simulator.copywriter.facts import Facts
from worker.simulator.copywriter.limits import cut_at_word
from worker.simulator.copywriter.phrasebook import Phrasebook, guess_language, proper_words, translated

_SHORT_CHARS = 24
_PRODUCT_CHARS = 64
_MOST_JOINED = 4
_MOST_FEATURE_CHARS = 90
_PERCENT = re.compile(r"^(\d+(?:[.,]\d+)?)\s*%\s*(.+)$")
_LONG_NAME_CHARS = 40
_NAME_ADDITION = re.compile(r"\s(?:with|for|w/|mit|für|avec|pour|con|para)\s", re.IGNORECASE)
_NAME_BREAK = re.compile(r"\s+[-\u2013—|]\s+|[,;(\[]|\s/\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """What patterns can be filled with."""

    words: dict[str, str]
    names: frozenset[str]
    features: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...]
    #: Sentences of the product's own description, when it is in the language of the copy.
    sentences: tuple[str, ...]

    def fill(self, pattern: str) -> str:
        """Fill a pattern."""
        return pattern.format_map(self.words)


def make_slots(facts: Facts, book: Phrasebook) -> Slots:
    """Put the facts into the words of a language, translated where the glossary can."""
    language = book.language
    name = _without_brand(_main_part(facts.name), facts.brand)
    product = f"{facts.brand} {name}" if facts.brand else name
    features = tuple(
        _glossed(text, "features", language) for text in facts.features if len(text) <= _MOST_FEATURE_CHARS
    )
    material = book.join(tuple(_material(text, language) for text in facts.materials[:_MOST_JOINED]))
    kind = translated(facts.kind, "kinds", language) or facts.kind
    colours = tuple(_glossed(text, "colours", language) for text in facts.colours[:_MOST_JOINED])
    audience = translated(_audience(facts.audience), "audiences", language)
    joined = book.join(tuple(_lowered(text, language) for text in features[:_MOST_JOINED]))
    words = {
        "product": cut_at_word(product, _PRODUCT_CHARS),
        "name": cut_at_word(name, _PRODUCT_CHARS),
        "short": cut_at_word(product if len(product) <= _SHORT_CHARS else name, _SHORT_CHARS),
        "brand": facts.brand,
        "kind": " ".join(map(capitalised, kind.split())) if language == "en" else capitalised(kind),
        "kind_low": kind if language == "de" else " ".join(_lower_word(word) for word in kind.split()),
        "material": material,
        "material_cap": capitalised(material),
        "colour": book.join(colours),
        "one_colour": colours[0] if len(colours) == 1 else "",
        "size": book.join(facts.sizes[:6]),
        "one_size": facts.sizes[0] if len(facts.sizes) == 1 else "",
        "picture": facts.picture if guess_language(facts.picture) in {language, ""} else "",
        "audience": capitalised(audience),
        "audience_low": audience,
        "features_low": joined,
        "features_cap": capitalised(joined),
    }
    for number, feature in enumerate(features[:3]):
        suffix = str(number + 1) if number else ""
        words[f"feature{suffix}"] = capitalised(feature)
        words[f"feature{suffix}_low"] = _lowered(feature, language)
    words = {slot: text for slot, text in words.items() if text}
    return Slots(
        words=words,
        names=frozenset(words),
        features=tuple(capitalised(feature) for feature in features),
        attributes=tuple((_label(label, language), value) for label, value in facts.attributes),
        sentences=_own_sentences(facts, language),
    )


def capitalised(text: str) -> str:
    """Begin a text with a capital."""
    return text[:1].upper() + text[1:]


def _own_sentences(facts: Facts, language: str) -> tuple[str, ...]:
    if not facts.sentences or (guess_language(" ".join(facts.sentences)) or "en") != language:
        return ()
    return tuple(
        capitalised(text) if text[-1] in ".!?…" else f"{capitalised(text)}."
        for text in facts.sentences
        if ":" not in text
    )


def _main_part(name: str) -> str:
    """Give a name up to its first comma, dash or bracket, when that leaves enough of it."""
    start = _NAME_BREAK.split(name, maxsplit=1)[0].strip()
    if len(start) > _LONG_NAME_CHARS:
        start = _NAME_ADDITION.split(start, maxsplit=1)[0].strip()
    return start if len(start.split()) > 1 or len(start) >= len(name) // 2 else name


def _without_brand(name: str, brand: str) -> str:
    if brand and name.casefold().startswith(brand.casefold()) and len(name) > len(brand) + 1:
        rest = name[len(brand) :].lstrip(" -\u2013—:|®™")
        return capitalised(rest) or name
    return name


def _material(text: str, language: str) -> str:
    found = _PERCENT.match(text)
    if not found:
        return _glossed(text, "materials", language)
    sign = "%" if language == "en" else " %"
    return f"{found[1]}{sign} {_glossed(found[2], 'materials', language)}"


def _glossed(word: str, kind: str, language: str) -> str:
    return translated(word, kind, language) or word


def _label(label: str, language: str) -> str:
    return capitalised(translated(label, "labels", language) or label)


def _audience(text: str) -> str:
    word = text.casefold().strip()
    same = {"female": "women", "male": "men", "woman": "women", "man": "men", "kid": "kids",
            "adult": "adults", "girl": "girls", "boy": "boys", "child": "children", "all": "everyone"}  # fmt: skip
    return same.get(word, word)


def _lowered(text: str, language: str) -> str:
    """Begin a text with a small letter where that is right within a sentence."""
    first, _, rest = text.partition(" ")
    if language == "de" or (rest and rest[0].isupper()):
        return text
    return f"{_lower_word(first)} {rest}" if rest else _lower_word(first)


def _lower_word(word: str) -> str:
    plain = len(word) > 1 and word[1:].replace("-", "").islower() and word not in proper_words()
    return word.lower() if plain else word
