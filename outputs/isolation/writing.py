"""Write-back by another process: it parses the user's file once more, and so works within limits as reading does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from jobs.intake.isolation.info import info_to_json
from jobs.intake.isolation.limits import ReadLimits
from jobs.intake.isolation.process import IsolatedProcess
from jobs.sheet import SheetInfo
from outputs.columns import OutputColumn
from outputs.isolation.messages import columns_to_json, notes_from_json, pages
from outputs.notes import WriteNotes
from outputs.rows import Cells


class IsolatedWriting:
    """Writes sources again, each by a process of its own."""

    def __init__(self, limits: ReadLimits) -> None:
        self._limits = limits

    def __call__(
        self,
        info: SheetInfo,
        target: Path,
        columns: Sequence[OutputColumn],
        rows: Iterator[tuple[int, Cells]],
        *,
        encoding: str = "",
        password: str = "",
    ) -> WriteNotes:
        """Write the source again with the rows' cells in it; rows come ordered by their number.

        Raises:
            UserError: the source is gone, changed or damaged, or the target cannot be written.
        """
        process = IsolatedProcess("outputs.isolation.child", info.path, self._limits)
        try:
            asked = {"info": info_to_json(info), "target": str(target), "columns": columns_to_json(columns)}
            process.send("write", asked | {"encoding": encoding, "password": password})
            for page in pages(rows):
                process.send("rows", page)
            process.send("end", None)
            return notes_from_json(process.receive()[1])
        finally:
            process.stop(tidily=True)
