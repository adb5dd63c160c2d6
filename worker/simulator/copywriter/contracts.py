"""What is asked for: the fields of the answer and their limits, read from the schema and from words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

_NUMBER = r"(\d[\d,.]*)"
_CHARS = r"\s*(?:char|zeichen|caract)"
_MOST = r"(?:at most|max\.?(?:imum)?(?: of)?|up to|(?:no|not) more than|no longer than|within|höchstens|limit(?: of)?)"
_MOST_CHARS = (
    re.compile(rf"{_MOST}:?\s*{_NUMBER}{_CHARS}", re.IGNORECASE),
    re.compile(rf"{_NUMBER}{_CHARS}\w*\s*(?:or (?:fewer|less)|max|each at most)", re.IGNORECASE),
    re.compile(rf"(?:to|-|\u2013|and)\s*{_NUMBER}{_CHARS}", re.IGNORECASE),
)
_LEAST_CHARS = (
    re.compile(rf"(?:at least|min\.?(?:imum)?(?: of)?)\s*{_NUMBER}{_CHARS}", re.IGNORECASE),
    re.compile(rf"{_NUMBER}\s*(?:to|-|\u2013|and)\s*\d[\d,.]*{_CHARS}", re.IGNORECASE),
)
_MOST_WORDS = (
    re.compile(rf"{_MOST}\s*{_NUMBER}\s*words", re.IGNORECASE),
    re.compile(rf"(?:to|-|\u2013|and)\s*{_NUMBER}\s*words", re.IGNORECASE),
)
_LEAST_WORDS = (
    re.compile(rf"(?:at least|min\.?(?:imum)?(?: of)?)\s*{_NUMBER}\s*words", re.IGNORECASE),
    re.compile(rf"{_NUMBER}\s*(?:to|-|\u2013|and)\s*\d[\d,.]*\s*words", re.IGNORECASE),
)
_EXACT_COUNT = re.compile(r"(?:list|array) of (?:exactly )?(\d+)(?! to)\b|exactly (\d+)\b", re.IGNORECASE)
_COUNT_RANGE = re.compile(r"(?:list|array) of (\d+)\s*(?:to|-|\u2013)\s*(\d+)\b", re.IGNORECASE)
_REPEATS = re.compile(r"no word more than (?:(once)|(twice)|(\d+) times)", re.IGNORECASE)
_NO_CHARS = re.compile(r"none of the characters ((?:\S )*\S)(?=[,.;]|\s|$)")
_NO_WORDS = re.compile(r'none of the words ((?:"[^"\n]*"(?:, )?)+)')
_QUOTED = re.compile(r'"([^"\n]+)"')
_FIELD_LINE = re.compile(r'^[-*•][ \t]*["`]([^"`\n]+)["`][ \t]*(.*(?:\n[ \t]+.*)*)', re.MULTILINE)
_NEVER = re.compile(r"(?:[Nn]ever|[Dd]o not|[Dd]on't) (?:use|claim|write|say)[^:\n]*:[ \t]*(.+)")
_ADVICE = re.compile(r"\b(?:avoid|never|no|none)\b", re.IGNORECASE)
_DEFAULT_COUNT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldContract:
    """One key of the answer, with what its texts must keep to; 0 is no limit."""

    name: str
    #: What is said about it, in lower case.
    brief: str = ""
    kind: str = "string"
    least_count: int = 0
    most_count: int = 0
    max_chars: int = 0
    min_chars: int = 0
    min_words: int = 0
    max_words: int = 0
    max_word_repeats: int = 0
    banned_chars: str = ""
    banned_words: tuple[str, ...] = ()
    #: What the prompt would rather not read; kept where it can be.
    avoided_words: tuple[str, ...] = ()
    paragraphs: bool = False
    html: bool = False
    choices: tuple[Any, ...] = ()
    #: Fields of an object, or of each object of a list.
    parts: tuple[FieldContract, ...] = ()


@lru_cache(maxsize=512)
def read_contracts(system: str, user_rules: str, schema_text: str) -> tuple[FieldContract, ...]:
    """Find the fields that an answer must have; none when nothing but prose is asked for.

    Args:
        system: The system prompt, with a line for each field perhaps.
        user_rules: What the user prompt says outside the product.
        schema_text: The JSON schema that came with the request, or "".
    """
    prompt = f"{system}\n{user_rules}"
    schema = json.loads(schema_text) if schema_text else _schema_in(prompt)
    lines: dict[str, str] = dict(_FIELD_LINE.findall(prompt))
    banned, avoided = _words_banned_everywhere(prompt), _words_avoided(prompt)
    if schema is None:
        fields = [_in_words(FieldContract(name=name), words) for name, words in lines.items()]
    else:
        fields = [_field(name, part, lines) for name, part in (schema.get("properties") or {}).items()]
    return tuple(
        replace(field, banned_words=tuple(dict.fromkeys((*field.banned_words, *banned))), avoided_words=avoided)
        for field in fields
    )


def _schema_in(prompt: str) -> Mapping[str, Any] | None:
    """Find a JSON schema in the words of a prompt."""
    if '"properties"' not in prompt:
        return None
    decoder = json.JSONDecoder()
    for start in (found.start() for found in re.finditer(r"\{", prompt)):
        try:
            value, _ = decoder.raw_decode(prompt, start)
        except ValueError:
            continue
        if isinstance(value, dict) and isinstance(value.get("properties"), dict):
            return value
    return None


def _field(name: str, schema: Mapping[str, Any], lines: Mapping[str, str]) -> FieldContract:
    """Read one property: first what is said in words, then what the schema bounds."""
    kind = schema.get("type", "string")
    kind = next((each for each in kind if each != "null"), "string") if isinstance(kind, list) else kind
    items = schema.get("items") if kind == "array" else None
    text = items if isinstance(items, dict) else schema
    words = " ".join(filter(None, (schema.get("description"), text.get("description"), lines.get(name))))
    contract = replace(_in_words(FieldContract(name=name), words), kind=kind)
    least, most = schema.get("minItems", 0), schema.get("maxItems", 0)
    if kind == "array":
        contract = replace(
            contract,
            least_count=least or contract.least_count or min(_DEFAULT_COUNT, most or _DEFAULT_COUNT),
            most_count=most or contract.most_count or max(_DEFAULT_COUNT, least),
        )
    part_schema = text.get("properties") or {}
    return replace(
        contract,
        max_chars=text.get("maxLength") or contract.max_chars,
        min_chars=text.get("minLength") or contract.min_chars,
        choices=tuple(text.get("enum") or ()),
        parts=tuple(_field(key, part, lines) for key, part in part_schema.items()),
    )


def _in_words(contract: FieldContract, words: str) -> FieldContract:
    """Read the limits that a sentence states."""
    counts = _COUNT_RANGE.search(words)
    exact = _EXACT_COUNT.search(words) if not counts else None
    most = int(counts[2]) if counts else int(exact[1] or exact[2]) if exact else 0
    repeats = _REPEATS.search(words)
    no_chars = _NO_CHARS.search(words)
    no_words = _NO_WORDS.search(words)
    return replace(
        contract,
        brief=words.lower(),
        kind="array" if most > 1 else "string",
        least_count=int(counts[1]) if counts else most,
        most_count=most,
        max_chars=_first(_MOST_CHARS, words),
        min_chars=_first(_LEAST_CHARS, words),
        min_words=_first(_LEAST_WORDS, words),
        max_words=_first(_MOST_WORDS, words),
        max_word_repeats=(1 if repeats[1] else 2 if repeats[2] else int(repeats[3])) if repeats else 0,
        banned_chars=no_chars[1].replace(" ", "") if no_chars else "",
        banned_words=tuple(_QUOTED.findall(no_words[1])) if no_words else (),
        paragraphs="line breaks allowed" in words or "paragraph" in words,
        html="HTML allowed" in words,
    )


def _first(patterns: tuple[re.Pattern[str], ...], words: str) -> int:
    for pattern in patterns:
        found = pattern.search(words)
        if found:
            return int(re.sub(r"[,.]", "", found[1]))
    return 0


def _words_banned_everywhere(prompt: str) -> tuple[str, ...]:
    """Find what no text may say: lines such as `Never use these words or phrases: cheap; best`."""
    banned: list[str] = []
    for listed in _NEVER.findall(prompt):
        banned += _QUOTED.findall(listed) or [word.strip(" .") for word in listed.split(";")]
    return tuple(word for word in banned if word)


def _words_avoided(prompt: str) -> tuple[str, ...]:
    """Find the phrases that a prompt advises against: lines with `avoid` or `no` and phrases in quotes."""
    found: list[str] = []
    for line in prompt.splitlines():
        if _ADVICE.search(line) and not _FIELD_LINE.match(line):
            found += [phrase for phrase in _QUOTED.findall(line) if "…" not in phrase]
    return tuple(dict.fromkeys(found))
