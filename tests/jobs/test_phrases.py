from decimal import Decimal

import pytest

from jobs.phrases import money, sentence, span


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("1234.5", "$1,234.50"),
        ("12.4", "$12.40"),
        ("0.5", "$0.50"),
        ("0.0042", "$0.0042"),
        ("0.00001", "less than $0.0001"),
        ("0", "$0"),
    ],
)
def test_an_amount_is_said_as_exactly_as_people_care(amount, said):
    assert money(Decimal(amount)) == said


@pytest.mark.parametrize(("seconds", "said"), [(90, "2 min"), (5400, "90 min"), (21600, "6 h"), (9000, "2.5 h")])
def test_a_span_is_said_in_minutes_or_hours(seconds, said):
    assert span(seconds) == said


def test_a_sentence_begins_with_a_capital_letter():
    assert sentence("batch is out") == "Batch is out"
