import json

import pytest
from engine_making import reply
from hypothesis import given
from hypothesis import strategies as st

from worker.replies import first_object, read_answer

TEXTS = st.text(st.characters(exclude_characters="{}"))
OBJECTS = st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text()) | st.booleans() | st.none())


@given(OBJECTS, TEXTS, TEXTS, st.sampled_from([None, 2]))
def test_an_object_is_found_whatever_words_stand_around_it(found, before, after, indent):
    assert first_object(before + json.dumps(found, indent=indent) + after) == found


@given(st.text())
def test_no_text_breaks_the_reader(text):
    assert first_object(text) is None or isinstance(first_object(text), dict)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('```json\n{"text": "Cup"}\n```', {"text": "Cup"}),
        ('Here {as asked}: {"text": "Cup"} and {"text": "Mug"}', {"text": "Cup"}),
        ('{"text": "two\nlines"}', {"text": "two\nlines"}),
        ('{"text": "cut off', None),
        ("[1, 2]", None),
        ("", None),
        ("{" * 5000, None),
    ],
)
def test_replies_as_models_give_them(text, found):
    assert first_object(text) == found


def test_nesting_that_no_parser_takes_is_no_defect():
    found = first_object('{"a":' * 3000 + "1" + "}" * 3000)
    assert found is None or set(found) == {"a"}


def test_a_tool_call_wins_over_the_text():
    assert read_answer(reply('{"text": "from the text"}', tool_input={"text": "from the tool"})) == {
        "text": "from the tool"
    }
    assert read_answer(reply('{"text": "from the text"}')) == {"text": "from the text"}


def test_a_tool_call_with_nothing_in_it_leaves_the_answer_to_the_text():
    assert read_answer(reply('{"text": "from the text"}', tool_input={})) == {"text": "from the text"}
    assert read_answer(reply("", tool_input={})) is None
