from __future__ import annotations

from importlib.metadata import version

import pytest
from store_making import with_items
from web_asking import ask

from console.web.app import make_app
from jobs.store.database import StoreError
from templates.errors import UserError

ROUTES = ("/health", "/ready", "/metrics", "/api/jobs", "/openapi.json")


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "copy.example.com", "COPY.example.com:80"]
)
def test_it_answers_to_the_names_of_this_machine_and_to_those_that_were_allowed(app, host):
    assert ask(app, "/health", host=host).status == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", ""])
@pytest.mark.parametrize("route", ROUTES)
def test_a_page_of_a_stranger_whose_name_leads_here_gets_nothing(app, route, host):
    told = ask(app, route, host=host)
    assert told.status == 400
    assert told.text == "Invalid host header"


@pytest.mark.parametrize("route", [*ROUTES, "/api/jobs/none", "/nothing"])
@pytest.mark.parametrize("host", ["localhost", "evil.example"])
def test_every_answer_forbids_browsers_to_run_frame_guess_or_keep_it(app, route, host):
    headers = ask(app, route, host=host).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


def test_the_description_has_our_version_and_every_route(app):
    told = ask(app, "/openapi.json").json
    assert told["info"]["version"] == version("skuscribe")
    assert set(told["paths"]) == {"/health", "/ready", "/metrics", "/api/jobs", "/api/jobs/{job}"}
    assert ask(app, "/docs").status == 404


def test_the_process_is_healthy_whatever_the_store_does(parts, app, monkeypatch):
    monkeypatch.setattr(type(parts.store.engine), "connect", lambda _: pytest.fail("health asks nobody"))
    assert ask(app, "/health").json == {"status": "ok"}


@pytest.mark.parametrize(
    ("method", "route", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("POST", "/api/jobs", 405, "method_not_allowed"),
        ("GET", "/api/jobs?limit=0", 422, "request"),
        ("GET", "/api/jobs?limit=201", 422, "request"),
        ("GET", "/api/jobs?limit=many", 422, "request"),
        ("GET", "/api/jobs/j000000-000000", 404, "job"),
        ("GET", "/api/jobs?before=j000000-000000", 404, "job"),
    ],
)
def test_what_cannot_be_answered_is_told_as_the_commands_do(app, method, route, status, code):
    told = ask(app, route, method=method)
    assert told.status == status
    assert set(told.json["error"]) == {"code", "message", "fix"}
    assert told.json["error"]["code"] == code
    assert told.json["error"]["fix"]


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (StoreError("postgresql://ann:sekret@db is away.", fix="Wait.", code="store"), (503, "store")),
        (UserError("Wrong.", fix="Mend it.", code="wrong"), (400, "wrong")),
        (ZeroDivisionError("sekret"), (500, "defect")),
    ],
)
@pytest.mark.parametrize("route", ["/api/jobs", "/metrics"])
def test_a_failure_inside_becomes_one_shape_without_passwords_and_tracebacks(parts, monkeypatch, route, raised, told):
    def fail(*_, **__):
        raise raised

    monkeypatch.setattr("jobs.store.figures.Figures.now", fail)
    monkeypatch.setattr(parts.store.jobs, "page", fail)
    answer = ask(make_app(parts, hosts=()), route)
    assert (answer.status, answer.json["error"]["code"]) == told
    assert "sekret" not in answer.text
    assert "Traceback" not in answer.text


def test_a_job_of_a_stranger_s_words_is_shown_as_text(parts, app):
    with_items(parts.store, 1, source="<script>alert(1)</script>.csv")
    told = ask(app, "/api/jobs")
    assert told.headers["content-type"] == "application/json"
    assert told.json["jobs"][0]["source"] == "<script>alert(1)</script>.csv"
