"""Finding words and phrases in a text, whole words only, case and punctuation aside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_WORD = re.compile(r"\w+")
#: Han, kana, Hangul, Thai, Lao, Khmer, Burmese: no spaces between words, so a phrase may begin anywhere.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
#: Words that carry no meaning of their own may come as often as grammar wants.
#: Source: Amazon's title rule exempts articles, conjunctions and prepositions.
FUNCTION_WORDS = frozenset(
    _WORD.findall("""
    a an and as at by for from in into of on or over per plus the to up via with without
    am an auf aus bei das dem den der des die ein eine einem einen einer für im in mit oder ohne und vom von zu zum zur
    au aux avec dans de des du en et la le les ou par pour sans sur un une
    al con de del e el en la las lo los o para por sin un una unos unas y
    com da das do dos e em ou para por sem um uma
    con da dal del della di e gli i il in la le lo o per senza su un una
    de een en het in met of op te van voor zonder
    """)
)

#: A kept word, the same casefolded, and what finds it in any case.
Kept = tuple[str, str, re.Pattern[str]]


class Phrases:
    """A set of words and phrases, each with what to say when it is found."""

    def __init__(self, *reasons: tuple[Iterable[str], str]) -> None:
        #: Longest word, needle, phrase, reason: a text without the longest word needs no closer look.
        self._spaced: list[tuple[str, str, str, str]] = []
        self._anywhere: list[tuple[str, re.Pattern[str], str, str]] = []
        seen: set[str] = set()
        for phrase, reason in ((phrase, reason) for phrases, reason in reasons for phrase in phrases):
            folded = phrase.casefold()
            if folded in seen:
                continue
            seen.add(folded)
            words = _WORD.findall(folded)
            if words and not _UNSPACED.search(folded) and _is_worded(folded):
                self._spaced.append((max(words, key=len), f" {' '.join(words)} ", phrase, reason))
            else:
                self._anywhere.append((max(folded.split(), key=len), _pattern(folded), phrase, reason))

    def found(self, folded: str) -> list[tuple[str, str]]:
        """Give the phrases that a casefolded text has, each with its reason."""
        hits = []
        likely = [each for each in self._spaced if each[0] in folded]
        if likely:
            words = f" {' '.join(_WORD.findall(folded))} "
            hits = [(phrase, reason) for _, needle, phrase, reason in likely if needle in words]
        for part, pattern, phrase, reason in self._anywhere:
            if part in folded and pattern.search(folded):
                hits.append((phrase, reason))
        return hits

    def __bool__(self) -> bool:
        return bool(self._spaced or self._anywhere)


class KeptWords:
    """Words that must stand as they are wherever a text has them."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = [(word, word.casefold(), _pattern(word, re.IGNORECASE)) for word in words]
        self._exact = frozenset(word for word, _, _ in self._words)

    def standing_in(self, values: Mapping[str, str]) -> list[Kept]:
        """Give those that a product's values have, exactly as they are kept."""
        if not self._words:
            return []
        text = "\n".join(values.values())
        return [kept for kept in self._words if kept[0] in text]

    def altered(self, text: str, folded: str, standing: Iterable[Kept]) -> list[tuple[str, str]]:
        """Give the words of a text that are written in another case than kept: as written, and as kept."""
        return [
            (written, word)
            for word, needle, pattern in standing
            if needle in folded
            for written in dict.fromkeys(pattern.findall(text))
            if written not in self._exact
        ]


def repeated_word(text: str, most: int) -> tuple[str, int] | None:
    """Find a word that a text has more often than allowed, with its count; function words aside."""
    counts: dict[str, int] = {}
    for word in _WORD.findall(text.casefold()):
        if len(word) > 1 and word not in FUNCTION_WORDS:
            counts[word] = counts.get(word, 0) + 1
    over = [(word, count) for word, count in counts.items() if count > most]
    return over[0] if over else None


def count_words(text: str) -> int:
    """Count the words of a text."""
    return len(text.split())


def _is_worded(folded: str) -> bool:
    """Whether a phrase is words with nothing but spaces, hyphens and apostrophes between them."""
    return not re.search(r"[^\w\s'’‐‑–-]|^\W|\W$", folded)


def _pattern(phrase: str, flags: int = 0) -> re.Pattern[str]:
    body = r"\s+".join(re.escape(part) for part in phrase.split())
    if _UNSPACED.search(phrase):
        return re.compile(body, flags)
    start = r"(?<!\w)" if re.match(r"\w", phrase) else ""
    end = r"(?!\w)" if re.search(r"\w$", phrase) else ""
    return re.compile(start + body + end, flags)
