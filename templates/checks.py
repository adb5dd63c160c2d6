"""Whether an answer keeps the contracts of the fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from templates.brand import Brand
from templates.fields import Copy, Field, Violation
from templates.phrases import Kept, KeptWords, Phrases, count_words, repeated_word
from templates.tidying import find_answer, many_texts, one_text

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>|<!--|<!\w")
#: What HTML of a shop must never hold.
_SCRIPT = re.compile(r"<\s*/?\s*(?:script|style|iframe|object|embed|form)\b|\son\w+\s*=|javascript:", re.IGNORECASE)


def has_html(text: str) -> bool:
    """Say whether a text has an HTML tag or comment."""
    return "<" in text and _TAG.search(text) is not None


def has_script(text: str) -> bool:
    """Say whether a text has HTML that could run a program."""
    return _SCRIPT.search(text) is not None


class Checker:
    """Checks answers against the contracts of some fields and a brand; made once, used for every item."""

    def __init__(self, fields: Iterable[Field], brand: Brand | None = None) -> None:
        self._contracts = [_Contract(field, brand) for field in fields]
        self._names = frozenset(contract.field.name for contract in self._contracts)
        self._kept = KeptWords(brand.keep_words if brand else ())

    def check(self, values: Mapping[str, Any], product_values: Mapping[str, str]) -> tuple[Copy, list[Violation]]:
        """Take what a model answered, repair what is harmless, and check the rest.

        Args:
            values: The answer as parsed: its types may be wrong, keys may lack or be too many.
            product_values: The product's variables, for the words that the brand keeps.

        Returns: The copy that is usable, violating texts included, and every breach of a contract.
        """
        answer = find_answer(values, self._names)
        standing = self._kept.standing_in(product_values)
        copy: Copy = {}
        violations: list[Violation] = []
        for contract in self._contracts:
            name = contract.field.name
            if name not in answer or answer[name] is None:
                violations.append(Violation(field=name, message=f"{contract.field.title} is missing"))
                continue
            check = self._check_texts if contract.field.is_list else self._check_text
            violations += check(contract, answer[name], standing, copy)
        return copy, violations

    def _check_text(self, contract: _Contract, value: Any, standing: list[Kept], copy: Copy) -> list[Violation]:
        field = contract.field
        text = one_text(value, multiline=field.multiline, keep_html=field.html)
        if text is None:
            return [contract.breach(f"{field.title} is not a text")]
        copy[field.name] = text
        return [contract.breach(f"{field.title} {said}") for said in contract.breaches(text, self._kept, standing)]

    def _check_texts(self, contract: _Contract, value: Any, standing: list[Kept], copy: Copy) -> list[Violation]:
        field = contract.field
        texts = many_texts(value, multiline=field.multiline, keep_html=field.html)
        if texts is None:
            return [contract.breach(f"{field.title} is not a list of texts")]
        if len(texts) > field.count:
            texts = contract.best(texts, self._kept, standing)
        copy[field.name] = tuple(texts)
        violations = []
        if not contract.all_fine(texts, standing):
            for number, text in enumerate(texts, 1):
                for said in contract.breaches(text, self._kept, standing):
                    violations.append(contract.breach(f"{field.title} {number} {said}"))  # noqa: PERF401 - two loops read better
        violations += [contract.breach(said) for said in contract.list_breaches(texts)]
        return violations


class _Contract:
    """One field's contract, made ready for checking."""

    def __init__(self, field: Field, brand: Brand | None) -> None:
        self.field = field
        self._phrases = Phrases(
            (field.banned_words, "which is not allowed here"),
            (brand.banned_words if brand else (), "which the brand never uses"),
            (brand.never_claim if brand else (), "which the brand never claims"),
        )
        self._has_tag = has_script if field.html else has_html
        self._counts_words = bool(field.min_words or field.max_words)

    def breach(self, message: str) -> Violation:
        """Word a breach of this contract."""
        return Violation(field=self.field.name, message=message)

    def all_fine(self, texts: list[str], standing: list[Kept]) -> bool:
        """Say quickly whether no text of a list breaks anything; False may be a false alarm."""
        field = self.field
        if self._counts_words or field.max_word_repeats:
            return False
        if any(not field.min_chars <= len(text) <= field.max_chars for text in texts):
            return False
        joined = " \n ".join(texts)
        if any(character in joined for character in field.banned_chars) or self._has_tag(joined):
            return False
        folded = joined.casefold() if self._phrases or standing else ""
        return not any(needle in folded for _, needle, _ in standing) and not self._phrases.found(folded)

    def breaches(self, text: str, kept: KeptWords, standing: list[Kept]) -> Iterator[str]:
        """Say what a text breaks, as the end of a sentence that begins with its title."""
        if not text:
            yield "is empty"
            return
        yield from self._size_breaches(text)
        for character in self.field.banned_chars:
            if character in text:
                yield f'has the character "{character}", which is not allowed here'
        if self._has_tag(text):
            yield "has HTML that could run a program" if self.field.html else "has HTML, which is not allowed here"
        if self.field.max_word_repeats and (over := repeated_word(text, self.field.max_word_repeats)):
            yield f'has the word "{over[0]}" {over[1]} times, at most {self.field.max_word_repeats}'
        folded = text.casefold() if self._phrases or standing else ""
        if self._phrases:
            yield from (f'has "{phrase}", {reason}' for phrase, reason in self._phrases.found(folded))
        if standing:
            altered = kept.altered(text, folded, standing)
            yield from (f'has "{written}", which the brand writes "{word}"' for written, word in altered)

    def list_breaches(self, texts: list[str]) -> Iterator[str]:
        """Say what a list breaks as a whole."""
        field = self.field
        least = min(field.min_count, field.count)
        if len(texts) < least:
            yield f"{field.title} has {len(texts)} {'text' if len(texts) == 1 else 'texts'}, {least} are needed"
        if field.distinct:
            first: dict[str, int] = {}
            for number, text in enumerate(texts, 1):
                same = first.setdefault(_likeness(text), number)
                if same != number:
                    yield f"{field.title} {number} is the same as {field.title} {same}"

    def best(self, texts: list[str], kept: KeptWords, standing: list[Kept]) -> list[str]:
        """Choose as many texts as the field holds from a list that is too long, sound ones first, in their order."""
        seen: set[str] = set()
        ranked = []
        for index, text in enumerate(texts):
            double = self.field.distinct and _likeness(text) in seen
            seen.add(_likeness(text))
            ranked.append((double or any(True for _ in self.breaches(text, kept, standing)), index))
        chosen = sorted(index for _, index in sorted(ranked)[: self.field.count])
        return [texts[index] for index in chosen]

    def _size_breaches(self, text: str) -> Iterator[str]:
        field = self.field
        if len(text) > field.max_chars:
            yield f"has {len(text)} characters, at most {field.max_chars}"
        if len(text) < field.min_chars:
            yield f"has {len(text)} characters, at least {field.min_chars}"
        if self._counts_words:
            words = count_words(text)
            if words < field.min_words:
                yield f"has {words} {'word' if words == 1 else 'words'}, at least {field.min_words}"
            if 0 < field.max_words < words:
                yield f"has {words} words, at most {field.max_words}"


def _likeness(text: str) -> str:
    return " ".join(text.casefold().split())
