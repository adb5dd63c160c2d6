from __future__ import annotations

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.intake.text.record_fields import RecordFields
from jobs.intake.text.record_form import RecordForm
from jobs.intake.text.records import RecordScanner, RecordTooLongError


@given(text=st.text(st.sampled_from('a,"\r\n '), max_size=40), size=st.integers(1, 8))
@settings(deadline=None, max_examples=300)
def test_records_are_those_of_the_csv_module(text, size):
    fields = RecordFields(RecordForm(delimiter=","))
    scanner = RecordScanner(fields)
    records = list(scanner.records(io.StringIO(text, newline=""), chunk_chars=size))
    assert "".join(record + line_break for record, line_break in records) == text
    expected = list(csv.reader(io.StringIO(text, newline="")))
    assert [fields.cells(record) for record, _ in records] == expected
    for (record, _), cells in zip(records, expected, strict=True):
        assert (fields.width(record) if record else 0) == len(cells)


@given(
    text=st.text(st.sampled_from('a,"\\\r\n '), max_size=40),
    size=st.integers(1, 8),
    form=st.builds(
        RecordForm, delimiter=st.just(","), backslash=st.booleans(), spaced=st.booleans(), width=st.integers(0, 3)
    ),
)
@settings(deadline=None, max_examples=300)
def test_no_character_is_lost_in_any_form_and_pieces_make_no_difference(text, size, form):
    fields = RecordFields(form)
    scanner = RecordScanner(fields)
    records = list(scanner.records(io.StringIO(text, newline=""), chunk_chars=size))
    assert "".join(record + line_break for record, line_break in records) == text
    assert records == list(scanner.records(io.StringIO(text, newline="")))
    for record, _ in records:
        assert ",".join(fields.split(record)) == record


@given(
    texts=st.lists(st.text(st.sampled_from('a,"\\\n '), max_size=8), min_size=1, max_size=4), backslash=st.booleans()
)
def test_what_is_quoted_is_one_field(texts, backslash):
    fields = RecordFields(RecordForm(delimiter=",", backslash=backslash))
    record = ",".join(map(fields.quoted, texts))
    assert len(fields.split(record)) == len(texts)
    assert backslash or fields.cells(record) == texts


def test_a_quote_that_swallows_a_huge_file_is_given_up_on(monkeypatch):
    monkeypatch.setattr("jobs.intake.text.records.MOST_RECORD_CHARS", 1000)
    scanner = RecordScanner(RecordFields(RecordForm(delimiter=",", width=2)))
    text = 'SKU,Title\n1,"Lamp, big\n' + "2,Vase\n" * 1000
    try:
        list(scanner.records(io.StringIO(text, newline=""), chunk_chars=64))
    except RecordTooLongError:
        return
    raise AssertionError
