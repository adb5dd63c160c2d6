from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import click

from console.finish import finish
from console.options import (
    encoding_option,
    json_option,
    new_budget_option,
    password_option,
    publish_option,
    publish_rows_option,
)
from console.output import say
from jobs.lifecycle import JobState
from jobs.money import to_pico
from jobs.spec import JobSpec, parse_budget
from jobs.store.job_table import JobRecord
from outputs.publish.writing import publish_path
from outputs.targets import Targets, check_target
from templates.errors import UserError
from worker.wiring import Parts, wire


@click.command("resume")
@click.argument("job")
@new_budget_option
@click.option(
    "--lane",
    type=click.Choice(("on-demand", "flex", "batch")),
    help="How what is open goes out from now on; batch jobs are stopped and harvested first.",
)
@encoding_option
@publish_option
@publish_rows_option
@password_option
@json_option
def command(
    job: str,
    *,
    budget: str | None,
    lane: str | None,
    encoding: str | None,
    publish: tuple[str, ...],
    publish_rows: str | None,
    password: str,
    as_json: bool,
) -> int:
    """Finish a job that was interrupted or stopped: only items without a result are sent."""
    parts = wire(password=password)
    record = _job_to_resume(parts, job)
    cap = checked_cap(parts, record, budget)
    if lane:
        idle_job(parts, job)
        parts.preparation.change_lane(record, lane)
        record = parts.store.jobs.get(job)
    spec = JobSpec.from_json(record.spec)
    asked = replace(
        spec,
        encoding=encoding or spec.encoding,
        publish=tuple(dict.fromkeys((*spec.publish, *publish))),
        publish_rows=publish_rows or spec.publish_rows,
    )
    if asked != spec:
        _check_writing(parts, record, spec, asked)
        parts.store.jobs.change(job, spec=asked.to_json())
        record = parts.store.jobs.get(job)
    return take_up(parts, record, cap=cap, as_json=as_json)


def _check_writing(parts: Parts, job: JobRecord, spec: JobSpec, asked: JobSpec) -> None:
    """Make sure that the files can be written as asked for, and that new ones replace none that is not the job's.

    Raises:
        UserError: the templates or the source do not fit a target, or a file of its name is there.
    """
    parts.preparation.check_writing(job, asked)
    for name in asked.publish:
        if name not in spec.publish and job.workbook and not job.detached:
            check_target(publish_path(Path(job.workbook), name), Path(job.source), overwrite=spec.overwrite)


def _job_to_resume(parts: Parts, job_id: str) -> JobRecord:
    """Give a job that may be gone on with, or followed where workers are at it."""
    job = parts.store.jobs.get(job_id)
    if parts.cluster and job.kind != "preview" and parts.execution.is_running(job_id):
        say(f"Workers are at {job_id}: following it.")
        return job
    return idle_job(parts, job_id)


def idle_job(parts: Parts, job_id: str) -> JobRecord:
    """Give a job that may be taken up again.

    Raises:
        UserError: there is none, it is a preview, or a process runs it at this moment.
    """
    job = parts.store.jobs.get(job_id)
    if job.kind == "preview":
        raise UserError(f"{job.id} is a preview.", fix="`skuscribe run` reuses what it bought.", code="job")
    if parts.execution.is_running(job_id):
        raise UserError(
            f"The job {job_id} is being run by another process.",
            fix=f"Wait for it, or stop it with `skuscribe stop {job_id}`.",
            code="running",
        )
    if job.shared and job.state is JobState.RUNNING:
        raise UserError(
            f"The job {job_id} is being run by workers.",
            fix="Set SKUSCRIBE_BROKER_URL to their broker.",
            code="running",
        )
    return job


def checked_cap(parts: Parts, job: JobRecord, budget: str | None) -> Decimal | None:
    """Read the new total that a job may cost.

    Raises:
        UserError: it is no amount, or cannot be held.
    """
    if not budget:
        return None
    cap = parse_budget(budget)
    parts.preparation.refuse_unpriced(JobSpec.from_json(job.spec))
    return cap


def take_up(parts: Parts, job: JobRecord, *, cap: Decimal | None, as_json: bool) -> int:
    """Go on with a job, planning it first where it was killed before its plan was whole."""
    if cap is not None:
        if job.cap_pico is not None and to_pico(cap) < job.spent_pico + job.held_pico:
            say("Note: the new budget is already used up.")
        spec = replace(JobSpec.from_json(job.spec), budget=cap)
        parts.store.jobs.change(job.id, cap_pico=to_pico(cap), spec=spec.to_json())
    if not job.planned:
        parts.preparation.plan_again(job)
    return finish(parts, job.id, _targets(parts, job), as_json=as_json)


def _targets(parts: Parts, job: JobRecord) -> Targets:
    """Give the files of the job: those that it wrote before may be replaced.

    What a worker delivered lies where all workers reach it; who resumes the job wants it where `run` said.
    """
    if job.workbook and job.report and not job.detached:
        return Targets(workbook=Path(job.workbook), report=Path(job.report))
    spec = JobSpec.from_json(job.spec)
    name = Path(spec.out or job.source).name
    return parts.delivery.targets(job.source, name, replace(spec, overwrite=True), job.id)
