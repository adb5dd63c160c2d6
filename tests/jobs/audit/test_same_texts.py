from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from jobs.audit.same_texts import SameTexts


def counted(texts):
    same = SameTexts()
    for row, text in enumerate(texts, 2):
        same.add(text, row)
    return same


def test_case_and_white_space_make_no_difference():
    same = counted(["A kettle", "a  kettle", "A mug"])
    assert same.distinct() == 2
    assert list(same.repeated(10)) == [(2, 3, 2)]


def test_the_most_frequent_are_named_when_there_are_many():
    same = counted(["a", "b", "b", "a", "b", "c", "c"])
    assert list(same.repeated(1)) == [(3, 4, 3)]
    assert list(same.repeated(9)) == [(2, 5, 2), (3, 4, 3), (7, 8, 2)]


@given(st.lists(st.sampled_from("abcdef")))
def test_every_text_is_counted_as_often_as_it_stands(texts):
    same, counts = counted(texts), Counter(texts)
    assert same.distinct() == len(counts)
    assert sorted(count for _, _, count in same.repeated(99)) == sorted(n for n in counts.values() if n > 1)
