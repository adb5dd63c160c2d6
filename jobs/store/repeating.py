"""Tables that wait out a database that went away in the middle of their work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import wraps
from inspect import getmembers, isgeneratorfunction, ismethod
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy.exc import IntegrityError

from jobs.store.failures import StoreLostError
from jobs.store.patience import patiently

T = TypeVar("T")


def repeating(table: T, most_s: float) -> T:
    """Have each method of a table begin again when the database was lost in its middle; give the table.

    A method is one transaction, of which nothing is left when it is cut off. Only a loss during the commit leaves it
    open whether it was written. Then the second time changes nothing: it sets what is set, drops what is dropped, or
    meets the rows that the first time has added, all of them or none.
    """
    if not most_s:
        return table
    for name, method in getmembers(table, ismethod):
        if not name.startswith("_"):
            setattr(table, name, (_resumed if isgeneratorfunction(method) else _repeated)(method, most_s))
    return table


def _repeated(method: Callable[..., Any], most_s: float) -> Callable[..., Any]:
    @wraps(method)
    def repeated(*arguments: Any, **options: Any) -> Any:
        in_doubt = False

        def work() -> Any:
            nonlocal in_doubt
            try:
                return method(*arguments, **options)
            except StoreLostError as lost:
                in_doubt = in_doubt or lost.in_doubt
                raise
            except IntegrityError:
                if not in_doubt:
                    raise
                return None

        return patiently(work, most_s=most_s, sleep=time.sleep, clock_s=time.monotonic)

    return repeated


def _resumed(method: Callable[..., Iterator[Any]], most_s: float) -> Callable[..., Iterator[Any]]:
    @wraps(method)
    def resumed(*arguments: Any, **options: Any) -> Iterator[Any]:
        given = 0
        stream = method(*arguments, **options)

        def following() -> list[Any]:
            nonlocal stream
            try:
                return list(islice(stream, 1))
            except StoreLostError:
                stream = islice(method(*arguments, **options), given, None)
                raise

        while True:
            one = patiently(following, most_s=most_s, sleep=time.sleep, clock_s=time.monotonic)
            if not one:
                return
            given += 1
            yield one[0]

    return resumed
