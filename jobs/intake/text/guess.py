"""Which of the older encodings a text that is not Unicode is in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache

from jobs.intake.text.alphabets import LATIN, OTHER, SINGLE_BYTE
from jobs.intake.text.double_bytes import FAMILIES

#: What text is taken for when nothing speaks clearly against it.
USUAL = "cp1252"

_WORD = re.compile(rb"[A-Za-z'\x80-\xff]*+")
_MOST_WORDS = 3000
#: By so much of its words another encoding must read better than the usual one: in a long text, in a short one.
_MARGIN, _SHORT_MARGIN = 0.1, 0.35
_SHORT_WORDS = 12
#: Share of the words that must read well.
_FITS = 0.6
#: A sign or letter of UTF-8 that was once taken for Windows-1252 and saved so: `â€™`, `Ã©`.
_TWICE_ENCODED = re.compile("â€.|[ÃÂÌ].")
#: What a word counts that only another language than the main one has.
_OTHERS = 0.7

#: Letters whose capitals no text has.
_SMALL_ONLY = "ßÿΐΰ"
#: Signs that stand before a word, within it, after it.
_BEFORE = "'«»“”„‚‘’–—•€£§©±×°\xa0"
_WITHIN = "'’–—·®™\xa0\xad"
_AFTER = "'«»“”‘’…–—•®™©°ªº€£²³½¼¾×µ\xa0"


def guess_encoding(sample: bytes) -> str:
    """Guess the encoding of lines that have bytes beyond ASCII and are not UTF-8; cp1252 when in doubt."""
    words = Counter(word for word in _WORD.findall(sample) if not word.isascii())
    common = dict(words.most_common(_MOST_WORDS))
    scores = {name: _single(common, name) for name in SINGLE_BYTE}
    scores |= {family.codecs[0]: family.usual(sample) for family in FAMILIES}
    best = max(scores, key=lambda name: (scores[name], name == USUAL))
    margin = _SHORT_MARGIN if len(words) < _SHORT_WORDS else _MARGIN
    return best if scores[best] >= _FITS and scores[best] - scores[USUAL] >= margin else USUAL


def _single(words: dict[bytes, int], encoding: str) -> float:
    """Say which share of the words reads like a language in an encoding of one byte to a character."""
    total = sum(words.values())
    texts = [(_TWICE_ENCODED.sub("’", word.decode(encoding, "replace")), count) for word, count in words.items()]
    languages = [_is_word(language) for language in SINGLE_BYTE[encoding]]
    read = [[fits(text) is not None for text, _ in texts] for fits in languages]
    counts = [count for _, count in texts]
    first = max(read, key=lambda hits: _weight(hits, counts))
    others = _weight(map(any, zip(*read, strict=True)), counts) - _weight(first, counts)
    return (_weight(first, counts) + _OTHERS * others) / total


def _weight(hits: Iterable[bool], counts: Iterable[int]) -> int:
    return sum(count for hit, count in zip(hits, counts, strict=True) if hit)


@cache
def _is_word(language: str) -> Callable[[str], re.Match[str] | None]:
    """Compile what a word of a language looks like: its letters, no capital after a small letter, marks around it."""
    small = LATIN.get(language) or OTHER[language]
    capital = "".join(letter.upper() for letter in small if letter not in _SMALL_ONLY)
    ascii_small, ascii_any = ("a-z", "A-Za-z") if language in LATIN else ("", "")
    letters = rf"(?:[{ascii_any}{small}]|(?<![{ascii_small}{small}])[{capital}])+"
    asked = "[¿¡]?" if language in {"es", "ca"} else ""
    foreign = "" if language in LATIN else "|[A-Za-z]+"
    word = rf"(?:{letters}{foreign})"
    return re.compile(rf"[{_BEFORE}]*(?:{asked}{word}(?:[{_WITHIN}]{word})*)?[{_AFTER}]*").fullmatch
