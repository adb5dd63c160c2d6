"""The place for files, as `doctor` looks at it."""

from __future__ import annotations

from collections.abc import Callable

from jobs.files import Files
from worker.checks.check import Check, checked


def check_files(files: Callable[[], Files], *, only_here: bool) -> Check:
    """Write a file to the place, read it back and remove it.

    Args:
        files: Gives the place, or says that it is none.
        only_here: Workers are to share the job, and the place is this machine's own.
    """

    def look(warnings: list[str]) -> str:
        place = files()
        place.probe()
        if only_here:
            warnings.append("Workers on other machines do not reach it: set SKUSCRIBE_FILES when there are some.")
        return f"{place.place} can be written and read"

    return checked("files", look)
