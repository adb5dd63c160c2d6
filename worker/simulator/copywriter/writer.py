"""Writes the answer: a text or texts for each field that is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from worker.simulator.copywriter.candidates import candidates
from worker.simulator.copywriter.choice import in_turn, mixed, number_of
from worker.simulator.copywriter.contracts import FieldContract, read_contracts
from worker.simulator.copywriter.description import Description
from worker.simulator.copywriter.facts import plain_text, read_facts, split_prompt
from worker.simulator.copywriter.kinds import CopyKind, kind_of
from worker.simulator.copywriter.limits import (
    cut_at_word,
    keeps,
    without_banned_chars,
    without_banned_words,
    without_repeats,
)
from worker.simulator.copywriter.phrasebook import Phrasebook, guess_language, language_of, phrasebook
from worker.simulator.copywriter.slots import Slots, capitalised, make_slots

_DRAFT = re.compile(r"<draft>|\b(?:first|previous|earlier) (?:draft|answer|version)\b", re.IGNORECASE)
_TRANSLATE = re.compile(r"\b[Tt]ranslat", re.IGNORECASE)
#: Answers are asked for again when a reply was lost.
_REMEMBERED_ANSWERS = 2048
#: How much of its room a text takes the second time.
_SHORTER = 0.85
_USUAL_CHARS = {
    CopyKind.HEADLINE: 60,
    CopyKind.TITLE: 150,
    CopyKind.SEO_TITLE: 60,
    CopyKind.SNIPPET: 155,
    CopyKind.LONG: 1200,
    CopyKind.BULLET: 200,
    CopyKind.ALT: 125,
    CopyKind.SUBJECT: 60,
    CopyKind.PREVIEW: 90,
    CopyKind.TAGLINE: 60,
    CopyKind.CALL: 30,
    CopyKind.KEYWORD: 60,
    CopyKind.SLUG: 60,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An answer."""

    #: Field -> text, texts or what else its schema asks for; a plain text when no fields are asked for.
    copy: dict[str, Any] | str
    #: One of its texts is longer than its field allows, on purpose.
    over_limit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What the texts of one answer share."""

    slots: Slots
    book: Phrasebook
    number: int
    #: The product's own description, when it is asked for in the language that it is in already.
    kept_description: str
    html: bool
    shorter: bool


class Copywriter:
    """Writes copy from prompts; the same seed and prompt give the same copy."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._remembered = lru_cache(maxsize=_REMEMBERED_ANSWERS)(self._write)

    def write(self, *, system: str, user: str, schema: Mapping[str, Any] | None, over_limit: bool) -> Written:
        """Write what a prompt asks for; `over_limit` makes one field too long, unless it is asked for again."""
        schema_text = json.dumps(schema, ensure_ascii=False) if schema else ""
        return self._remembered(system, user, schema_text, over_limit)

    def _write(self, system: str, user: str, schema_text: str, over_limit: bool) -> Written:
        product, rules = split_prompt(user)
        contracts = read_contracts(system, "" if rules == product else rules, schema_text)
        again = _DRAFT.search(rules) is not None
        job = self._job(system, user, product, rules, again=again)
        if not contracts:
            contract = FieldContract(name="text", paragraphs=True)
            return Written(copy=_text(contract, job, set()), over_limit=False)
        copy = {contract.name: _value(contract, job) for contract in contracts}
        if over_limit and not again:
            return _spoilt(copy, contracts, job)
        return Written(copy=copy, over_limit=False)

    def _job(self, system: str, user: str, product: str, rules: str, *, again: bool) -> _Job:
        facts = read_facts(product)
        own = guess_language(" ".join((*facts.sentences, *facts.features, facts.name)))
        language = language_of(system) or language_of(rules) or own or "en"
        book = phrasebook(language)
        return _Job(
            slots=make_slots(facts, book),
            book=book,
            number=number_of(self._seed, user),
            kept_description=facts.description if own == language and _TRANSLATE.search(rules) else "",
            html="<" in product,
            shorter=again,
        )


def _value(contract: FieldContract, job: _Job) -> Any:
    """Write one field, whatever type its schema asks for."""
    if contract.kind == "array":
        return _values(contract, job)
    if contract.choices:
        return next(in_turn(contract.choices, mixed(job.number, contract.name)))
    if contract.parts:
        return {part.name: _value(part, job) for part in contract.parts}
    if contract.kind in {"integer", "number"}:
        return 1
    if contract.kind == "boolean":
        return True
    return _text(contract, job, set())


