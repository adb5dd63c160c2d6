"""The files that jobs read and give, kept so that any worker can go on with a job whatever became of the original."""

from __future__ import annotations

from pathlib import Path

from jobs.files import Files
from jobs.intake.isolation.limits import ReadLimits
from jobs.intake.isolation.sheet import IsolatedSheet
from jobs.sheet import ReadOptions, Sheet
from jobs.spec import JobSpec
from outputs.isolation.writing import IsolatedWriting
from templates.errors import UserError
from worker.files.content import digest_of, disk_error


class SourceFiles:
    """Copies of the sources, each under the sha256 of its bytes; opened within limits, by a password."""

    def __init__(self, files: Files, *, limits: ReadLimits, password: str = "") -> None:
        self._files = files
        self._limits = limits
        #: Of encrypted workbooks; it is never kept.
        self.password = password

    def open(self, path: Path, spec: JobSpec) -> Sheet:
        """Open a source as a job's spec says, in a process of its own.

        Raises:
            UserError: what is wrong with it.
        """
        options = ReadOptions(
            sheet=spec.sheet or None,
            header_row=spec.header_row,
            encoding=spec.source_encoding or None,
            password=self.password or None,
        )
        return IsolatedSheet(path, options, limits=self._limits)

    @property
    def write(self) -> IsolatedWriting:
        """Write sources again, within the limits that they were read in."""
        return IsolatedWriting(self._limits)

    def keep(self, source: Path) -> str:
        """Keep a copy of a file and give its digest.

        Raises:
            UserError: it cannot be kept, or it is being written to.
            AccessError: the place for files is out of reach, or does not let us in.
        """
        try:
            digest = digest_of(source)
        except OSError as error:
            raise disk_error(f"{source.name} cannot be read", error, fix="Check who may read it.") from error
        self._files.put(source, _source(digest, source.name), sha256=digest)
        return digest

    def find(self, digest: str, name: str) -> Path:
        """Give the kept copy, under the original's file name.

        Raises:
            UserError: it is gone, or it is not what was kept.
            AccessError: the place for files is out of reach, or does not let us in.
        """
        return self._fetch(
            _source(digest, name),
            sha256=digest,
            told=f"The kept copy of {name}",
            fix="Start a new job with `skuscribe run`; copy that was bought is reused.",
        )

    def put_result(self, job_id: str, path: Path) -> str:
        """Keep a result of a job where who asked for it finds it: give its absolute path or its URL.

        Raises:
            UserError: it cannot be kept.
            AccessError: the place for files is out of reach, or does not let us in.
        """
        return self._files.put(path, _result(job_id, path.name))

    def find_result(self, job_id: str, name: str) -> Path:
        """Give a kept result by its file name.

        Raises:
            UserError: it is gone.
            AccessError: the place for files is out of reach, or does not let us in.
        """
        return self._fetch(
            _result(job_id, name),
            told=f"The result {name} of job {job_id}",
            fix=f"`skuscribe resume {job_id}` writes it again; nothing is bought twice.",
        )

    def _fetch(self, name: str, *, told: str, fix: str, sha256: str = "") -> Path:
        try:
            return self._files.fetch(name, sha256=sha256)
        except FileNotFoundError as error:
            raise UserError(
                f"{told} is gone from {self._files.place}.",
                fix=f"If that place is shared, check that it is the same one on each machine. {fix}",
                code="source",
            ) from error


def _source(digest: str, name: str) -> str:
    return f"sources/{digest[:20]}/{name}"


def _result(job_id: str, name: str) -> str:
    return f"results/{job_id}/{name}"
