"""What a reply or an error means for its item: pure decisions, no effects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jobs.results import ItemState
from templates.checks import Checker
from templates.fields import Copy, Template, Violation
from worker.composing import Task
from worker.model import ErrorKind, ModelError, Reply
from worker.replies import CUT, FILTERED, read_answer
from worker.retry import HITS_EVERY_ITEM, wait_after

#: Replies without any usable answer that one item may cost.
_UNREADABLE_REPLIES = 3


@dataclass(frozen=True, slots=True)
class Settled:
    """The item is finished, with copy or with the reason why there is none."""

    state: ItemState
    copy: Copy
    notes: str


@dataclass(frozen=True, slots=True)
class Repair:
    """Ask once more, for the failing fields only."""

    draft: Copy
    violations: Sequence[Violation]


@dataclass(frozen=True, slots=True)
class Again:
    """Ask once more, after a wait."""

    wait_s: float = 0.0
    lengthened: bool = False
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class StopJob:
    """The error would hit every item alike."""

    error: ModelError


Verdict = Settled | Repair | Again | StopJob


def on_reply(task: Task, reply: Reply, template: Template, checker: Checker) -> Verdict:
    """Decide about an item by the reply that it got."""
    if reply.stop_reason in FILTERED:
        return _failed("A content filter of Bedrock stopped this text. Check the product's wording.")
    answer = read_answer(reply)
    if answer is None or not any(one.name in answer for one in template.fields):
        return _on_unreadable(task, cut=reply.stop_reason in CUT)
    if task.purpose == "repair":
        failing = {one.field for one in task.violations}
        kept = {name: list(value) if isinstance(value, tuple) else value for name, value in task.draft.items()}
        answer = {**kept, **{name: value for name, value in answer.items() if name in failing}}
    copy, violations = checker.check(answer, task.item.values)
    if not violations:
        return Settled(ItemState.DONE, copy, "")
    if task.purpose != "repair":
        return Repair(copy, violations)
    return _flagged(copy, violations)


def on_error(task: Task, error: ModelError, random: Callable[[], float]) -> Verdict:
    """Decide about an item by the error that its request met; `task.met` counts this one already."""
    if error.kind in HITS_EVERY_ITEM:
        return StopJob(error)
    wait_s = wait_after(error.kind, task.met.get(error.kind, 1), random)
    if wait_s is not None:
        return Again(wait_s)
    if task.purpose == "repair" and any(task.draft.values()):
        return _flagged(task.draft, task.violations)
    tried = sum(task.met.values())
    times = f" after {tried} tries" if tried > 1 else ""
    return _failed(f"{_FAILED.get(error.kind, 'Bedrock gave an error')}{times}: {error.message}")


_FAILED = {
    ErrorKind.THROTTLED: "The model's quota was used up",
    ErrorKind.UNAVAILABLE: "The model was not available",
    ErrorKind.INTERNAL: "Bedrock had an error of its own",
    ErrorKind.TRANSPORT: "The connection to Bedrock kept breaking",
    ErrorKind.TIMEOUT: "The model took too long",
    ErrorKind.NOT_READY: "The model did not become ready",
    ErrorKind.REJECTED: "Bedrock rejected the request",
    ErrorKind.TOO_LONG: "The product's text is too long for the model",
}


def _on_unreadable(task: Task, *, cut: bool) -> Verdict:
    if cut and not task.lengthened:
        return Again(lengthened=True)
    if task.purpose == "repair":
        return _flagged(task.draft, task.violations) if any(task.draft.values()) else _failed(_NO_ANSWER)
    if cut:
        return _failed("The answer was cut off twice. Shorten the fields' limits or choose another model.")
    if task.unreadable + 1 < _UNREADABLE_REPLIES:
        return Again(unreadable=True)
    return _failed(_NO_ANSWER)


def is_usable(verdict: Verdict) -> bool:
    """Whether a verdict on a reply says that the model understood what was asked."""
    return isinstance(verdict, Repair) or (isinstance(verdict, Settled) and verdict.state is not ItemState.FAILED)


_NO_ANSWER = "The model gave no usable answer. `skuscribe retry` tries again; another model may do better."


def _flagged(copy: Copy, violations: Sequence[Violation]) -> Settled:
    notes = "; ".join(one.message for one in violations) + "."
    return Settled(ItemState.FLAGGED if any(copy.values()) else ItemState.FAILED, copy, notes)


def _failed(notes: str) -> Settled:
    return Settled(ItemState.FAILED, {}, notes)
