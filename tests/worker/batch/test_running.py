"""A job's way through batch-inference jobs, with whatever Bedrock makes of them."""

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from batch_world import ROOT, BatchWorld, Killed
from engine_making import TEMPLATE
from store_making import JOB, MODEL, start, with_items

from jobs.clock import stamp
from jobs.lifecycle import JobState, StopReason
from jobs.money import to_pico
from jobs.results import ItemState
from jobs.store.attempts import End
from jobs.store.ledger import Ledger
from jobs.store.shard_table import ShardState
from templates.errors import SkuscribeError, UserError
from worker.batch.rest import Rest
from worker.execution import renewed_deadline
from worker.inference_jobs import JobStatus
from worker.model import ErrorKind, ModelError


@pytest.fixture
def world(tmp_path):
    return BatchWorld(tmp_path)


def states(world):
    return world.store.items.states(JOB)


def shards(world):
    return world.store.shards.of_job(JOB)


def numbered(record):
    return int(record["recordId"].rpartition("-")[2])


def once(world, fate):
    """Give records a fate in the first job that holds them, and a good reply later."""
    met = set()

    def decide(record):
        item = numbered(record)
        if item in met:
            return "ok"
        met.add(item)
        return fate(item)

    world.bedrock.fate = decide


def test_many_shards_come_back_and_every_item_is_done_and_paid_once(world):
    assert world.run() is None
    assert states(world) == {"done": 12}
    assert [shard.records for shard in shards(world)] == [4, 4, 4]
    assert {line.lane for line in world.lines()} == {"batch"}
    world.check_accounts()


def test_a_job_is_asked_for_with_a_legal_name_a_token_of_its_content_and_tags(world):
    world.run()
    orders = [job["order"] for job in world.bedrock.jobs.values()]
    assert len({order.token for order in orders}) == 3
    assert all(order.name.startswith(f"skuscribe-{JOB}-") and "_" not in order.name for order in orders)
    assert len(orders[0].name) <= 63
    assert orders[0].tags == {"skuscribe-job": JOB, "skuscribe-shard": shards(world)[0].name}
    assert (orders[0].timeout_hours, orders[0].input_uri) == (72, f"{ROOT}/{JOB}/{shards(world)[0].name}/records.jsonl")


def test_records_map_back_to_their_items_without_the_file(world):
    world.run()
    [first, *_] = [job["order"] for job in world.bedrock.jobs.values()]
    records = [json.loads(line) for line in world.bucket.lines(first.input_uri)]
    assert [numbered(record) for record in records] == world.ids[:4]
    assert all("toolConfig" not in record["modelInput"] for record in records)
    assert "JSON" in records[0]["modelInput"]["system"][0]["text"]


@pytest.mark.parametrize("status", [JobStatus.COMPLETED, JobStatus.PARTIALLY_COMPLETED, JobStatus.STOPPED])
def test_records_that_are_missing_go_into_another_job_and_cost_nothing(world, status):
    world.limits = type(world.limits)(least_records=2, most_records=100, most_bytes=10**9, most_jobs=100)
    world.bedrock.end = lambda number: status if number == 1 else JobStatus.COMPLETED
    once(world, lambda item: None if item % 2 else "ok")
    world.run()
    assert states(world) == {"done": 12}
    first, second = shards(world)
    assert (first.status, first.replied, first.missing, second.records, second.round) == (status, 6, 6, 6, 2)
    assert sum(line.outcome == "unbilled" and line.error == "missing" for line in world.lines()) == 6
    world.check_accounts()


@pytest.mark.parametrize("status", [JobStatus.EXPIRED, JobStatus.FAILED])
def test_a_job_that_never_ran_costs_nothing_and_its_items_go_again(world, status):
    world.bedrock.end = lambda number: status if number == 2 else JobStatus.COMPLETED
    world.run()
    assert states(world) == {"done": 12}
    assert [shard.status for shard in shards(world)] == ["Completed", status, "Completed", "Completed"]
    assert {line.error for line in world.lines() if line.outcome == "unbilled"} == {status.lower()}
    world.check_accounts()


