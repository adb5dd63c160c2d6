import threading
from types import SimpleNamespace

from worker.composing import Task
from worker.feed import Feed, by_pages


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def feed_of(count, clock=None):
    items = [SimpleNamespace(id=number) for number in range(1, count + 1)]
    loads = []

    def load(after, size):
        loads.append(after)
        return [Task(item) for item in items if item.id > after][:size]

    feed = Feed(by_pages(load), clock_s=clock or Clock())
    feed.loads = loads
    return feed


def taken_in_thread(feed):
    got = []
    thread = threading.Thread(target=lambda: got.append(feed.take()), daemon=True)
    thread.start()
    return thread, got


def drain(feed):
    numbers = []
    while (task := feed.take()) is not None:
        numbers.append(task.item.id)
        feed.done(task)
    return numbers


def test_every_item_is_handed_out_once_in_order():
    feed = feed_of(600)
    feed.open_up()
    assert drain(feed) == list(range(1, 601))
    assert len(feed.loads) == 4


def test_an_empty_job_is_over_at_once():
    assert feed_of(0).take() is None


def test_one_task_goes_first_and_alone_until_a_reply_was_good():
    feed = feed_of(3)
    first = feed.take()
    thread, got = taken_in_thread(feed)
    thread.join(0.05)
    assert feed.is_alone
    assert got == []
    feed.open_up()
    thread.join(5)
    assert [task.item.id for task in got] == [2]
    assert first.item.id == 1


def test_when_the_first_one_failed_the_next_still_goes_alone():
    feed = feed_of(3)
    feed.done(feed.take())
    assert feed.take().item.id == 2
    assert feed.is_alone


def test_a_task_that_waits_comes_again_when_it_is_due_before_fresh_ones():
    clock = Clock()
    feed = feed_of(3, clock)
    feed.open_up()
    first = feed.take()
    feed.later(first, 5.0)
    assert feed.take().item.id == 2
    clock.now = 6.0
    assert feed.take() is first
    assert feed.take().item.id == 3


def test_the_feed_is_not_over_while_a_task_is_out():
    feed = feed_of(1)
    task = feed.take()
    thread, got = taken_in_thread(feed)
    thread.join(0.05)
    assert thread.is_alive()
    feed.later(task, 0.0)
    thread.join(5)
    assert got == [task]
    feed.done(task)
    assert feed.take() is None


def test_all_who_wait_leave_when_the_last_task_is_done():
    feed = feed_of(1)
    feed.open_up()
    task = feed.take()
    threads = [taken_in_thread(feed) for _ in range(5)]
    feed.done(task)
    for thread, got in threads:
        thread.join(5)
        assert got == [None]


def test_a_stopped_feed_hands_out_nothing_and_keeps_its_first_reason():
    feed = feed_of(5)
    feed.stop("user")
    feed.stop("signal")
    assert feed.take() is None
    assert feed.stopped == "user"


def test_what_the_cap_held_back_comes_again_when_a_request_ended():
    feed = feed_of(2)
    feed.open_up()
    first = feed.take()
    feed.ask()
    second = feed.take()
    feed.hold(second, feed.ask())
    thread, got = taken_in_thread(feed)
    thread.join(0.05)
    assert got == []
    feed.done(first)
    feed.ended()
    thread.join(5)
    assert got == [second]


def test_the_cap_stops_the_job_when_nothing_can_come_free():
    feed = feed_of(2)
    feed.hold(feed.take(), feed.ask())
    assert feed.stopped == "cap"
    assert feed.take() is None


def test_two_that_are_refused_together_stop_the_job_with_the_second():
    feed = feed_of(2)
    feed.open_up()
    first, second = feed.take(), feed.take()
    asked = feed.ask(), feed.ask()
    feed.hold(first, asked[0])
    assert feed.stopped is None
    feed.hold(second, asked[1])
    assert feed.stopped == "cap"


def test_what_was_refused_while_another_ended_asks_again():
    feed = feed_of(2)
    feed.open_up()
    first = feed.take()
    feed.ask()
    second = feed.take()
    asked = feed.ask()
    feed.done(first)
    feed.ended()
    feed.hold(second, asked)
    assert feed.stopped is None
    assert feed.take() is second


def test_many_threads_share_the_items_without_losing_or_doubling_one():
    feed = feed_of(2000)
    feed.open_up()
    got, lock = [], threading.Lock()

    def serve():
        while (task := feed.take()) is not None:
            if task.item.id % 7 == 0 and not task.unreadable:
                task.meet(lengthened=False, unreadable=True)
                feed.later(task, 0.0)
                continue
            with lock:
                got.append(task.item.id)
            feed.done(task)

    threads = [threading.Thread(target=serve) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(got) == list(range(1, 2001))


def test_a_refusal_waits_while_other_processes_may_free_some_of_the_cap():
    clock, elsewhere = Clock(), [True]
    task = Task(SimpleNamespace(id=1))
    pages = iter([[task], None])
    feed = Feed(lambda: next(pages), clock_s=clock, may_come_free=lambda: elsewhere[0])
    feed.hold(feed.take(), feed.ask())
    assert feed.stopped is None
    clock.now = 1.0
    assert feed.take() is task
    elsewhere[0] = False
    feed.hold(task, feed.ask())
    assert feed.stopped == "cap"


def test_a_feed_without_an_end_waits_for_more_and_tells_each_task_that_is_settled():
    pages, settled = [[]], []
    feed = Feed(lambda: pages.pop() if pages else [], clock_s=Clock(), alone=False, settled=settled.append)
    thread, got = taken_in_thread(feed)
    thread.join(0.05)
    assert got == []
    task = Task(SimpleNamespace(id=1), chunk=7)
    pages.append([task])
    feed.wake()
    thread.join(5)
    assert got == [task]
    feed.done(task)
    assert settled == [task]
