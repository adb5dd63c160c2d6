"""Sentence patterns and common words of the languages that the copywriter knows."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources
from string import Formatter
from typing import Any

LANGUAGES = ("en", "de", "fr", "es")
_LOCALE = re.compile(r"\b[Ww]rite\b[^\n\[]*\[([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*\]")
_NAMED = re.compile(
    r"\b(?:in|into|to|language:|Sprache:)\s+(English|German|French|Spanish|Deutsch|Français|Español)\b", re.IGNORECASE
)
_CODE_OF = {
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "français": "fr",
    "spanish": "es",
    "español": "es",
}


@lru_cache(maxsize=256)
def language_of(prompt: str) -> str:
    """Find the language that a prompt asks for, "" when it asks for none; English for those that we do not know."""
    found = _LOCALE.search(prompt)
    if found:
        code = found[1].lower()
        return code if code in LANGUAGES else "en"
    named = _NAMED.search(prompt)
    return _CODE_OF[named[1].lower()] if named else ""


def guess_language(text: str) -> str:
    """Guess the language of a text by its little words; "" when it does not say."""
    words = set(text.lower().split())
    scores = {language: len(words & phrasebook(language).little_words) for language in LANGUAGES}
    best = max(scores, key=lambda language: scores[language])
    return best if scores[best] else ""


class Phrasebook:
    """The patterns of one language."""

    def __init__(self, language: str) -> None:
        read = tomllib.loads(_text(language))
        self.language = language
        self.conjunction: str = read.pop("and")
        self.colon: str = read.pop("colon")
        self.little_words = frozenset(read.pop("little_words").split())
        self._sections: dict[str, tuple[tuple[str, frozenset[str]], ...]] = {
            name: tuple((pattern, _slots(pattern)) for pattern in patterns) for name, patterns in read.items()
        }
        self._usable: dict[tuple[str, frozenset[str]], tuple[str, ...]] = {}

    def usable(self, section: str, slots: frozenset[str]) -> tuple[str, ...]:
        """Give the patterns of a section that need no other slots than these."""
        key = (section, slots)
        known = self._usable.get(key)
        if known is None:
            known = tuple(pattern for pattern, needed in self._sections[section] if needed <= slots)
            self._usable[key] = known
        return known

    def join(self, parts: tuple[str, ...]) -> str:
        """Join words as the language does: `a, b and c`."""
        if len(parts) <= 1:
            return "".join(parts)
        word = self.conjunction
        if word == "y" and re.match(r"h?i(?!e)", parts[-1].casefold()):
            word = "e"
        return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


@cache
def phrasebook(language: str) -> Phrasebook:
    """Give the patterns of a language, read once."""
    return Phrasebook(language)


@cache
def _glossary(kind: str, language: str) -> dict[str, str]:
    """Map a word of any of the languages, in lower case, to this one."""
    column = LANGUAGES.index(language)
    entries: list[list[str]] = _read_glossary()[kind]
    words: dict[str, str] = {}
    for entry in entries:
        for word in entry:
            words.setdefault(word.casefold(), entry[column])
    return words | {entry[0].casefold(): entry[column] for entry in entries}


@cache
def _read_glossary() -> dict[str, Any]:
    return tomllib.loads(_text("glossary"))


@cache
def proper_words() -> frozenset[str]:
    """Give the words that keep their capital within a sentence."""
    return frozenset(_read_glossary()["proper"])


def translated(word: str, kind: str, language: str) -> str:
    """Give a word of the glossary in a language, or "" when it is not in it."""
    return _glossary(kind, language).get(word.casefold(), "")


def _slots(pattern: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(pattern) if name)


def _text(name: str) -> str:
    return resources.files("worker.simulator.copywriter").joinpath(f"phrases/{name}.toml").read_text(encoding="utf-8")
