from __future__ import annotations

import sys
from typing import Any

import click

from console.finish import as_it_stands, drop_unsent, finish, show
from console.options import one_model, shared_options, spec_of
from console.output import estimate_line, say, say_notes
from outputs.targets import returned_name
from templates.errors import AccessError, UserError
from worker.preparation import Plan
from worker.wiring import Cluster, Parts, wire


@click.command("run")
@click.argument("source")
@shared_options
@click.option("--detach", is_flag=True, help="Leave the job to the workers and return; `resume` follows it.")
def command(source: str, *, as_json: bool, yes: bool, password: str, detach: bool, **options: Any) -> int:
    """Write the copy: read SOURCE, plan, generate, and give the workbook back.

    SOURCE is a file, an object in S3 (s3://BUCKET/KEY) or - for standard input.

    The estimate is shown first and you are asked before anything is spent; a script gives --yes or --budget.
    The source itself is never changed.
    """
    spec = one_model(spec_of(options))
    parts = wire(password=password)
    if detach and not parts.cluster:
        raise UserError(
            "--detach leaves a job to workers, and none share this store.",
            fix="Set SKUSCRIBE_BROKER_URL, or leave --detach away.",
            code="detach",
        )
    if parts.cluster:
        # Before planning, which takes a while for a large sheet: is there anybody to hand it to?
        parts.cluster.messages.waiting()
    draft = parts.preparation.draft(source, spec)
    for line in draft.said:
        say(line)
    _refuse_unasked(may_ask=sys.stdin.isatty(), yes=yes or bool(spec.budget) or spec.simulate)
    # The paths are tried before planning, which takes a while for a large sheet.
    name = returned_name(draft.sheet.info)
    parts.delivery.targets(source, name, draft.spec, "new")
    plan = parts.preparation.plan(draft, kind="run")
    say_notes(plan.notes)
    targets = parts.delivery.targets(source, name, draft.spec, plan.job_id)
    parts.delivery.settle(plan.job_id, targets)
    say(estimate_line(plan.choice.lane, plan.chosen))
    say(plan.choice.line)
    if not (yes or spec.budget or spec.simulate or plan.chosen.items == 0):
        _ask(parts, plan)
    if detach and parts.cluster:
        return _leave(parts, parts.cluster, plan.job_id, as_json=as_json)
    try:
        return finish(parts, plan.job_id, targets, as_json=as_json)
    except (AccessError, UserError):
        drop_unsent(parts, plan.job_id)
        raise


def _leave(parts: Parts, cluster: Cluster, job_id: str, *, as_json: bool) -> int:
    """Submit a job that nobody waits for."""
    try:
        cluster.following.submit(job_id, detached=True)
    except UserError:
        parts.store.jobs.drop(job_id)
        raise
    say(f"Workers have it. `skuscribe status {job_id}` shows how it goes, `skuscribe resume {job_id}` brings it here.")
    show(as_it_stands(parts, parts.store.jobs.get(job_id)), as_json=as_json)
    return 0


def _refuse_unasked(*, may_ask: bool, yes: bool) -> None:
    if not may_ask and not yes:
        raise UserError(
            "Without a terminal nobody can be asked whether to spend.",
            fix="Give --yes, or --budget with the most that it may cost.",
            code="confirm",
        )


def _ask(parts: Parts, plan: Plan) -> None:
    try:
        click.confirm("Go ahead?", default=False, err=True, abort=True)
    except click.exceptions.Abort:
        parts.store.jobs.drop(plan.job_id)
        raise