def test_error_records_are_told_and_go_again(world):
    once(world, lambda item: "error" if item == world.ids[5] or item == world.ids[6] else "ok")
    world.run()
    assert states(world) == {"done": 12}
    assert sum(shard.errors for shard in shards(world)) == 2
    assert any("1 with an error" in line or "2 with an error" in line for line in world.told)
    world.check_accounts()


def test_too_few_left_for_another_job_are_left_for_sending_one_by_one(world):
    once(world, lambda item: "error" if item == world.ids[5] else "ok")
    world.limits = type(world.limits)(least_records=3, most_records=4, most_bytes=10**9, most_jobs=100)
    assert world.run() is None
    assert states(world) == {"done": 11, "pending": 1}
    assert world.store.jobs.get(JOB).rest_lane == "on-demand"
    assert any("1 items are left, and a batch job takes at least 3: they go on demand." in line for line in world.told)


def test_an_answer_that_breaks_its_contract_is_repaired_in_the_next_job(world):
    def answer(record):
        text = record["modelInput"]["messages"][0]["content"][0]["text"]
        is_repair = "A first draft of some fields broke their rules." in text
        return json.dumps({"text": "Good copy" if is_repair else "x" * 500})

    world.bedrock.answer = answer
    world.run()
    assert states(world) == {"done": 12}
    assert {line.attempt[: len("b0001001")] for line in world.lines()} == {shard.name for shard in shards(world)}
    assert len(world.lines()) == 24
    assert [result.copy for result in world.store.items.results(JOB)] == [{"text": "Good copy"}] * 12
    world.check_accounts()


def test_a_repair_that_fails_as_well_is_flagged_and_not_asked_for_again(world):
    world.bedrock.answer = lambda _record: json.dumps({"text": "x" * 500})
    world.run()
    assert states(world) == {"flagged": 12}
    assert len(world.lines()) == 24


def test_an_answer_without_json_is_asked_for_again_with_that_said(world):
    asked = []

    def answer(record):
        asked.append(record["modelInput"]["messages"][0]["content"][0]["text"])
        return "I would rather not." if len(asked) in range(2, 13) else json.dumps({"text": "Good copy"})

    world.bedrock.answer = answer
    world.run()
    assert states(world) == {"done": 12}
    assert len(asked) == 12 + 11
    assert all("was not the JSON object" in text for text in asked[12:])


def test_a_model_that_fails_every_record_stops_the_job_and_says_why(world):
    world.bedrock.fate = lambda _record: "error"
    with pytest.raises(SkuscribeError, match=r"Every record .* came back with an error") as caught:
        world.run()
    assert "--lane on-demand" in caught.value.fix
    assert states(world) == {"pending": 12}


def test_jobs_that_bedrock_cannot_run_stop_the_job_with_its_words(world):
    world.bedrock.end = lambda _number: JobStatus.FAILED
    with pytest.raises(SkuscribeError, match="no reason"):
        world.run()
    world.bedrock.end = lambda _number: JobStatus.COMPLETED
    world.pass_(60)
    world.store.jobs.change(JOB, began_at=world.clock().isoformat())
    assert world.run() is None
    assert states(world) == {"done": 12}
    world.check_accounts()


def test_when_all_slots_are_taken_shards_wait_for_one(world):
    world.bedrock.slots = 1
    world.run()
    assert states(world) == {"done": 12}
    assert len(world.bedrock.jobs) == 3
    assert any("slots" in line for line in world.told)
    world.check_accounts()


def test_no_more_jobs_are_asked_for_than_the_quota_lets_in_progress(world):
    world.limits = type(world.limits)(least_records=2, most_records=4, most_bytes=10**9, most_jobs=2)
    world.bedrock.slots = 2
    world.run()
    assert states(world) == {"done": 12}
    assert not any("slots" in line for line in world.told)


def test_an_answer_to_a_create_that_was_lost_makes_no_second_job(world):
    world.bedrock.answers_lost = 2
    world.run()
    assert states(world) == {"done": 12}
    assert len(world.bedrock.jobs) == 3
    world.check_accounts()


