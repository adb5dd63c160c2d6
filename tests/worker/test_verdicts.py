import json

import pytest
from engine_making import TEMPLATE, answer, error, reply
from templates_making import template

from jobs.results import ItemState
from jobs.store.item_table import OpenItem
from templates.checks import Checker
from templates.fields import Violation
from worker.composing import Task
from worker.model import ErrorKind
from worker.retry import HITS_EVERY_ITEM
from worker.verdicts import Again, Repair, Settled, StopJob, on_error, on_reply

TWO = template(
    toml='title = "T"\nversion = 1\n[needs.title]\n[fields.head]\ntitle = "Head"\nbrief = "x"\nmax_chars = 10\n'
    '[fields.body]\ntitle = "Body"\nbrief = "x"\nmax_chars = 20\n'
)


def task(**values):
    item = OpenItem(
        id=1, row=2, key="K", template="test@1", locale="", model="m", fingerprint="f", values={"title": "Cup"}
    )
    made = Task(item)
    for name, value in values.items():
        setattr(made, name, value)
    return made


def judged(said, of=TEMPLATE, **values):
    return on_reply(task(**values), said, of, Checker(of.fields))


def refused(kind, *, times=1, **values):
    return on_error(task(met={kind: times}, **values), error(kind), lambda: 0.5)


def repairing(text="x" * 150):
    return {
        "purpose": "repair",
        "draft": {"text": text},
        "violations": (Violation(field="text", message="Text is long"),),
    }


def test_an_answer_that_keeps_its_contract_is_done():
    assert judged(answer("A fine cup")) == Settled(ItemState.DONE, {"text": "A fine cup"}, "")


def test_an_answer_over_its_contract_is_repaired_once_and_then_flagged_with_the_reason():
    verdict = judged(answer("x" * 150))
    assert isinstance(verdict, Repair)
    assert [one.field for one in verdict.violations] == ["text"]
    again = judged(answer("y" * 150), **repairing())
    assert again.state is ItemState.FLAGGED
    assert again.copy == {"text": "y" * 150}
    assert "100" in again.notes
    assert again.notes.endswith(".")


def test_a_repair_keeps_the_fields_that_were_right():
    draft = {"head": "Right", "body": "z" * 40}
    wrong = (Violation(field="body", message="Body is long"),)
    said = reply(json.dumps({"body": "Short now", "head": "Something else"}))
    verdict = judged(said, TWO, purpose="repair", draft=draft, violations=wrong)
    assert verdict == Settled(ItemState.DONE, {"head": "Right", "body": "Short now"}, "")


def test_a_missing_field_is_asked_for_again():
    verdict = judged(reply('{"head": "Right"}'), TWO)
    assert isinstance(verdict, Repair)
    assert [one.field for one in verdict.violations] == ["body"]


@pytest.mark.parametrize("stop_reason", ["guardrail_intervened", "content_filtered"])
def test_filtered_text_is_never_asked_for_again(stop_reason):
    verdict = judged(reply("", stop_reason=stop_reason))
    assert verdict.state is ItemState.FAILED
    assert "filter" in verdict.notes


def test_a_cut_answer_gets_more_room_once():
    assert judged(reply('{"text": "and then', stop_reason="max_tokens")) == Again(lengthened=True)
    twice = judged(reply('{"text": "and then', stop_reason="max_tokens"), met={"cut": 1})
    assert twice.state is ItemState.FAILED
    assert "cut off" in twice.notes


def test_a_whole_answer_counts_even_when_words_after_it_were_cut():
    assert judged(reply('{"text": "A cup"} and now', stop_reason="max_tokens")).state is ItemState.DONE


def test_unreadable_answers_are_paid_at_most_three_times():
    assert judged(reply("I would rather not")) == Again(unreadable=True)
    assert judged(reply("I would rather not"), met={"unreadable": 1}) == Again(unreadable=True)
    assert judged(reply("I would rather not"), met={"unreadable": 2}).state is ItemState.FAILED


def test_an_unreadable_repair_keeps_the_draft_flagged():
    verdict = judged(reply("No."), **repairing())
    assert verdict.state is ItemState.FLAGGED
    assert verdict.copy == {"text": "x" * 150}


@pytest.mark.parametrize("kind", sorted(HITS_EVERY_ITEM))
def test_what_hits_every_item_stops_the_job(kind):
    assert isinstance(refused(kind), StopJob)


@pytest.mark.parametrize(
    "kind",
    [
        ErrorKind.THROTTLED,
        ErrorKind.UNAVAILABLE,
        ErrorKind.INTERNAL,
        ErrorKind.TRANSPORT,
        ErrorKind.TIMEOUT,
        ErrorKind.NOT_READY,
    ],
)
def test_what_passes_is_tried_again(kind):
    verdict = refused(kind)
    assert isinstance(verdict, Again)
    assert verdict.wait_s > 0


@pytest.mark.parametrize("kind", [ErrorKind.REJECTED, ErrorKind.TOO_LONG])
def test_what_the_item_itself_causes_is_final(kind):
    verdict = refused(kind)
    assert verdict.state is ItemState.FAILED
    assert "it said no" in verdict.notes


def test_a_failure_says_how_often_it_was_tried():
    assert "after 9 tries" in refused(ErrorKind.INTERNAL, times=9).notes


def test_a_repair_that_cannot_be_sent_keeps_the_draft_flagged():
    verdict = refused(ErrorKind.INTERNAL, times=9, **repairing())
    assert verdict.state is ItemState.FLAGGED
    assert verdict.copy == {"text": "x" * 150}
