"""What was found about a source, as JSON between two processes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from jobs.sheet import Column, SheetInfo


def info_to_json(info: SheetInfo) -> dict[str, Any]:
    """Write it as plain values."""
    return asdict(info) | {"path": str(info.path)}


def info_from_json(values: dict[str, Any]) -> SheetInfo:
    """Read it back."""
    settled: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    settled["path"] = Path(values["path"])
    settled["columns"] = tuple(Column(**column) for column in values["columns"])
    return SheetInfo(**settled)
