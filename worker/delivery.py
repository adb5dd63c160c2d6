"""Hands the results back: the workbook, and the report beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from jobs.money import plain
from jobs.prices.book import PriceBook
from jobs.results import Summary
from jobs.sheet import Sheet, SheetInfo
from jobs.spec import JobSpec
from jobs.store.job_table import JobRecord
from jobs.store.store import Store
from outputs.fill import parse_fill
from outputs.notes import WriteNotes
from outputs.publish.binding import bind
from outputs.publish.notes import PublishNotes
from outputs.publish.writing import publish_path, write_publish
from outputs.report import write_report
from outputs.targets import Targets, check_target, target_paths
from outputs.writeback import write_workbook
from templates.errors import SkuscribeError, UserError
from worker.earlier import earlier_headers
from worker.endpoint import SIMULATED
from worker.recipe import Recipe
from worker.source_files import SourceFiles
from worker.summaries import summarise

RESULTS = Path("outputs") / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What was written and what had to be noted."""

    summary: Summary
    notes: WriteNotes
    published: tuple[PublishNotes, ...] = ()


class UndeliveredError(SkuscribeError):
    """The copy is bought and in the store, but the workbook or the report could not be written."""

    exit_code = 3


class Delivery:
    """Writes a job's workbook and report from the store and the kept source."""

    def __init__(self, *, store: Store, files: SourceFiles, book: PriceBook) -> None:
        self._store = store
        self._files = files
        self._book = book

    def targets(self, source: str, name: str, spec: JobSpec, job_id: str) -> Targets:
        """Settle where both files go, and that they can be written there; nothing is left behind.

        `name`: what the workbook is called when it comes back.

        Raises:
            UserError: a path exists without --overwrite, is the source itself, or cannot be written.
        """
        targets = target_paths(
            Path(source),
            spec.out or None,
            job_id,
            name=name,
            overwrite=spec.overwrite,
            results_root=RESULTS,
            report=spec.report or None,
        )
        for target in spec.publish:
            check_target(publish_path(targets.workbook, target), Path(source), overwrite=spec.overwrite)
        return targets

    def settle(self, job_id: str, targets: Targets) -> None:
        """Keep where a job's files go, so that it can be resumed from another folder."""
        spec = JobSpec.from_json(self._store.jobs.get(job_id).spec)
        settled = replace(spec, out=str(targets.workbook.absolute()), report=str(targets.report.absolute()))
        self._store.jobs.change(job_id, spec=settled.to_json())

    def deliver(self, job_id: str, targets: Targets, *, keep_where: bool = True) -> Delivered:
        """Write both files as the job stands now; `keep_where`: note their paths with the job.

        Raises:
            UndeliveredError: they could not be written; what was bought is in the store.
        """
        try:
            return self._deliver(job_id, targets, keep_where=keep_where)
        except (UserError, OSError) as error:
            cause = error.message if isinstance(error, UserError) else f"{error.filename}: {error.strerror}."
            raise UndeliveredError(
                f"The results could not be written: {cause}",
                fix=f"Mend that, then `skuscribe resume {job_id}` writes them; nothing is bought again.",
                code="undelivered",
            ) from error

    def _deliver(self, job_id: str, targets: Targets, *, keep_where: bool) -> Delivered:
        job = self._store.jobs.get(job_id)
        spec, recipe = JobSpec.from_json(job.spec), Recipe.from_json(job.templates)
        source = self._files.find(job.source_digest, Path(job.source).name)
        sheet = self._files.open(source, spec)
        if keep_where:
            self._store.jobs.change(
                job_id, workbook=str(targets.workbook.absolute()), report=str(targets.report.absolute())
            )
        summary = summarise(self._store, self._store.jobs.get(job_id), book=self._book)
        targets.workbook.parent.mkdir(parents=True, exist_ok=True)
        targets.report.parent.mkdir(parents=True, exist_ok=True)
        notes = write_workbook(
            sheet.info,
            targets.workbook,
            templates=recipe.templates,
            locales=spec.locale,
            fill=parse_fill(spec.fill),
            results=self._store.items.results(job_id),
            simulated=job.realm == SIMULATED,
            earlier=earlier_headers(self._store, job.realm, job.catalogue, before=job),
            source_rows=sheet.rows() if spec.only == "empty" else None,
            encoding=spec.encoding,
            password=self._files.password,
            write=self._files.write,
        )
        published = tuple(self._publish(target, job, sheet, targets) for target in dict.fromkeys(spec.publish))
        write_report(
            targets.report,
            summary,
            job={
                "Source": job.source,
                "Started": job.created_at,
                "Owner": job.owner,
                "Catalogue": job.catalogue,
                "Realm": job.realm,
                "Templates": ", ".join(template.ref for template in recipe.templates),
                "Models": ", ".join(spec.model),
                "Locales": ", ".join(spec.locale),
                "Cap (USD)": plain(spec.budget) if spec.budget is not None else "none",
                "Price book": self._book.date.isoformat(),
                **{f"Published for {one.label}": one.summary() for one in published},
            },
            items=lambda: self._store.items.results(job_id),
            attempts=lambda: self._store.totals.attempts(job_id),
            batches=self._store.shards.of_job(job_id),
        )
        return Delivered(summary=replace(summary), notes=notes, published=published)

    def _publish(self, target: str, job: JobRecord, sheet: Sheet, targets: Targets) -> PublishNotes:
        spec, recipe = JobSpec.from_json(job.spec), Recipe.from_json(job.templates)
        binding = bind(target, sheet.info, recipe.templates, spec.locale)
        return write_publish(
            binding,
            publish_path(targets.workbook, target),
            rows=sheet.rows(),
            results=self._store.items.results(job.id),
            approved_only=spec.publish_rows == "approved",
            simulated=job.realm == SIMULATED,
            above=self._above(sheet.info, spec) if binding.target.reads_above else (),
        )

    def _above(self, info: SheetInfo, spec: JobSpec) -> list[Sequence[str]]:
        """Give the rows above the header: a marketplace's template keeps its version there."""
        if info.header_row == 1:
            return []
        try:
            top = self._files.open(info.path, replace(spec, header_row=1))
        except UserError:
            # An empty first row: no template has one.
            return []
        return [
            [column.raw for column in top.info.columns],
            *(row.cells for row in takewhile(lambda row: row.number < info.header_row, top.rows())),
        ]
