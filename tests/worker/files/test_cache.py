from __future__ import annotations

import os

import pytest

from worker.files.cache import FileCache

HOUR = 3600.0


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cache(tmp_path, clock):
    return FileCache(tmp_path / "cache", most_bytes=100, clock=clock)


def add(cache, content, name="a.csv"):
    return cache.add(name, lambda target: target.write_bytes(content))


def test_a_file_is_given_by_content_and_name(cache):
    kept = add(cache, b"SKU")

    assert cache.get(kept.sha256, "a.csv") == kept.path
    assert kept.path.name == "a.csv"
    assert kept.path.read_bytes() == b"SKU"
    assert cache.get(kept.sha256, "b.csv") is None
    assert cache.get("0" * 64, "a.csv") is None


def test_the_longest_unused_goes_when_there_is_too_much(cache, clock):
    first, second = add(cache, b"1" * 40), add(cache, b"2" * 40)
    clock.now += 2 * HOUR
    cache.get(first.sha256, "a.csv")
    add(cache, b"3" * 40)

    assert cache.get(first.sha256, "a.csv")
    assert cache.get(second.sha256, "a.csv") is None


def test_what_was_used_within_the_hour_stays_however_full_it_is(cache, clock):
    kept = [add(cache, bytes([at]) * 60) for at in range(4)]
    clock.now += HOUR / 2
    add(cache, b"x" * 60)

    assert all(cache.get(one.sha256, "a.csv") for one in kept)


def test_nothing_goes_as_long_as_all_fits(cache, clock):
    kept = add(cache, b"1" * 40)
    clock.now += 100 * HOUR
    add(cache, b"2" * 40)

    assert cache.get(kept.sha256, "a.csv")


def test_a_file_whose_writing_fails_is_not_there(cache, tmp_path):
    def fails(target):
        target.write_bytes(b"half")
        raise ConnectionError

    with pytest.raises(ConnectionError):
        cache.add("a.csv", fails)
    assert list((tmp_path / "cache").iterdir()) == []


def test_what_a_killed_process_left_goes_later(cache, tmp_path, clock):
    left = tmp_path / "cache/.new-abc"
    left.mkdir(parents=True)
    (left / "a.csv").write_bytes(b"half")
    os.utime(left, (clock.now, clock.now))
    clock.now += 2 * HOUR
    add(cache, b"1")
    assert left.exists()
    clock.now += 24 * HOUR
    add(cache, b"2")

    assert not left.exists()


def test_two_processes_that_bring_the_same_file_both_have_it(cache, tmp_path, clock):
    other = FileCache(tmp_path / "cache", most_bytes=100, clock=clock)
    theirs = []

    def write(target):
        theirs.append(add(other, b"SKU"))
        target.write_bytes(b"SKU")

    ours = cache.add("a.csv", write)

    assert ours == theirs[0]
    assert ours.path.read_bytes() == b"SKU"
    assert len(list((tmp_path / "cache").iterdir())) == 1
