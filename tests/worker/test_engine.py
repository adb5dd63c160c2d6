import pytest
from engine_making import FlatPricing, ScriptedModel, answer, error, reply, run
from sqlalchemy import text
from store_making import JOB, opened, with_items
from templates_making import template

from jobs.usage import TokenUsage
from worker.model import ErrorKind, OutputMode


@pytest.fixture
def store(tmp_path):
    store = opened(tmp_path)
    yield store
    store.engine.dispose()


def attempts_of(store):
    with store.engine.connect() as connection:
        return list(connection.execute(text("SELECT * FROM attempts ORDER BY attempt")).mappings())


def failing_first(kind, times=1, **how):
    return lambda _request, came: error(kind, **how) if came <= times else answer()


def test_every_item_is_written_once(store):
    with_items(store, 60)
    model = ScriptedModel()
    engine = run(store, model)
    assert store.items.states(JOB) == {"done": 60}
    assert len(model.requests) == 60
    assert engine.error is None
    assert engine.progress.finished == 60
    assert [row["outcome"] for row in attempts_of(store)] == ["ok"] * 60


def test_the_first_request_goes_alone(store):
    with_items(store, 20)
    model = ScriptedModel(latency_s=0.02)
    seen = []

    def rule(_request, _times):
        seen.append(model.in_flight)
        return answer()

    model.rule = rule
    run(store, model)
    assert seen[0] == 1
    assert model.most_in_flight > 1


@pytest.mark.parametrize("kind", [ErrorKind.FORBIDDEN, ErrorKind.NO_MODEL, ErrorKind.CREDENTIALS, ErrorKind.QUOTA])
def test_what_hits_every_item_costs_one_request(store, kind):
    with_items(store, 50)
    model = ScriptedModel(lambda *_: error(kind))
    engine = run(store, model)
    assert len(model.requests) == 1
    assert engine.error.kind is kind
    assert store.items.states(JOB) == {"pending": 50}


def test_an_endpoint_that_is_out_of_order_stops_the_job_after_a_few_items(store):
    with_items(store, 50)
    model = ScriptedModel(lambda *_: error(ErrorKind.REJECTED))
    engine = run(store, model, mode=OutputMode.PROMPT)
    assert engine.error.kind is ErrorKind.REJECTED
    assert len(model.requests) == 5
    assert store.items.states(JOB) == {"failed": 4, "pending": 46}


def test_a_few_bad_items_among_good_ones_do_not_stop_the_job(store):
    with_items(store, 60)
    model = ScriptedModel(lambda request, _: error(ErrorKind.REJECTED) if "9" in request.user else answer())
    engine = run(store, model, concurrency=1)
    assert engine.error is None
    assert store.items.states(JOB) == {"done": 54, "failed": 6}


@pytest.mark.parametrize("kind", [ErrorKind.INTERNAL, ErrorKind.UNAVAILABLE, ErrorKind.TRANSPORT])
def test_what_passes_is_tried_again_and_leaves_its_line_in_the_ledger(store, kind):
    with_items(store, 5)
    model = ScriptedModel(failing_first(kind))
    run(store, model)
    assert store.items.states(JOB) == {"done": 5}
    rows = attempts_of(store)
    assert sorted(row["outcome"] for row in rows) == ["ok"] * 5 + ["unbilled"] * 5
    assert {row["error"] for row in rows} == {"", kind}


def test_a_reply_that_was_lost_is_unconfirmed_and_its_price_stays_held(store):
    with_items(store, 1, cap_pico=10**6)
    run(store, ScriptedModel(failing_first(ErrorKind.TIMEOUT, maybe_billed=True)))
    assert [row["outcome"] for row in attempts_of(store)] == ["unconfirmed", "ok"]
    assert store.jobs.get(JOB).held_pico == 1000
    assert store.totals.of_job(JOB).unconfirmed_attempts == 1


def test_only_the_failing_field_is_repaired_and_once(store):
    of = template(
        toml='title = "T"\nversion = 1\n[needs.title]\n[fields.head]\ntitle = "Head"\nbrief = "x"\nmax_chars = 10\n'
        '[fields.body]\ntitle = "Body"\nbrief = "x"\nmax_chars = 20\n'
    )

    def rule(request, times):
        if times == 1:
            return reply('{"head": "Right", "body": "%s"}' % ("z" * 40))
        assert set(request.schema["properties"]) == {"body"}
        assert "broke their rules" in request.user
        return reply('{"body": "Short"}')

    with_items(store, 3)
    model = ScriptedModel(rule)
    run(store, model, of=of)
    assert len(model.requests) == 6
    assert [result.copy for result in store.items.results(JOB)] == [{"head": "Right", "body": "Short"}] * 3
    assert [row["purpose"] for row in attempts_of(store)].count("repair") == 3


def test_copy_that_stays_over_its_contract_is_flagged_after_one_repair(store):
    with_items(store, 3)
    model = ScriptedModel(lambda *_: answer("x" * 150))
    run(store, model)
    assert len(model.requests) == 6
    assert store.items.states(JOB) == {"flagged": 3}
    assert all("100" in result.notes for result in store.items.results(JOB))


def test_a_cut_answer_is_asked_for_once_more_with_more_room(store):
    with_items(store, 2)
    room = []

    def rule(request, times):
        room.append((times, request.max_tokens))
        return reply('{"text": "and', stop_reason="max_tokens") if times == 1 else answer()

    run(store, ScriptedModel(rule), concurrency=1)
    first = max(tokens for times, tokens in room if times == 1)
    assert all(tokens == 2 * first for times, tokens in room if times == 2)
    assert store.items.states(JOB) == {"done": 2}


