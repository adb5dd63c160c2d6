"""The live progress of a job: a bar on a terminal, plain lines elsewhere; always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from console.output import say
from jobs.money import from_pico
from worker.progress import Progress

_PLAIN_EVERY_S = 10.0


@contextmanager
def shown_progress(total: int, *, simulated: bool) -> Iterator[Callable[[Progress], None]]:
    """Show how far a job is; give the function that takes its counters."""
    if sys.stderr.isatty():
        with _bar(total, simulated=simulated) as update:
            yield update
    else:
        yield _plain(total)


@contextmanager
def _bar(total: int, *, simulated: bool) -> Iterator[Callable[[Progress], None]]:
    money = "simulated $" if simulated else "$"
    with Bar(
        SpinnerColumn(),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.1f}/s"),
        TextColumn("{task.fields[tokens]:,} tokens"),
        TextColumn(money + "{task.fields[usd]:.4f}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bar:
        task = bar.add_task("writing", total=total, rate=0.0, tokens=0, usd=0.0)
        began_s = time.monotonic()

        def update(progress: Progress) -> None:
            elapsed_s = max(time.monotonic() - began_s, 0.001)
            bar.update(
                task,
                completed=progress.finished,
                rate=progress.finished / elapsed_s,
                tokens=progress.tokens,
                usd=from_pico(progress.cost_pico),
            )

        yield update


def _plain(total: int) -> Callable[[Progress], None]:
    began_s = said_s = time.monotonic()

    def update(progress: Progress) -> None:
        nonlocal said_s
        now_s = time.monotonic()
        if now_s - said_s < _PLAIN_EVERY_S:
            return
        said_s = now_s
        rate = progress.finished / (now_s - began_s)
        left = f", {round((total - progress.finished) / rate)} s left" if rate else ""
        say(
            f"{progress.finished}/{total} items, {rate:.1f} per second, {progress.tokens:,} tokens, "
            f"${from_pico(progress.cost_pico):.4f}{left}"
        )

    return update