def test_a_refusal_that_somebody_has_to_mend_stops_the_job_and_is_gone_on_with_later(world):
    world.bedrock.refuses = lambda _order: ModelError("The role cannot be passed.", kind=ErrorKind.FORBIDDEN)
    with pytest.raises(SkuscribeError, match="role"):
        world.run()
    assert world.bedrock.jobs == {}
    world.bedrock.refuses = lambda _order: None
    world.run()
    assert states(world) == {"done": 12}
    assert len(world.bedrock.jobs) == 3
    world.check_accounts()


def test_the_file_of_a_shard_ends_at_its_limit_of_bytes(world):
    size = len(next(iter(_written(world))))
    world.limits = type(world.limits)(least_records=2, most_records=100, most_bytes=5 * size + 10, most_jobs=100)
    world.run()
    assert states(world) == {"done": 12}
    sent = [shard for shard in shards(world) if shard.records]
    assert len(sent) > 2
    assert all(size < shard.bytes <= 5 * size + 10 for shard in sent)
    world.check_accounts()


def _written(world):
    batch = world.batch()
    world.store.sessions.open("s0", kind="command", host="here", process=1, slots=0, now=world.clock())
    world.store.shards.plan(JOB, name="b0", most_records=100, now=world.clock() - timedelta(hours=1))
    [shard] = world.store.shards.open(JOB)
    from worker.batch.preparing import Records  # noqa: PLC0415 - only here

    shard = world.store.shards.claim(shard.id, "s0")
    lines = b"".join(Records(batch, shard).parts()).splitlines(keepends=True)
    batch.end_the_rest(shard, outcome="unbilled", error="not_sent")
    world.store.shards.release(world.store.shards.change(shard, state=ShardState.CLOSED))
    return lines


def test_a_model_that_gives_no_answer_is_paid_for_one_round_and_no_more(world):
    world.bedrock.answer = lambda _: "I am sorry, I cannot do that."
    with pytest.raises(SkuscribeError, match="no usable answer to any product"):
        world.run()
    assert set(world.bedrock.billed.values()) == {1}
    assert sum(world.bedrock.billed.values()) == 12


def test_answers_that_were_cut_off_are_asked_for_again_with_more_room(world):
    whole, sent = world.bedrock.answer, []

    def cut_first(record):
        sent.append(record)
        return '{"text": "Go' if len(sent) <= 12 else whole(record)

    world.bedrock.answer = cut_first
    world.bedrock.stop_reason = lambda _: "max_tokens" if len(sent) <= 12 else "end_turn"
    world.run()
    assert states(world) == {"done": 12}
    world.check_accounts()


def test_records_that_always_fail_do_not_fail_a_job_that_others_went_well_in(tmp_path):
    world = BatchWorld(tmp_path, items=12, most_records=100, least_records=2)
    bad = {f"{item:09d}" for item in world.ids[:3]}
    world.bedrock.fate = lambda record: "error" if record["recordId"].rpartition("-")[2] in bad else "ok"
    assert world.run() is None
    assert world.store.jobs.get(JOB).rest_lane == "on-demand"
    assert states(world) == {"done": 9, "pending": 3}
    assert len(world.bedrock.jobs) == 2
    world.check_accounts()


def test_a_later_pass_that_brings_nothing_fails_no_job_that_was_killed_in_it(tmp_path):
    """Whoever resumes sees the answers of before: the rest is sent one by one, and not into batch jobs each time."""
    world = BatchWorld(tmp_path, items=12, most_records=100, least_records=2)
    bad = {f"{item:09d}" for item in world.ids[:3]}
    world.bedrock.fate = lambda record: "error" if record["recordId"].rpartition("-")[2] in bad else "ok"
    create = world.bedrock.create

    def killed_after_the_second(order):
        arn = create(order)
        if len(world.bedrock.jobs) == 2:
            raise Killed
        return arn

    world.bedrock.create = killed_after_the_second
    with pytest.raises(Killed):
        world.run()
    world.bedrock.create = create
    assert world.run() is None
    assert world.store.jobs.get(JOB).rest_lane == "on-demand"
    assert len(world.bedrock.jobs) == 2


