from __future__ import annotations

import pytest
from web_asking import ask

from console.web.app import make_app
from jobs.store.database import StoreError, newest_revision
from templates.errors import SkuscribeError


def _checks(answer):
    return {check["name"]: (check["state"], check["detail"]) for check in answer.json["checks"]}


def test_without_a_broker_the_store_alone_decides(app):
    told = ask(app, "/ready")
    assert told.status == 200
    assert told.json["ready"]
    assert _checks(told) == {"store": ("ok", f"at revision {newest_revision()}")}


def test_a_broker_that_is_configured_is_asked(parts):
    told = ask(make_app(parts, hosts=(), queue_depths=lambda: {"bulk": 3, "control": 1}), "/ready")
    assert told.status == 200
    assert _checks(told)["broker"] == ("ok", "4 messages wait")


def test_a_broker_out_of_reach_is_named_without_its_password(parts):
    def fail():
        raise SkuscribeError("The broker is out of reach: Error 111 connecting to redis://:sekret@redis:6379/0.")

    told = ask(make_app(parts, hosts=(), queue_depths=fail), "/ready")
    assert told.status == 503
    assert not told.json["ready"]
    state, detail = _checks(told)["broker"]
    assert state == "fail"
    assert "redis:6379" in detail
    assert "sekret" not in told.text
    assert _checks(told)["store"][0] == "ok"


def test_a_store_out_of_reach_is_named_without_its_password(parts, monkeypatch):
    def fail(_engine):
        raise StoreError("The store could not be reached: postgresql://ann:sekret@db:5432/skuscribe.")

    monkeypatch.setattr(type(parts.store.engine), "connect", fail)
    told = ask(make_app(parts, hosts=()), "/ready")
    assert told.status == 503
    assert _checks(told)["store"][0] == "fail"
    assert "sekret" not in told.text


@pytest.mark.parametrize("change", ["DROP TABLE alembic_version", "UPDATE alembic_version SET version_num = '0000'"])
def test_a_store_that_was_not_upgraded_is_not_ready(parts, app, change):
    with parts.store.engine.begin() as connection:
        connection.exec_driver_sql(change)
    told = ask(app, "/ready")
    assert told.status == 503
    assert "skuscribe db upgrade" in _checks(told)["store"][1]
