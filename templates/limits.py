"""What platforms accept and advise, and whether a text keeps to it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from templates.checks import has_html, has_script
from templates.columns import usual_columns
from templates.fields import Field
from templates.phrases import Phrases, count_words, repeated_word

_FILE = Path(__file__).with_name("limits.toml")
_LINE_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that a text breaks, as the end of a sentence that begins with its column."""

    #: `too_long`, `too_short`, `characters`, `words`, `html`, `word_repeats`; of advice `long`, `advised_against`.
    rule: str
    message: str
    #: Advice only: the platform takes it.
    is_advice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a text must keep; 0 and empty are no rule; lengths count code points."""

    max_chars: int = 0
    min_chars: int = 0
    min_words: int = 0
    max_words: int = 0
    banned_chars: str = ""
    banned_words: tuple[str, ...] = ()
    max_word_repeats: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a platform accepts in one of its columns, and what it or experience advises."""

    name: str
    #: As people read it.
    label: str
    #: "" for one that no platform has to itself.
    platform: str = ""
    #: Headers of the columns that it is for.
    columns: tuple[str, ...] = ()
    hard: Rules
    advised: Rules = Rules()
    #: HTML tags allowed: all harmless ones, line breaks only, or none.
    html: bool = False
    breaks_only: bool = False
    source: str = ""


class LimitCheck:
    """Checks texts against one limit; made once, used for every row."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._hard = Phrases((limit.hard.banned_words, "which is not allowed there"))
        self._advised = Phrases((limit.advised.banned_words, "which is advised against"))

    def breaches(self, text: str) -> Iterator[Breach]:
        """Say all that a text breaks, the limits before the advice."""
        hard, advised = self.limit.hard, self.limit.advised
        yield from _size_breaches(text, hard)
        yield from (
            Breach("characters", f'has the character "{one}", which is not allowed there')
            for one in hard.banned_chars
            if one in text
        )
        if self._has_wrong_html(text):
            yield Breach("html", "has HTML that is not allowed there")
        if hard.max_word_repeats and (over := repeated_word(text, hard.max_word_repeats)):
            yield Breach("word_repeats", f'has the word "{over[0]}" {over[1]} times, at most {hard.max_word_repeats}')
        folded = text.casefold() if self._hard or self._advised else ""
        yield from (Breach("words", f'has "{phrase}", {reason}') for phrase, reason in self._hard.found(folded))
        if advised.max_chars and len(text) > advised.max_chars and not 0 < hard.max_chars < len(text):
            yield Breach("long", f"has {len(text):,} characters, {advised.max_chars:,} are advised", is_advice=True)
        yield from (
            Breach("advised_against", f'has the character "{one}", which is advised against', is_advice=True)
            for one in advised.banned_chars
            if one in text
        )
        yield from (
            Breach("advised_against", f'has "{phrase}", {reason}', is_advice=True)
            for phrase, reason in self._advised.found(folded)
        )

    def _has_wrong_html(self, text: str) -> bool:
        if self.limit.html:
            return has_script(text)
        return has_html(_LINE_BREAK_TAG.sub("", text) if self.limit.breaks_only else text)


@cache
def platform_limits() -> dict[str, Limit]:
    """Give the limits that come with the program, by name."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: _limit(name, table) for name, table in tables.items()}


def limit_of_field(field: Field, template: str) -> Limit:
    """Give the contract of a template's field as a limit for a column named like it."""
    titles = [field.title, *(f"{field.title} {number + 1}" for number in range(field.count if field.is_list else 0))]
    return Limit(
        name=f"{template}.{field.name}",
        label=field.title,
        columns=tuple(titles),
        hard=Rules(
            max_chars=field.max_chars,
            min_chars=field.min_chars,
            min_words=field.min_words,
            max_words=field.max_words,
            banned_chars=field.banned_chars,
            banned_words=field.banned_words,
            max_word_repeats=field.max_word_repeats,
        ),
        html=field.html,
        source=field.source,
    )


def _limit(name: str, table: dict[str, Any]) -> Limit:
    advised = table.pop("advised", {})
    about = {key: table.pop(key) for key in ("label", "platform", "html", "breaks_only", "source") if key in table}
    columns = usual_columns()[table.pop("usual")] if "usual" in table else tuple(table.pop("columns"))
    return Limit(name=name, columns=columns, hard=_rules(table), advised=_rules(advised), **about)


def _rules(table: dict[str, Any]) -> Rules:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Rules(**values)


def _size_breaches(text: str, rules: Rules) -> Iterator[Breach]:
    if 0 < rules.max_chars < len(text):
        yield Breach("too_long", f"has {len(text):,} characters, at most {rules.max_chars:,}")
    if len(text) < rules.min_chars:
        yield Breach("too_short", f"has {len(text):,} characters, at least {rules.min_chars:,}")
    if rules.min_words or rules.max_words:
        words = count_words(text)
        if words < rules.min_words:
            yield Breach(
                "too_short", f"has {words:,} {'word' if words == 1 else 'words'}, at least {rules.min_words:,}"
            )
        if 0 < rules.max_words < words:
            yield Breach("too_long", f"has {words:,} words, at most {rules.max_words:,}")