def test_a_job_is_refused_whose_items_another_one_has_begun_meanwhile(world):
    with_items(world.store, 12, job_id="j9", realm="aws", lane="batch", state=JobState.RUNNING, template=TEMPLATE.ref)
    with pytest.raises(UserError, match="Batch jobs of j9 are writing 12 of these items already"):
        world.run()
    assert world.bedrock.jobs == {}
    assert world.lines() == []


def test_the_budget_that_is_named_lets_a_batch_job_in_beside_what_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr(Rest, "fits_budget", lambda _: False)
    world = BatchWorld(tmp_path, items=12, most_records=100, least_records=5, cap_pico=10**10)
    world.pricing.reserve_pico = lambda *_, **__: 10**10
    world.store.jobs.change(JOB, cap_pico=3 * 10**10)
    held = start("x1-1", world.ids[0], reserved=10**10, session="x1")
    with Ledger(world.store.engine, clock=world.clock) as ledger:
        ledger.start(held)
        ledger.end(End(start=held, outcome="unconfirmed", error="lost"))
    assert world.run() is StopReason.CAP
    named = next(line for line in world.told if "lets a batch job" in line)
    needed = Decimal(re.search(r"A budget of \$([0-9.]+) lets", named)[1])
    assert needed == Decimal("0.06")
    world.store.jobs.change(JOB, cap_pico=to_pico(needed))
    world.run()
    assert len(world.bedrock.jobs) >= 1


def test_a_budget_lets_in_what_fits_and_the_rest_when_that_is_paid(tmp_path):
    # A record reserves 1000 and costs 120.
    world = BatchWorld(tmp_path, items=11, most_records=100, cap_pico=6000)
    world.run()
    assert states(world) == {"done": 11}
    assert [shard.records for shard in shards(world)] == [6, 5]
    assert world.store.jobs.get(JOB).spent_pico <= 6000
    world.check_accounts()


def test_a_budget_that_lets_too_few_in_stops_the_job_and_more_of_it_goes_on_in_batch_jobs(tmp_path):
    world = BatchWorld(tmp_path, items=12, most_records=100, least_records=5, cap_pico=3000)
    assert world.run() is StopReason.CAP
    assert any("A budget of $0.01 lets a batch job of 5 records in." in line for line in world.told)
    assert world.bedrock.jobs == {}
    world.check_accounts()
    world.store.jobs.change(JOB, cap_pico=12_000)
    assert world.run() is None
    assert states(world) == {"done": 12}
    assert world.store.jobs.get(JOB).rest_lane is None
    world.check_accounts()


@pytest.mark.parametrize(("spec", "at_h"), [({}, 10.8), ({"tpm": 150.0}, 7.7), ({"rpm": 1.0}, 7.8)])
def test_batch_jobs_are_stopped_early_enough_for_a_small_quota(tmp_path, spec, at_h):
    """The rest has to be sent one by one before the deadline: 200 items of some 150 tokens, one a minute."""
    spec = {"model": [MODEL], "budget": None, "deadline": "12h", **spec}
    world = BatchWorld(tmp_path, items=200, most_records=200, deadline_h=12, spec=json.dumps(spec))
    world.bedrock.takes = timedelta(days=2)
    world.bedrock.fate = lambda _: None
    assert world.run() is None
    hours = (world.clock() - world.began).total_seconds() / 3600
    assert at_h - 0.5 < hours < at_h + 0.5


def test_a_deadline_that_nears_stops_the_jobs_and_keeps_what_they_did(tmp_path):
    world = BatchWorld(tmp_path, items=12, most_records=12, deadline_h=6)
    world.bedrock.takes = timedelta(days=2)
    once(world, lambda item: "ok" if item in world.ids[:7] else None)
    assert world.run() is None
    assert states(world) == {"done": 7, "pending": 5}
    assert world.store.jobs.get(JOB).rest_lane == "on-demand"
    [shard] = shards(world)
    assert (shard.status, shard.stopping) == ("Stopped", True)
    deadline = world.store.jobs.get(JOB).deadline_at
    assert world.clock().isoformat() < deadline
    world.check_accounts()


