"""Descriptions of several sentences."""

from __future__ import annotations

from collections.abc import Iterator

from worker.simulator.copywriter.choice import in_turn, mixed
from worker.simulator.copywriter.contracts import FieldContract
from worker.simulator.copywriter.limits import keeps, without_banned_chars
from worker.simulator.copywriter.phrasebook import Phrasebook
from worker.simulator.copywriter.slots import Slots, capitalised

_USUAL_LEAST_WORDS = 60
_USUAL_MOST_WORDS = 120
_CHARS_PER_WORD = 7
_SENTENCES_FOR_PARAGRAPHS = 6
_MOST_SENTENCE_CHARS = 220


def write_description(
    slots: Slots, book: Phrasebook, contract: FieldContract, number: int, max_chars: int, *, html: bool
) -> str:
    """Write an opening, the facts, what it takes to reach the least length, and a close."""
    most_words = contract.max_words or max(_USUAL_MOST_WORDS, contract.min_words + _USUAL_LEAST_WORDS)
    least_words = contract.min_words or min(_USUAL_LEAST_WORDS, max_chars // _CHARS_PER_WORD, most_words)
    room = max_chars - (16 if html or contract.paragraphs else 0)
    taken: list[str] = []
    used_chars = used_words = 0
    closing = next(_usable(book, slots, "closings", number, contract, max_chars), "")

    def add(sentence: str, *, last: bool = False) -> None:
        nonlocal used_chars, used_words
        spare = 0 if last else len(closing) + 1
        words = len(sentence.split())
        if used_chars + len(sentence) + spare > room or used_words + words > most_words or sentence in taken:
            return
        taken.append(sentence)
        used_chars += len(sentence) + 1
        used_words += words

    for sentence in _body(slots, book, contract, number, max_chars):
        add(sentence)
    for sentence in _usable(book, slots, "fillers", number, contract, max_chars):
        if used_words >= least_words and used_chars >= contract.min_chars:
            break
        add(sentence)
    if closing:
        add(closing, last=True)
    return _laid_out(taken, html=html, paragraphs=contract.paragraphs)


def _body(slots: Slots, book: Phrasebook, contract: FieldContract, number: int, max_chars: int) -> Iterator[str]:
    """Give an opening and a sentence for each fact."""
    yield from _first(_usable(book, slots, "openings", number, contract, max_chars))
    own = (without_banned_chars(text, contract) for text in slots.sentences[:3])
    yield from (text for text in own if len(text) <= _MOST_SENTENCE_CHARS and keeps(text, contract, max_chars))
    facts = [
        sentence
        for section in ("features_joined", "material", "colour", "audience", "size")
        for sentence in _first(_usable(book, slots, section, number, contract, max_chars))
    ]
    if len(slots.features) == 1:
        facts[:1] = _first(_usable(book, slots, "feature_alone", number, contract, max_chars))
    # The first fact stays first: it is what the product does.
    yield from facts[:1]
    yield from in_turn(facts[1:], mixed(number, "facts"))
    for place, (label, value) in enumerate(slots.attributes[:3]):
        words = {"label": label, "label_low": label if book.language == "de" else label.lower(), "value": value}
        yield from _first(_checked(book, "attribute", words, number + place, contract, max_chars))
    for place, feature in enumerate(slots.features[4:7]):
        words = {"feature": feature, "feature_low": feature if book.language == "de" else _low(feature)}
        yield from _first(_checked(book, "feature_alone", words, number + place, contract, max_chars))


def _usable(
    book: Phrasebook, slots: Slots, section: str, number: int, contract: FieldContract, max_chars: int
) -> Iterator[str]:
    return _checked(book, section, slots.words, number, contract, max_chars)


def _checked(
    book: Phrasebook, section: str, words: dict[str, str], number: int, contract: FieldContract, max_chars: int
) -> Iterator[str]:
    for pattern in in_turn(book.usable(section, frozenset(words)), mixed(number, section)):
        sentence = without_banned_chars(capitalised(pattern.format_map(words)), contract)
        if keeps(sentence, contract, max_chars):
            yield sentence


def _first(sentences: Iterator[str]) -> Iterator[str]:
    for sentence in sentences:
        yield sentence
        return


def _low(text: str) -> str:
    return text[0].lower() + text[1:] if text[1:2].islower() and not text.partition(" ")[2][:1].isupper() else text


def _laid_out(sentences: list[str], *, html: bool, paragraphs: bool) -> str:
    middle = len(sentences) // 2
    parts = [sentences]
    if paragraphs and len(sentences) >= _SENTENCES_FOR_PARAGRAPHS:
        parts = [sentences[:middle], sentences[middle:]]
    texts = [" ".join(part) for part in parts if part]
    return "".join(f"<p>{text}</p>" for text in texts) if html else "\n\n".join(texts)
