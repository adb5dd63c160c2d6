import pytest

from jobs.store.stored_text import storable


@pytest.mark.parametrize("text", ["", "plain", "Größe 手袋 🎒", "line\nline\ttab\x01"])
def test_text_that_every_database_takes_stays_as_it_is(text):
    assert storable(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a\0b", "a\ufffdb"), ("half \ud83d", "half \ufffd"), ("\0ö\ud83db\udcff", "\ufffdö\ufffdb\ufffd")],
)
def test_what_no_database_takes_is_shown_as_unreadable(text, kept):
    assert storable(text) == kept