def test_a_deadline_that_was_missed_keeps_nobody_from_harvesting_later(tmp_path):
    world = BatchWorld(tmp_path, deadline_h=6, spec=json.dumps({"model": [MODEL], "budget": None, "deadline": "6h"}))
    world.bedrock.stop = lambda _arn: None
    world.bedrock.takes = timedelta(hours=8)
    assert world.run() is StopReason.DEADLINE
    world.pass_(4 * 3600)
    job = world.store.jobs.get(JOB)
    renewed = renewed_deadline(job, world.clock())
    assert renewed == stamp(world.clock() + timedelta(hours=6))
    world.store.jobs.change(JOB, deadline_at=renewed)
    assert world.run() is None
    assert states(world) == {"done": 12}
    world.check_accounts()


def test_a_deadline_that_is_still_to_come_stays(tmp_path):
    world = BatchWorld(tmp_path, deadline_h=6)
    job = world.store.jobs.get(JOB)
    assert renewed_deadline(job, world.clock()) == job.deadline_at


def test_who_stops_a_job_has_its_batch_jobs_stopped_and_harvested(world):
    world.bedrock.takes = timedelta(days=2)
    once(world, lambda item: "ok" if item in world.ids[:6] else None)
    polls = []
    wait = world.pass_

    def pass_and_stop(seconds):
        polls.append(seconds)
        if len(polls) == 3:
            world.store.jobs.want_stop(JOB, StopReason.USER)
        wait(seconds)

    world.pass_ = pass_and_stop
    assert world.run() is StopReason.USER
    assert states(world) == {"done": 6, "pending": 6}
    world.check_accounts()


def test_a_signal_leaves_the_jobs_at_bedrock_and_resuming_harvests_them(world):
    wait = world.pass_

    def pass_and_stop(seconds):
        world.wanted = StopReason.SIGNAL
        wait(seconds)

    world.pass_ = pass_and_stop
    assert world.run() is StopReason.SIGNAL
    assert {shard.state for shard in shards(world)} == {ShardState.SUBMITTED}
    assert any("go on at Bedrock" in line for line in world.told)
    world.wanted, world.pass_ = None, wait
    assert world.run() is None
    assert states(world) == {"done": 12}
    world.check_accounts()


def test_another_lane_for_the_rest_stops_the_jobs_first(world):
    world.bedrock.takes = timedelta(days=2)
    once(world, lambda item: "ok" if item in world.ids[:6] else None)
    wait = world.pass_

    def pass_and_change(seconds):
        world.store.jobs.change(JOB, lane="flex")
        wait(seconds)

    world.pass_ = pass_and_change
    assert world.run() is None
    assert states(world) == {"done": 6, "pending": 6}
    assert world.store.jobs.get(JOB).sending_lane == "flex"
    world.check_accounts()


def test_a_job_that_bedrock_has_forgotten_is_harvested_from_its_bucket(world):
    wait = world.pass_

    def pass_and_forget(seconds):
        wait(seconds)
        for arn, job in list(world.bedrock.jobs.items()):
            if world.bedrock.get(arn).status == JobStatus.COMPLETED:
                del world.bedrock.jobs[arn]
                world.bedrock.by_token.pop(job["order"].token)

    world.pass_ = pass_and_forget
    world.run()
    assert states(world) == {"done": 12}
    assert {shard.status for shard in shards(world)} <= {"Gone", "Completed"}
    assert "Gone" in {shard.status for shard in shards(world)}


