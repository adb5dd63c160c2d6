from datetime import date
from decimal import Decimal

import pytest
from engine_making import TEMPLATE
from store_making import JOB, MODEL, opened, with_items

from jobs.prices.book import PriceBook
from jobs.spec import JobSpec
from templates.errors import UserError
from worker.lane_choice import LaneChoice
from worker.limits.limiter import Quotas
from worker.pricing import BookPricing
from worker.recipe import Recipe
from worker.settings import load_settings

BATCH_SET = {"SKUSCRIBE_BATCH_BUCKET": "shop-batch", "SKUSCRIBE_BATCH_ROLE_ARN": "arn:aws:iam::123456789012:role/batch"}
ALWAYS_PAYS = {**BATCH_SET, "SKUSCRIBE_BATCH_LEAST_SAVING_USD": "0.0000001"}
REGION = "us-east-1"


class Account:
    """Service Quotas with what it knows, and how often it was asked."""

    def __init__(self, quotas=None):
        self.quotas = quotas
        self.asked = []

    def __call__(self, model, region):
        self.asked.append((model, region))
        return self.quotas


@pytest.fixture
def lanes(tmp_path):
    """Gives what compares lanes by an environment: lanes(environ, account)."""
    store, book = opened(tmp_path), PriceBook.load()

    def make(environ=None, account=None):
        return LaneChoice(
            settings=load_settings({"SKUSCRIBE_HOME": str(tmp_path), **(environ or {})}, tmp_path),
            store=store,
            pricing=lambda region, lane: BookPricing(book, region=region, lane=lane, today=lambda: date(2026, 11, 23)),
            ask_quotas=account or Account(),
        )

    make.store = store
    return make


def spec(**given):
    return JobSpec(**({"model": (MODEL,)} | given))


def compared(lanes, asked, *, items=150, kind="run", realm="aws"):
    with_items(lanes._store, items)
    recipe = Recipe(templates=(TEMPLATE,), brand=None)
    return lanes.compare(JOB, asked, recipe, kind=kind, realm=realm, region=REGION)


def test_every_lane_that_the_model_has_is_priced_by_its_own_rows(lanes):
    priced = compared(lanes(), spec())
    assert priced.lanes["on-demand"].usd == 2 * priced.lanes["batch"].usd > 0
    assert priced.lanes["flex"].usd is None
    assert priced.choice.lane == "on-demand"
    assert priced.choice.ruled_out["flex"] == f"{MODEL} is not known to have the flex tier"
    assert "SKUSCRIBE_BATCH_BUCKET" in priced.choice.ruled_out["batch"]


def test_auto_takes_batch_where_it_is_set_up_and_pays(lanes):
    assert compared(lanes(ALWAYS_PAYS), spec()).choice.lane == "batch"


def test_auto_takes_batch_where_a_deadline_is_far_enough(lanes):
    assert compared(lanes(BATCH_SET), spec(deadline="6h")).choice.lane == "batch"


def test_auto_leaves_batch_alone_where_it_saves_too_little(lanes):
    assert "less than $1.00" in compared(lanes(BATCH_SET), spec()).choice.why


def test_the_simulator_needs_no_bucket(lanes):
    asked = spec(simulate=True, lane="batch")
    lanes().refuse(asked, REGION)
    assert compared(lanes(), asked, realm="simulated").choice.lane == "batch"


def test_the_least_number_of_records_can_be_set(lanes):
    fewer = {**ALWAYS_PAYS, "SKUSCRIBE_BATCH_LEAST_RECORDS": "10"}
    assert compared(lanes(fewer), spec(lane="batch"), items=10).choice.lane == "batch"


def test_too_few_items_for_batch_go_on_demand_with_the_reason(lanes):
    choice = compared(lanes(BATCH_SET), spec(lane="batch"), items=42).choice
    assert choice.lane == "on-demand"
    assert choice.why == "Batch jobs take at least 100 records; 42 are to be written: they go on demand."


def test_auto_takes_flex_where_the_model_has_it_at_a_known_price(lanes):
    with_items(lanes.store, 1)
    priced = compared_as(lanes, "amazon.nova-pro-v1:0")
    assert priced.choice.lane == "flex"
    assert priced.choice.saving_usd > 0


def compared_as(lanes, model, *, kind="run"):
    """Compare for another model than that of the items, as if they were its."""
    one = lanes()
    one._pricing = _priced_as(one._pricing, model)
    recipe = Recipe(templates=(TEMPLATE,), brand=None)
    return one.compare(JOB, spec(model=(model,)), recipe, kind=kind, realm="aws", region=REGION)


def _priced_as(pricing, model):
    def make(region, lane):
        book = pricing(region, lane)
        tokens_usd = book.tokens_usd
        book.tokens_usd = lambda _, sent, received: tokens_usd(model, sent, received)
        return book

    return make


def test_a_preview_is_never_put_off(lanes):
    with_items(lanes.store, 1)
    choice = compared_as(lanes, "amazon.nova-pro-v1:0", kind="preview").choice
    assert (choice.lane, choice.usd, choice.saving_usd) == ("on-demand", {}, None)


