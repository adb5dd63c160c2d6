"""Variety without chance: orders that follow from a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import blake2b
from math import gcd
from typing import TypeVar
from zlib import crc32

T = TypeVar("T")
_MASK = (1 << 64) - 1


def number_of(seed: int, text: str) -> int:
    """Make a number of a seed and a text."""
    return int.from_bytes(blake2b(f"{seed}|{text}".encode(), digest_size=8).digest(), "big")


def mixed(number: int, word: str) -> int:
    """Make another number for a purpose."""
    return ((number ^ crc32(word.encode())) * 0x9E3779B97F4A7C15 & _MASK) >> 16


def in_turn(items: Sequence[T], number: int) -> Iterator[T]:
    """Give all items, in one of many orders."""
    count = len(items)
    if not count:
        return
    steps = _steps(count)
    place, step = number % count, steps[(number >> 12) % len(steps)]
    for _ in range(count):
        yield items[place]
        place = (place + step) % count


@cache
def _steps(count: int) -> tuple[int, ...]:
    return tuple(step for step in range(1, count + 1) if gcd(step, count) == 1)