def test_output_that_cannot_be_had_is_not_bought_again_unasked(world):
    wait = world.pass_

    def pass_and_lose(seconds):
        wait(seconds)
        for uri in [uri for uri in world.bucket.objects if uri.endswith(".out")]:
            del world.bucket.objects[uri]

    world.pass_ = pass_and_lose
    world.bedrock.get = _finishing_before(world, pass_and_lose)
    with pytest.raises(UserError, match="is not below"):
        world.run()
    assert states(world) == {"pending": 12}
    # Asked for, it is given up: what was paid for unseen stays in the accounts.
    world.store.jobs.change(JOB, lane="on-demand")
    world.run()
    assert {line.outcome for line in world.lines()} == {"unconfirmed"}
    assert world.store.jobs.get(JOB).held_pico == 12_000
    assert world.store.jobs.get(JOB).rest_lane == "on-demand"


def _finishing_before(world, then):
    get = world.bedrock.get

    def finish_and_lose(arn):
        view = get(arn)
        if view and view.status == JobStatus.COMPLETED:
            then(0)
        return view

    return finish_and_lose


def test_a_difference_between_manifest_and_records_is_told(world):
    def with_more(view):
        for uri in [uri for uri in world.bucket.objects if uri.endswith("manifest.json.out")]:
            world.bucket.objects[uri] = b'{"inputTokenCount": 450, "outputTokenCount": 80}'
        return view

    get = world.bedrock.get
    world.bedrock.get = lambda arn: with_more(get(arn))
    world.run()
    assert any("+50 input and +0 output tokens" in line for line in world.told)
    assert {shard.manifest_input_tokens for shard in shards(world)} == {450}


def test_lines_that_are_no_records_change_nothing(world):
    finish = world.bedrock._finish

    def with_garbage(job, status):
        finish(job, status)
        for uri in [uri for uri in world.bucket.objects if uri.endswith("records.jsonl.out")]:
            world.bucket.objects[uri] += b'\n{"half\n[]\n{"recordId": 7}\n{"recordId": "b9-1", "modelOutput": {}}'

    world.bedrock._finish = with_garbage
    world.run()
    assert states(world) == {"done": 12}
    world.check_accounts()


def test_a_status_that_this_version_does_not_know_is_polled_on_and_told(world):
    get, seen = world.bedrock.get, []

    def strange(arn):
        view = get(arn)
        seen.append(arn)
        return type(view)(**{**_fields(view), "status": "Pondering"}) if len(seen) < 4 else view

    world.bedrock.get = strange
    world.run()
    assert states(world) == {"done": 12}
    assert any("Pondering, a word that this version does not know" in line for line in world.told)


def _fields(view):
    return {name: getattr(view, name) for name in type(view).__dataclass_fields__}


def test_a_service_that_is_out_of_reach_is_waited_for_once_a_job_is_there(world):
    get, failed = world.bedrock.get, []

    def shaky(arn):
        if len(failed) < 30:
            failed.append(arn)
            raise ModelError("Bedrock cannot be reached.", kind=ErrorKind.TRANSPORT)
        return get(arn)

    world.bedrock.get = shaky
    world.run()
    assert states(world) == {"done": 12}
    world.check_accounts()


def test_a_service_that_is_out_of_reach_from_the_beginning_stops_the_job(world):
    def refuse(_order):
        raise ModelError("Bedrock cannot be reached.", kind=ErrorKind.TRANSPORT)

    world.bedrock.refuses = refuse
    with pytest.raises(SkuscribeError, match="cannot be reached"):
        world.run()
    assert states(world) == {"pending": 12}


def test_items_whose_template_fails_are_told_and_take_no_record(tmp_path):
    world = BatchWorld(tmp_path, items=6, most_records=100)
    composer = world.batch().composers[next(iter(world.batch().composers))]
    compose = composer.compose

    def failing(task, *, mode):
        if task.item.id == world.ids[2]:
            raise UserError("This product breaks the template.")
        return compose(task, mode=mode)

    batch = world.batch
    composer.compose = failing
    world.batch = lambda **options: batch(**options).telling(composers=dict.fromkeys(batch().composers, composer))
    world.run()
    assert states(world) == {"done": 5, ItemState.FAILED: 1}
    assert shards(world)[0].records == 5
