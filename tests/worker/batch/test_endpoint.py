from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from templates.errors import AccessError
from worker.batch import endpoint
from worker.batch.endpoint import KeptEndpoints


class Openings:
    """Counts how often the way to Bedrock was opened, and how many of the simulators inside live."""

    def __init__(self, monkeypatch):
        self.opened, self.live, self.error, self.now_s = 0, 0, None, 0.0
        monkeypatch.setattr(endpoint, "open_batch", self._open)
        self.kept = KeptEndpoints(lambda: self.now_s)

    @contextmanager
    def _open(self, _settings, _job, **_):
        if self.error:
            raise self.error
        self.opened += 1
        self.live += 1
        yield f"way {self.opened}"
        self.live -= 1

    def open(self, *, realm="aws", model="m", region="us-east-1", simulate=False):
        job = SimpleNamespace(realm=realm)
        with self.kept.open(None, job, model=model, region=region, simulate=simulate, today=None) as way:
            assert way == f"way {self.opened}" or not simulate
            return way


@pytest.fixture
def openings(monkeypatch):
    return Openings(monkeypatch)


def test_a_way_is_opened_once_for_many_looks(openings):
    assert {openings.open() for _ in range(5)} == {"way 1"}


def test_each_model_region_and_realm_has_its_own(openings):
    ways = [openings.open(), openings.open(model="n"), openings.open(region="eu-west-1"), openings.open(realm="h:1")]
    assert len(set(ways)) == 4


def test_after_a_while_everything_is_checked_again(openings):
    openings.open()
    openings.now_s = 599.0
    assert openings.open() == "way 1"
    openings.now_s = 601.0
    assert openings.open() == "way 2"


def test_after_an_error_everything_is_checked_again(openings):
    openings.open()
    openings.kept.forget()
    assert openings.open() == "way 2"


def test_a_way_that_could_not_be_opened_is_tried_again(openings):
    openings.error = AccessError("No access.", fix="Ask for it.", code="access")
    with pytest.raises(AccessError):
        openings.open()
    openings.error = None
    assert openings.open() == "way 1"


def test_the_simulator_inside_is_opened_for_each_look_and_ends_with_it(openings):
    assert [openings.open(realm="simulated", simulate=True) for _ in range(2)] == ["way 1", "way 2"]
    assert openings.live == 0
