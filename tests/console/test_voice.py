from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from console.voice import Voice

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\b\f"), max_size=30)
ANSWER = st.dictionaries(st.sampled_from(["title", "bullets", "line"]), TEXT | st.lists(TEXT, max_size=4), min_size=1)


def _heard(pieces):
    said = []
    voice = Voice(said.append)
    for piece in pieces:
        voice.hear(piece)
    return "".join(said)


def _spoken(answer):
    parts = (" | ".join(value) if isinstance(value, list) else value for value in answer.values())
    return "\n".join(f"{name}: {part}" for name, part in zip(answer, parts, strict=True))


@given(ANSWER, st.booleans(), st.integers(1, 9))
def test_any_answer_is_spoken_as_its_fields_however_it_is_cut(answer, ascii_only, size):
    text = json.dumps(answer, ensure_ascii=ascii_only)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    heard = _heard(pieces)
    if "\\ud" not in text:
        assert heard == _spoken(answer)
    else:
        # Two escapes for one character: spoken as question marks in the preview, whole in the workbook.
        assert len(heard) >= len(_spoken(answer))


def test_fences_and_words_around_the_answer_are_left_out():
    assert _heard(['Sure: "here"\n```json\n{"title": "Ke', 'ttle"}\n```']).startswith("title: Kettle")
