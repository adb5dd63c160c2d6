from types import SimpleNamespace

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from worker.hearing import Hearing


@pytest.fixture
def hearing():
    return Hearing(SimpleNamespace())


def waits(answered_s):
    return SimpleNamespace(_in_poll=SimpleNamespace(next_health_check=answered_s))


def test_a_connection_on_which_nothing_is_answered_is_given_up(hearing):
    channel = waits(100.0)
    hearing.look(channel)
    hearing.look(channel)
    with pytest.raises(RedisConnectionError, match="not answered"):
        hearing.look(channel)


def test_a_connection_that_answers_is_kept_however_long_no_message_comes(hearing):
    channel = waits(100.0)
    for _ in range(10):
        channel._in_poll.next_health_check += 1
        hearing.look(channel)


def test_who_stood_still_reads_first_what_has_arrived_meanwhile(hearing):
    channel = waits(100.0)
    hearing.look(channel)
    hearing.look(channel)
    channel._in_poll.next_health_check += 1
    for _ in range(2):
        hearing.look(channel)


def test_a_worker_whose_threads_are_all_busy_asks_for_nothing(hearing):
    for _ in range(10):
        hearing.look(SimpleNamespace(_in_poll=None))


def test_a_new_connection_is_looked_at_anew(hearing):
    consumer = SimpleNamespace(
        timer=SimpleNamespace(call_repeatedly=lambda *_: SimpleNamespace(cancel=lambda: None)),
        task_consumer=SimpleNamespace(channel=waits(100.0)),
    )
    for _ in range(3):
        hearing.start(consumer)
        hearing.look(consumer.task_consumer.channel)
        hearing.look(consumer.task_consumer.channel)
        hearing.stop(consumer)
