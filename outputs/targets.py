"""Where the workbook and its report go; settled before anything is spent."""

from __future__ import annotations

import errno
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from jobs.sheet import SheetInfo
from templates.errors import UserError

REPORT_SUFFIX = ".report.xlsx"
#: Formats that come back as another, since theirs cannot be written with everything in it.
_COMES_BACK_AS = {"xls": ".xlsx", "xlsb": ".xlsx", "feed": ".xlsx"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The two files that a job writes."""

    workbook: Path
    report: Path


def returned_name(info: SheetInfo) -> str:
    """Give the name of the file that comes back: the source's, with another extension where its format changes."""
    name = info.path.name
    if not info.path.suffix and not info.member:
        name = f"{name}.{info.format}"
    return name if info.member else str(Path(name).with_suffix(_COMES_BACK_AS.get(info.format, Path(name).suffix)))


def target_paths(
    source: Path,
    out: str | None,
    job_id: str,
    *,
    name: str,
    overwrite: bool,
    results_root: Path,
    report: str | None = None,
) -> Targets:
    """Settle both paths, and try that they can be written without leaving anything behind.

    `out`: a folder, or a file name with the extension of `name`, which is what the workbook is called when it comes
    back; None: the job's own folder under `results_root`.

    Raises:
        UserError: a path exists, is the source, has another extension or cannot be written (code "out").
    """
    workbook = _workbook(source, name, out, results_root / job_id)
    report_path = Path(report) if report else workbook.with_name(workbook.stem + REPORT_SUFFIX)
    if report and report_path.suffix.casefold() != ".xlsx":
        raise _error(f"--report {report}: the report is an .xlsx workbook.", "Give a file name that ends in .xlsx.")
    if _same(workbook, report_path):
        raise _error(f"{workbook}: workbook and report cannot be the same file.", "Give --report another name.")
    for path in (workbook, report_path):
        check_target(path, source, overwrite=overwrite)
    return Targets(workbook=workbook, report=report_path)


def _workbook(source: Path, name: str, out: str | None, own_folder: Path) -> Path:
    if out is None:
        return own_folder / name
    path, suffix = Path(out), Path(name).suffix
    if path.is_dir() or out.endswith(("/", os.sep)) or not path.suffix:
        return path / name
    if path.suffix.casefold() == suffix.casefold():
        return path
    if path.suffix[1:].isalnum() and len(path.suffix) <= len(".numbers"):
        raise _error(
            f"--out {out}: {source.name} comes back as {suffix}, not as {path.suffix}.",
            f"Give a folder, or a file name that ends in {suffix}.",
        )
    return path / name


def check_target(path: Path, source: Path, *, overwrite: bool) -> None:
    """Try that a file can be written where it is to go.

    Raises:
        UserError: it exists, is the source or a folder, or cannot be written (code "out").
    """
    if _same(path, source):
        raise _error(f"{path} is the source itself, which is never changed.", "Give --out another folder or name.")
    if path.is_dir():
        raise _error(f"{path} is a folder.", "Give --out another folder or name.")
    if path.exists() and not overwrite:
        raise _error(f"{path} exists.", "Give --overwrite to replace it, or --out another folder or name.")
    _try_folder(path.parent)


def _try_folder(folder: Path) -> None:
    """Make a file in the folder, or in the nearest one above it that exists, and take it away again."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".skuscribe-"):
            pass
    except OSError as problem:
        why = os.strerror(problem.errno or errno.EACCES)
        raise _error(
            f"Nothing can be written to {folder}: {why}.", "Give --out a folder that you may write to."
        ) from None


def _same(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.resolve() == other.resolve()


def _error(message: str, fix: str) -> UserError:
    return UserError(message, fix=fix, code="out")
