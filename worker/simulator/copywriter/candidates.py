"""Texts for each sort of copy, best first: the writer takes those that keep to the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from worker.simulator.copywriter.choice import in_turn, mixed
from worker.simulator.copywriter.kinds import CopyKind
from worker.simulator.copywriter.phrasebook import Phrasebook
from worker.simulator.copywriter.slots import Slots, capitalised

#: How full a short text should be before it is left alone.
_FULL_ENOUGH = 0.6
#: Sentences that may follow, each with the slot that it would say again.
_MORE = (
    ("features_joined", "feature_low"),
    ("material", "material"),
    ("colour", "colour"),
    ("audience", "audience_low"),
)
_SECTIONS = {
    CopyKind.HEADLINE: ("headlines_first", "headlines", "headlines_plain"),
    CopyKind.TITLE: ("titles",),
    CopyKind.SEO_TITLE: ("seo_titles", "titles"),
    CopyKind.ALT: ("alts",),
    CopyKind.SUBJECT: ("subjects", "headlines_plain"),
    CopyKind.PREVIEW: ("previews", "short_sentences", "calls"),
    CopyKind.TAGLINE: ("taglines", "headlines_plain"),
    CopyKind.CALL: ("calls", "headlines_plain"),
}


def candidates(kind: CopyKind, slots: Slots, book: Phrasebook, number: int, max_chars: int) -> Iterator[str]:
    """Give texts of a sort of copy, in an order that follows from the number."""
    special = _SPECIAL.get(kind)
    if special:
        yield from special(slots, book, number, max_chars)
        return
    if kind is CopyKind.ALT and "picture" in slots.words:
        yield slots.words["picture"]
    for section in _SECTIONS[kind]:
        yield from _filled(section, slots, book, number)


def _filled(section: str, slots: Slots, book: Phrasebook, number: int) -> Iterator[str]:
    patterns: Iterable[str] = in_turn(book.usable(section, slots.names), mixed(number, section))
    if section == "titles":
        # The more facts the better.
        patterns = sorted(patterns, key=lambda pattern: -pattern.count("{"))
    for pattern in patterns:
        yield capitalised(slots.fill(pattern))


def _snippets(slots: Slots, book: Phrasebook, number: int, max_chars: int) -> Iterator[str]:
    """Give one to three short sentences that together nearly fill the room."""
    firsts = chain(_filled("short_sentences", slots, book, number), _filled("openings", slots, book, number))
    more = [
        (slots.words[slot], tuple(islice(_filled(section, slots, book, mixed(number, "more")), 3)))
        for section, slot in _MORE
        if slot in slots.words
    ]
    calls = tuple(islice(_filled("calls", slots, book, number), 4))
    for place, first in enumerate(firsts):
        text = first
        for said, ways in in_turn(more, mixed(number, first)):
            extra = ways[place % len(ways)]
            if len(text) >= max_chars * _FULL_ENOUGH:
                break
            if len(text) + 1 + len(extra) <= max_chars and said not in text:
                text = f"{text} {extra}"
        call = calls[place % len(calls)]
        if len(text) + 1 + len(call) <= max_chars and len(text) < max_chars * _FULL_ENOUGH:
            text = f"{text} {call}"
        yield text
    yield from _filled("calls", slots, book, number)
    yield from _filled("fillers", slots, book, number)


def _bullets(slots: Slots, book: Phrasebook, number: int, _max_chars: int) -> Iterator[str]:
    """Give the features first, a bullet each, then the other facts."""
    yield from slots.features
    for label, value in slots.attributes:
        yield f"{label}{book.colon}{value}"
    for sentence in slots.sentences:
        yield sentence.rstrip(".")
    patterns = (pattern for pattern in book.usable("bullets", slots.names) if pattern != "{feature}")
    for pattern in in_turn(tuple(patterns), mixed(number, "bullets")):
        yield slots.fill(pattern)
    yield from in_turn(book.usable("bullets_plain", frozenset()), mixed(number, "plain"))


def _keywords(slots: Slots, _book: Phrasebook, _number: int, _max_chars: int) -> Iterator[str]:
    """Give the facts as search words."""
    for slot in ("kind_low", "short", "brand", "material", "colour", "name", "audience_low"):
        if slot in slots.words:
            yield slots.words[slot].lower()
    for feature in slots.features:
        yield feature.lower()


def _slugs(slots: Slots, _book: Phrasebook, _number: int, _max_chars: int) -> Iterator[str]:
    """Give names as parts of a web address."""
    for slot in ("product", "short", "kind_low", "brand", "colour", "material"):
        if slot in slots.words:
            words = "".join(sign if sign.isalnum() else " " for sign in slots.words[slot].lower()).split()
            yield from ("-".join(words[:count]) for count in range(len(words), 0, -1))


_SPECIAL: dict[CopyKind, Callable[[Slots, Phrasebook, int, int], Iterator[str]]] = {
    CopyKind.SNIPPET: _snippets,
    CopyKind.BULLET: _bullets,
    CopyKind.KEYWORD: _keywords,
    CopyKind.SLUG: _slugs,
}
