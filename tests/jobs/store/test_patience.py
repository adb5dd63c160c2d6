import pytest
from sqlalchemy.exc import IntegrityError

from jobs.store.failures import StoreBusyError, StoreError, StoreLostError
from jobs.store.patience import patiently
from jobs.store.repeating import repeating


class Time:
    """A clock that goes on while somebody sleeps."""

    def __init__(self):
        self.now_s = 0.0
        self.waits = []

    def sleep(self, wait_s):
        self.waits.append(wait_s)
        self.now_s += wait_s


def lost_until(number, error=StoreLostError):
    """Give work that succeeds at its so-many-th time, and the list of its times."""
    times = []

    def work():
        times.append(len(times) + 1)
        if times[-1] < number:
            raise error("gone")
        return "done"

    return work, times


def patient(work, time, **options):
    return patiently(work, sleep=time.sleep, clock_s=lambda: time.now_s, **({"most_s": 30.0} | options))


def test_work_is_done_again_until_the_database_is_back():
    time = Time()
    work, times = lost_until(9)
    assert patient(work, time) == "done"
    assert len(times) == 9
    assert time.waits == sorted(time.waits)
    assert max(time.waits) <= 2


def test_a_busy_database_is_tried_again_as_well():
    work, _ = lost_until(2, StoreBusyError)
    assert patient(work, Time()) == "done"


def test_patience_ends_with_the_last_error():
    time = Time()
    work, _ = lost_until(10**6)
    with pytest.raises(StoreLostError, match="gone"):
        patient(work, time, most_s=10.0)
    assert 8 < time.now_s <= 10


def test_nobody_waits_who_is_told_to_stop():
    work, times = lost_until(5)
    with pytest.raises(StoreLostError):
        patient(work, Time(), stop=lambda: len(times) == 3)
    assert len(times) == 3


def test_what_waiting_does_not_mend_is_told_at_once():
    work, times = lost_until(5, StoreError)
    with pytest.raises(StoreError):
        patient(work, Time())
    assert len(times) == 1


class Shelf:
    """A table whose database goes away at given calls."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.books = []

    def add(self, book):
        if book in self.books:
            raise IntegrityError("INSERT", {}, Exception("unique"))
        failure = self.failures.pop(0) if self.failures else None
        if failure is None or failure.in_doubt:
            self.books.append(book)
        if failure:
            raise failure

    def all(self):
        for at, book in enumerate(self.books):
            if at == 2 and self.failures:
                raise self.failures.pop()
            yield book


def lost(*, in_doubt=False):
    error = StoreLostError("gone")
    error.in_doubt = in_doubt
    return error


@pytest.mark.parametrize("in_doubt", [False, True])
def test_what_may_have_been_written_is_written_once(in_doubt):
    shelf = repeating(Shelf(lost(in_doubt=in_doubt)), 5)
    shelf.add("Emma")
    assert shelf.books == ["Emma"]


def test_a_row_that_is_there_already_is_still_a_mistake():
    shelf = repeating(Shelf(lost()), 5)
    shelf.books.append("Emma")
    with pytest.raises(IntegrityError):
        shelf.add("Emma")


def test_a_stream_goes_on_where_it_was_cut_off():
    shelf = repeating(Shelf(lost(), lost()), 5)
    shelf.books = list("abcdef")
    assert list(shelf.all()) == list("abcdef")


def test_who_has_no_patience_is_told_at_once():
    shelf = repeating(Shelf(lost()), 0)
    with pytest.raises(StoreLostError):
        shelf.add("Emma")
