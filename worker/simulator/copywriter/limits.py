"""Makes a text keep to its contract, or says that it does not."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from worker.simulator.copywriter.contracts import FieldContract

_WORD = re.compile(r"\w+(?:['\u2019-]\w+)*")
_LOOSE_END = re.compile(
    r"(?:[\s,;:\u2013—|&/+.-]|\s(?:and|or|with|for|of|in|the|a|an|by|to|from|made|und|oder|mit|für|von|aus|der|die|das|"
    r"et|ou|avec|pour|de|du|des|en|le|la|les|par|y|o|con|para|del|el|los|las|por))+$",
    re.IGNORECASE,
)
_SPACES = re.compile(r" {2,}")
_SPACE_BEFORE = re.compile(r" ([,.;])")


def cut_at_word(text: str, max_chars: int) -> str:
    """Cut a text at the end of a word, without a word left hanging; "" when its first word is too long."""
    if len(text) <= max_chars:
        return text
    start = text[: max_chars + 1]
    end = start.rfind(" ")
    return _LOOSE_END.sub("", start[:end]) if end > 0 else ""


def without_banned_chars(text: str, contract: FieldContract) -> str:
    """Take the characters out that a field must not have."""
    if not any(character in text for character in contract.banned_chars):
        return text
    kept = text.translate({ord(character): " " for character in contract.banned_chars})
    return _SPACE_BEFORE.sub(r"\1", _SPACES.sub(" ", kept)).strip()


def without_banned_words(text: str, contract: FieldContract) -> str:
    """Take the words out that a field must not have."""
    pattern = _banned(contract.banned_words)
    return _SPACES.sub(" ", pattern.sub("", text)).strip(" ,;") if pattern else text


def without_repeats(text: str, contract: FieldContract) -> str:
    """Leave out words that come more often than a field allows."""
    if not contract.max_word_repeats:
        return text
    seen: Counter[str] = Counter()
    kept = []
    for piece in text.split(" "):
        words = [word.casefold() for word in _WORD.findall(piece)]
        if any(seen[word] >= contract.max_word_repeats for word in words):
            continue
        seen.update(words)
        kept.append(piece)
    return _LOOSE_END.sub("", " ".join(kept))


def keeps(text: str, contract: FieldContract, max_chars: int, *, avoiding: bool = True) -> bool:
    """Whether a text keeps to its contract, the least length and the least words aside."""
    if not text or len(text) > max_chars:
        return False
    if contract.max_words and len(text.split()) > contract.max_words:
        return False
    pattern = _banned(contract.banned_words + contract.avoided_words if avoiding else contract.banned_words)
    if pattern and pattern.search(text):
        return False
    if contract.max_word_repeats:
        counts = Counter(word.casefold() for word in _WORD.findall(text))
        return max(counts.values(), default=0) <= contract.max_word_repeats
    return True


@lru_cache(maxsize=256)
def _banned(words: tuple[str, ...]) -> re.Pattern[str] | None:
    if not words:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", re.IGNORECASE)
