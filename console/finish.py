"""Runs a planned job, hands its results over and says how it went: what `run`, `resume` and `retry` end with."""

from __future__ import annotations

from console.output import print_json, say, summary_json, summary_lines
from console.progress import shown_progress
from console.signals import stopped_by_signals
from jobs.lifecycle import JobState
from jobs.results import ItemState, Summary
from jobs.store.job_table import JobRecord
from outputs.targets import Targets
from templates.errors import SkuscribeError
from worker.execution import Watch
from worker.summaries import summarise
from worker.wiring import Parts

_STOPPED = {"cap": 4, "deadline": 3, "user": 130, "signal": 130}


def finish(parts: Parts, job_id: str, targets: Targets, *, as_json: bool) -> int:
    """Run a planned job to its end or its stop; give the exit code."""
    waiting = sum(group.items for group in parts.store.items.waiting(job_id))
    job = parts.store.jobs.get(job_id)
    failure: SkuscribeError | None = None
    with stopped_by_signals() as stop, shown_progress(waiting, simulated=job.realm == "simulated") as progress:
        try:
            parts.execution.run(
                job_id, Watch(progress=progress, stop=stop, warn=lambda text: say(f"Note: {text}"), tell=say)
            )
        except SkuscribeError as error:
            failure = error
    if failure and (failure.code == "running" or not _has_results(parts, job_id)):
        raise failure
    delivered = parts.delivery.deliver(job_id, targets)
    if failure:
        # Rows were finished before it: they are delivered, and the error still decides the exit code.
        for line in summary_lines(delivered.summary):
            say(line)
        raise failure
    for line in [*delivered.notes.lines(), *(line for notes in delivered.published for line in notes.lines())]:
        say(f"Note: {line}")
    _say_resume(delivered.summary)
    show(delivered.summary, as_json=as_json)
    return exit_code(delivered.summary)


def drop_unsent(parts: Parts, job_id: str) -> None:
    """Forget a new job that failed before its first attempt: there is nothing of it to resume."""
    if next(parts.store.totals.attempts(job_id), None) is None:
        parts.store.jobs.drop(job_id)


def summarised(parts: Parts, job_id: str) -> Summary:
    """Give a job's summary as it stands in the store."""
    return summarise(parts.store, parts.store.jobs.get(job_id), book=parts.book)


def as_it_stands(parts: Parts, job: JobRecord) -> Summary:
    """Give the summary of a job that may be running: what is in flight then is not unconfirmed yet."""
    live = parts.execution.is_running(job.id)
    session = job.session or "" if live and not job.shared else ""
    return summarise(parts.store, job, book=parts.book, live_session=session, now=parts.clock() if live else None)


def show(summary: Summary, *, as_json: bool) -> None:
    """Print a summary."""
    if as_json:
        print_json(summary_json(summary))
        return
    for line in summary_lines(summary):
        say(line)


def exit_code(summary: Summary) -> int:
    """Give the exit code that a summary stands for (design 4.1)."""
    if summary.stop_reason:
        return _STOPPED[summary.stop_reason]
    return 0 if summary.state == JobState.DONE else 3


def _has_results(parts: Parts, job_id: str) -> bool:
    return summarised(parts, job_id).requests > 0 and any(
        parts.store.items.states(job_id).get(state) for state in (ItemState.DONE, ItemState.FLAGGED)
    )


def _say_resume(summary: Summary) -> None:
    if summary.stop_reason == "cap":
        more = f"`skuscribe resume {summary.job} --budget MORE` goes on; MORE is the new total."
        say(f"Nothing more fits under the budget. {more}")
    elif summary.stop_reason:
        say(f"`skuscribe resume {summary.job}` goes on where it stopped.")
    elif summary.items["failed"] or summary.items["flagged"]:
        say(f"`skuscribe retry {summary.job}` writes the failed and flagged ones again; their rows say why.")