def _values(contract: FieldContract, job: _Job) -> list[Any]:
    count = contract.most_count or contract.least_count
    if contract.choices:
        return list(in_turn(contract.choices, mixed(job.number, contract.name)))[:count]
    if contract.parts:
        jobs = (replace(job, number=job.number + place) for place in range(count))
        return [{part.name: _value(part, one) for part in contract.parts} for one in jobs]
    used: set[str] = set()
    texts: list[str] = []
    for text in _fitting(contract, job, used):
        texts.append(text)
        if len(texts) == count:
            break
    return texts


def _text(contract: FieldContract, job: _Job, used: set[str]) -> str:
    """Write one text."""
    kind, max_chars = _kind_and_room(contract, job)
    if kind is CopyKind.LONG:
        if job.kept_description and len(job.kept_description) <= max_chars:
            kept = job.kept_description
            return kept if contract.html else plain_text(kept)
        description = Description(
            slots=job.slots,
            book=job.book,
            contract=contract,
            number=job.number,
            max_chars=max_chars,
            html=contract.html and job.html,
        )
        text = description.write()
        if text:
            return text
    return next(_fitting(contract, job, used), "") or cut_at_word(job.slots.words.get("short", "-"), max_chars) or "-"


def _kind_and_room(contract: FieldContract, job: _Job) -> tuple[CopyKind, int]:
    kind = kind_of(contract.name, contract.max_chars)
    room = contract.max_chars or _USUAL_CHARS[kind]
    return kind, max(1, contract.min_chars, int(room * _SHORTER) if job.shorter else room)


def _fitting(contract: FieldContract, job: _Job, used: set[str]) -> Iterator[str]:
    """Give different texts that keep to a contract: whole ones first, then such as must be cut."""
    kind, max_chars = _kind_and_room(contract, job)
    kind = CopyKind.SNIPPET if kind is CopyKind.LONG else kind
    number = mixed(job.number, contract.name)
    too_long: list[str] = []
    for raw in candidates(kind, job.slots, job.book, number, max_chars):
        text = without_banned_chars(raw, contract)
        if keeps(text, contract, max_chars):
            text = _long_enough(text, contract, job, max_chars)
            if text and _is_new(text, used):
                yield text
        else:
            too_long.append(text)
    plain = ("bullets_plain", "fillers", "headlines_plain", "calls", "short_sentences", "openings")
    for section in () if kind is CopyKind.SLUG else plain:
        too_long += [job.slots.fill(pattern) for pattern in job.book.usable(section, job.slots.names)]
    for raw in too_long:
        text = capitalised(cut_at_word(_mended(raw, contract), max_chars))
        text = _long_enough(text, contract, job, max_chars)
        if keeps(text, contract, max_chars, avoiding=False) and _is_new(text, used):
            yield text


def _mended(text: str, contract: FieldContract) -> str:
    return without_repeats(without_banned_words(without_banned_chars(text, contract), contract), contract)


def _is_new(text: str, used: set[str]) -> bool:
    likeness = " ".join(text.casefold().split())
    if likeness in used:
        return False
    used.add(likeness)
    return True


def _long_enough(text: str, contract: FieldContract, job: _Job, max_chars: int) -> str:
    """Add sentences until a text has its least length; "" when that cannot be."""
    if len(text) >= contract.min_chars and len(text.split()) >= contract.min_words:
        return text
    for section in ("calls", "bullets_plain", "fillers"):
        for extra in in_turn(job.book.usable(section, frozenset()), mixed(job.number, text)):
            longer = f"{text.rstrip('.')}. {extra}"
            if keeps(longer, contract, max_chars):
                text = longer
            if len(text) >= contract.min_chars and len(text.split()) >= contract.min_words:
                return text
    return ""


def _spoilt(copy: dict[str, Any], contracts: tuple[FieldContract, ...], job: _Job) -> Written:
    """Make one text longer than its field allows."""
    bounded = [contract for contract in contracts if contract.max_chars and contract.kind in {"string", "array"}]
    if not bounded:
        return Written(copy=copy, over_limit=False)
    contract = next(in_turn(bounded, mixed(job.number, "spoilt")))
    extra = " ".join(in_turn(job.book.usable("fillers", frozenset()), job.number))
    value = copy[contract.name]
    text = value if isinstance(value, str) else value[0] if value else ""
    long = f"{text} {extra}"
    while len(long) <= contract.max_chars + len(extra) // 2:
        long = f"{long} {extra}"
    long = long[: contract.max_chars + max(10, contract.max_chars // 3)].rsplit(" ", 1)[0] + " and so on and on"
    return Written(
        copy={**copy, contract.name: long if isinstance(value, str) else [long, *value[1:]]}, over_limit=True
    )