def test_an_answer_that_is_cut_twice_fails_its_row(store):
    with_items(store, 2)
    model = ScriptedModel(lambda *_: reply('{"text": "and', stop_reason="max_tokens"))
    run(store, model)
    assert len(model.requests) == 4
    assert store.items.states(JOB) == {"failed": 2}


def test_a_model_that_does_not_know_the_way_of_asking_is_asked_in_the_prompt(store):
    with_items(store, 10)
    model = ScriptedModel(
        lambda request, _: answer() if request.mode is OutputMode.PROMPT else error(ErrorKind.REJECTED)
    )
    run(store, model, mode=OutputMode.STRUCTURED)
    assert [request.mode for request in model.requests] == [OutputMode.STRUCTURED] + [OutputMode.PROMPT] * 10
    assert store.items.states(JOB) == {"done": 10}


def test_the_cap_is_never_exceeded_and_ends_the_job(store):
    with_items(store, 100, cap_pico=5000)
    engine = run(store, ScriptedModel(latency_s=0.002), concurrency=32, pricing=FlatPricing(reserve=500))
    job = store.jobs.get(JOB)
    assert engine.stopped == "cap"
    assert job.spent_pico <= 5000
    assert job.spent_pico > 4300
    assert job.held_pico == 0
    assert store.items.states(JOB)["done"] == job.spent_pico // 120


def test_a_cap_below_one_request_sends_nothing(store):
    with_items(store, 5, cap_pico=10)
    model = ScriptedModel()
    engine = run(store, model)
    assert engine.stopped == "cap"
    assert model.requests == []


@pytest.mark.parametrize("inflated", [3, 50])
def test_a_reply_that_cost_more_than_could_be_raises_what_the_next_reserve(store, inflated):
    cap = 1000 * inflated * 12
    with_items(store, 100, cap_pico=cap)
    usage = TokenUsage(input_tokens=1000 * inflated)
    engine = run(store, ScriptedModel(lambda *_: reply('{"text": "A"}', usage=usage), latency_s=0.005), concurrency=64)
    assert engine.stopped == "cap"
    assert store.jobs.get(JOB).spent_pico <= cap
    assert store.items.states(JOB)["done"] >= 9


def test_surprising_prices_of_many_replies_at_once_count_once(store):
    with_items(store, 60, cap_pico=10**7)
    usual, dear = TokenUsage(input_tokens=1000), TokenUsage(input_tokens=3000)
    model = ScriptedModel(latency_s=0.01)
    model.rule = lambda *_: reply('{"text": "A"}', usage=dear if len(model.requests) > 5 else usual)
    run(store, model, concurrency=32)
    assert store.items.states(JOB) == {"done": 60}


def test_unpriced_attempts_run_without_a_cap(store):
    with_items(store, 3)
    run(store, ScriptedModel(), pricing=FlatPricing(priced=False))
    assert store.totals.of_job(JOB).unpriced_items == 3
    assert all(row["reserved_pico"] is None for row in attempts_of(store))


def test_half_a_character_in_an_answer_stops_nothing(store):
    with_items(store, 5)
    run(store, ScriptedModel(lambda *_: reply('{"text": "Cup \\ud83d"}')))
    assert store.items.states(JOB) == {"done": 5}


def test_a_template_that_fails_for_one_product_fails_that_row_alone(store):
    of = template(user="{{ 1 / (title | length - 10) }}{{ facts() }}")
    with_items(store, 12)
    model = ScriptedModel()
    run(store, model, of=of)
    assert store.items.states(JOB) == {"done": 10, "failed": 2}
    assert len(model.requests) == 10


def test_a_defect_in_the_model_client_ends_the_run_with_that_defect(store):
    with_items(store, 5)
    with pytest.raises(ZeroDivisionError):
        run(store, ScriptedModel(lambda *_: ZeroDivisionError("ours")))
    assert store.items.states(JOB) == {"pending": 5}


def test_later_requests_reserve_what_earlier_answers_needed(store):
    with_items(store, 40)
    model = ScriptedModel(lambda *_: reply('{"text": "A cup"}', usage=TokenUsage(input_tokens=50, output_tokens=12)))
    run(store, model, concurrency=1)
    assert model.requests[0].max_tokens > model.requests[-1].max_tokens >= 12


def test_answers_that_are_no_json_are_paid_three_times_and_then_fail(store):
    with_items(store, 1)
    model = ScriptedModel(lambda *_: reply("I would rather not."))
    run(store, model)
    assert len(model.requests) == 3
    assert store.items.states(JOB) == {"failed": 1}


def test_a_model_that_never_answers_in_json_stops_the_job_after_a_few_items(store):
    with_items(store, 50)
    model = ScriptedModel(lambda *_: reply("I would rather talk about the weather."))
    engine = run(store, model)
    assert len(model.requests) == 15
    assert "usable" in engine.error.message
    assert store.items.states(JOB)["pending"] >= 45


def test_the_second_try_says_that_the_first_could_not_be_read(store):
    with_items(store, 1)
    model = ScriptedModel(lambda _, times: reply("No.") if times == 1 else answer())
    run(store, model)
    assert store.items.states(JOB) == {"done": 1}
    first, second = model.requests
    assert second.user.startswith(first.user)
    assert "not the JSON object" in second.user.removeprefix(first.user)


def test_rows_that_are_too_long_fail_alone_however_many_stand_together(store):
    with_items(store, 30)
    model = ScriptedModel(
        lambda request, _: error(ErrorKind.TOO_LONG) if "Product 1" in request.user else answer(),
    )
    engine = run(store, model)
    assert engine.error is None
    states = store.items.states(JOB)
    assert states["failed"] >= 6
    assert states["failed"] + states["done"] == 30