@pytest.mark.parametrize(
    ("told", "environ"),
    [({"rpm": 0.1}, {}), ({"tpm": 10.0}, {}), ({}, {"SKUSCRIBE_RPM": "0.1"})],
    ids=["rpm", "tpm", "setting"],
)
def test_a_told_quota_that_is_too_slow_for_the_deadline_speaks_for_batch(lanes, told, environ):
    account = Account()
    choice = compared(lanes({**BATCH_SET, **environ}, account), spec(deadline="6h", **told)).choice
    assert choice.lane == "batch"
    assert "On demand is too slow: by the quota it takes about" in choice.why
    assert not account.asked


def test_where_no_quota_is_told_the_account_is_asked(lanes):
    account = Account(Quotas(requests_per_min=0.1))
    assert "On demand is too slow" in compared(lanes(BATCH_SET, account), spec(deadline="6h")).choice.why
    assert account.asked == [(MODEL, REGION)]


@pytest.mark.parametrize(
    ("asked", "realm"),
    [
        ({}, "aws"),
        ({"deadline": "6h", "lane": "on-demand"}, "aws"),
        ({"deadline": "6h"}, "127.0.0.1:8000"),
        ({"deadline": "6h", "simulate": True}, "simulated"),
    ],
    ids=["no deadline", "a lane by name", "another endpoint", "simulated"],
)
def test_the_account_is_asked_only_where_its_quotas_decide(lanes, asked, realm):
    account = Account()
    compared(lanes(BATCH_SET, account), spec(**asked), realm=realm)
    assert not account.asked


@pytest.mark.parametrize(
    ("asked", "environ", "said"),
    [
        ({"lane": "flex"}, {}, "flex tier"),
        ({"lane": "batch"}, {}, "no bucket or no role"),
        ({"lane": "batch", "model": ("anthropic.claude-opus-4-7",)}, BATCH_SET, "batch jobs"),
        ({"lane": "batch", "model": ("acme.unheard-of-v1:0",)}, BATCH_SET, "batch jobs"),
    ],
)
def test_a_lane_that_cannot_be_taken_is_refused_by_its_name(lanes, asked, environ, said):
    with pytest.raises(UserError) as refused:
        lanes(environ).refuse(spec(**asked), REGION)
    assert refused.value.code == "lane"
    assert said in refused.value.message
    assert refused.value.fix


def test_batch_without_a_price_row_is_refused(lanes):
    with pytest.raises(UserError, match="has no batch price in af-south-1"):
        lanes(BATCH_SET).refuse(spec(lane="batch"), "af-south-1")


@pytest.mark.parametrize(
    ("redirected", "said"),
    [
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "batch jobs would go to aws, and requests go to bedrock.test:8787"),
        ("AWS_ENDPOINT_URL_BEDROCK", "batch jobs would go to bedrock.test:8787, and requests go to aws"),
    ],
)
def test_batch_is_not_taken_where_its_jobs_would_go_elsewhere_than_requests(lanes, monkeypatch, redirected, said):
    monkeypatch.setenv(redirected, "http://bedrock.test:8787")
    choice = compared(lanes(ALWAYS_PAYS), spec()).choice
    assert (choice.lane, choice.ruled_out["batch"]) == ("on-demand", said)
    with pytest.raises(UserError, match=said) as refused:
        lanes(ALWAYS_PAYS).refuse(spec(lane="batch"), REGION)
    assert "AWS_ENDPOINT_URL_BEDROCK" in refused.value.fix
    assert lanes().refuse(spec(lane="batch", simulate=True), REGION) is None


def test_batch_is_taken_where_both_go_to_one_stand_in(lanes, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://bedrock.test:8787")
    assert compared(lanes(ALWAYS_PAYS), spec(), realm="bedrock.test:8787").choice.lane == "batch"


def test_the_refusal_of_an_unset_batch_lane_says_what_to_set(lanes):
    with pytest.raises(UserError) as refused:
        lanes().refuse(spec(lane="batch"), REGION)
    for word in ("SKUSCRIBE_BATCH_BUCKET", "SKUSCRIBE_BATCH_ROLE_ARN", "skuscribe policy --lane batch"):
        assert word in refused.value.fix


def test_a_cap_needs_prices_in_the_lane_asked_for_and_on_demand(lanes, tmp_path):
    own = tmp_path / "own.csv"
    own.write_text(
        "model,region,scope,lane,kind,context_above_tokens,usd_per_million,effective_from,source\n"
        "acme.half-v1:0,us-east-1,in-region,batch,input,0,1,2026-01-01,ours\n"
        "acme.half-v1:0,us-east-1,in-region,batch,output,0,1,2026-01-01,ours\n",
        encoding="utf-8",
    )
    book = PriceBook.load(own)
    one = lanes(BATCH_SET)
    one._pricing = lambda region, lane: BookPricing(book, region=region, lane=lane, today=lambda: date(2026, 11, 23))
    half = spec(model=("acme.half-v1:0",), lane="batch", region=REGION, budget=Decimal(1))
    with pytest.raises(UserError, match="no on-demand price"):
        one.refuse_unpriced(half)
    one.refuse_unpriced(spec(lane="batch", region=REGION))
    with pytest.raises(UserError, match="no flex price"):
        one.refuse_unpriced(spec(lane="flex", region=REGION))
