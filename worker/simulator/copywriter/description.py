"""Descriptions of several sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from worker.simulator.copywriter.choice import in_turn, mixed
from worker.simulator.copywriter.contracts import FieldContract
from worker.simulator.copywriter.limits import keeps, without_banned_chars
from worker.simulator.copywriter.phrasebook import Phrasebook
from worker.simulator.copywriter.slots import Slots, capitalised

_USUAL_LEAST_WORDS = 60
_USUAL_MOST_WORDS = 120
_CHARS_PER_WORD = 7
_TAG_CHARS = 16
_SENTENCES_FOR_PARAGRAPHS = 6
_MOST_SENTENCE_CHARS = 220


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A description to be written: what it says, in which words, within which limits."""

    slots: Slots
    book: Phrasebook
    contract: FieldContract
    #: Decides which patterns it takes.
    number: int
    max_chars: int
    html: bool

    def write(self) -> str:
        """Write an opening, the facts, what it takes to reach the least length, and a close."""
        contract = self.contract
        most_words = contract.max_words or max(_USUAL_MOST_WORDS, contract.min_words + _USUAL_LEAST_WORDS)
        least_words = contract.min_words or min(_USUAL_LEAST_WORDS, self.max_chars // _CHARS_PER_WORD, most_words)
        room = self.max_chars - (_TAG_CHARS if self.html or contract.paragraphs else 0)
        closing = next(self._filled("closings"), "")
        text = _Sentences(room - len(closing) - 1, most_words - len(closing.split()))
        for sentence in self._body():
            text.add(sentence)
        for sentence in self._filled("fillers"):
            if text.words >= least_words and text.chars >= contract.min_chars:
                break
            text.add(sentence)
        sentences = [*text.taken, closing] if closing and len(closing) <= room else text.taken
        return self._laid_out(sentences)

    def _body(self) -> Iterator[str]:
        """Give an opening and a sentence for each fact."""
        yield from islice(self._filled("openings"), 1)
        own = (without_banned_chars(text, self.contract) for text in self.slots.sentences[:3])
        yield from (text for text in own if len(text) <= _MOST_SENTENCE_CHARS and self._keeps(text))
        features = "feature_alone" if len(self.slots.features) == 1 else "features_joined"
        facts = [
            sentence
            for section in (features, "material", "colour", "audience", "size")
            for sentence in islice(self._filled(section), 1)
        ]
        # The first fact stays first: it is what the product does.
        yield from facts[:1]
        yield from in_turn(facts[1:], mixed(self.number, "facts"))
        for place, (label, value) in enumerate(self.slots.attributes[:3]):
            words = {"label": label, "label_low": self._low(label), "value": value}
            yield from islice(self._checked("attribute", words, self.number + place), 1)
        for place, feature in enumerate(self.slots.features[4:7]):
            words = {"feature": feature, "feature_low": self._low(feature)}
            yield from islice(self._checked("feature_alone", words, self.number + place), 1)

    def _filled(self, section: str) -> Iterator[str]:
        return self._checked(section, self.slots.words, self.number)

    def _checked(self, section: str, words: Mapping[str, str], number: int) -> Iterator[str]:
        """Fill the patterns of a section, those that keep to the contract."""
        for pattern in in_turn(self.book.usable(section, frozenset(words)), mixed(number, section)):
            sentence = without_banned_chars(capitalised(pattern.format_map(words)), self.contract)
            if self._keeps(sentence):
                yield sentence

    def _keeps(self, text: str) -> bool:
        return keeps(text, self.contract, self.max_chars)

    def _low(self, text: str) -> str:
        if self.book.language == "de" or not text[1:2].islower() or text.partition(" ")[2][:1].isupper():
            return text
        return text[0].lower() + text[1:]

    def _laid_out(self, sentences: list[str]) -> str:
        middle = len(sentences) // 2
        parts = [sentences]
        if self.contract.paragraphs and len(sentences) >= _SENTENCES_FOR_PARAGRAPHS:
            parts = [sentences[:middle], sentences[middle:]]
        texts = [" ".join(part) for part in parts if part]
        return "".join(f"<p>{text}</p>" for text in texts) if self.html else "\n\n".join(texts)


class _Sentences:
    """Different sentences that fit into a room."""

    def __init__(self, max_chars: int, max_words: int) -> None:
        self._max_chars = max_chars
        self._max_words = max_words
        self.taken: list[str] = []
        self.chars = 0
        self.words = 0

    def add(self, sentence: str) -> None:
        """Take a sentence if there is room for it."""
        words = len(sentence.split())
        if self.chars + len(sentence) > self._max_chars or self.words + words > self._max_words:
            return
        if sentence not in self.taken:
            self.taken.append(sentence)
            self.chars += len(sentence) + 1
            self.words += words
