from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from compose_file import Service, interpolated, services, variables
from compose_local import launch_of, own_ports

OTHERS = {("redis", 6379): 41, ("postgres", 5432): 42, ("simulator", 8787): 43}
HERE = Path("/files/here")  # it begins as a folder of the container does
BIN = str(Path(sys.executable).parent)


def launched(name, *, own=None, environ=None, process=None, common=None):
    service = services(environ or {})[name]
    own = own or {port: port + 10_000 for port in own_ports(service)}
    return launch_of(
        service, name=process or name, folder=HERE, own=own, others=OTHERS, common=common or {"PATH": "/bin"}
    )


def test_a_variable_is_put_in_as_compose_does_it():
    text = "$A ${A} ${B:-b} ${B-b} ${C:-c} ${C-c} $${A}"
    assert interpolated(text, {"A": "a", "C": ""}) == "a a b b c  ${A}"
    assert interpolated({"A": None, "B": None, "C": ["$A", 7]}, {"A": "a"}) == {"A": "a", "C": ["a", 7]}


def test_a_variable_that_is_demanded_is_missed_by_name():
    with pytest.raises(KeyError, match="say it"):
        interpolated("${A:?say it}", {"A": ""})
    assert interpolated("${A?}", {"A": ""}) == ""


def test_the_variables_of_a_file_are_all_found(tmp_path):
    path = tmp_path / "compose.yml"
    path.write_text("services: {one: {command: [$A, '${B:-1}', $$C], environment: {D: , E: '${F}'}}}", encoding="utf-8")
    assert variables(path) == {"A", "B", "D", "F"}


def test_services_come_after_those_that_they_wait_for():
    order = list(services({}))
    for name, service in services({}).items():
        assert all(order.index(other) < order.index(name) for other in service.waits_for)


@pytest.mark.parametrize("name", ["migrate", "web", "worker", "beat", "simulator"])
def test_the_command_is_the_one_of_the_file_but_for_places(name):
    told = services({})[name].command
    run = launched(name).command[: len(told)]
    assert run[0] == f"{BIN}/{told[0]}"
    changed = [(before, after) for before, after in zip(told[1:], run[1:], strict=True) if before != after]
    assert changed == {
        "web": [("0.0.0.0", "127.0.0.1"), ("8000", "18000")],  # noqa: S104 - what a container listens on
        "simulator": [("0.0.0.0", "127.0.0.1"), ("8787", "18787")],  # noqa: S104 - as above
        "beat": [("/tmp/celerybeat-schedule", "/files/here/beat/tmp/celerybeat-schedule")],  # noqa: S108 - a container's
    }.get(name, [])


def test_workers_of_one_machine_have_names_ports_and_folders_of_their_own():
    first = launched("worker", process="worker-1", own={9808: 51})
    second = launched("worker", process="worker-2", own={9808: 52})
    assert first.command[-2:] == ("--hostname", "worker-1@%h")
    assert second.command[-2:] == ("--hostname", "worker-2@%h")
    assert [first.environ["SKUSCRIBE_METRICS_PORT"], second.environ["SKUSCRIBE_METRICS_PORT"]] == ["51", "52"]
    assert "127.0.0.1:51/" in first.health[-1]
    assert "127.0.0.1:52/" in second.health[-1]
    assert first.folders == (HERE / "var-lib-skuscribe", HERE / "files", HERE / "worker-1" / "tmp")


def test_the_environment_leads_to_this_machine():
    environ = launched("worker", environ={"AWS_ENDPOINT_URL": "http://simulator:8787", "SKUSCRIBE_RPM": "60"}).environ
    assert environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:43"
    assert environ["SKUSCRIBE_RPM"] == "60"
    assert environ["SKUSCRIBE_FILES"] == "/files/here/files"
    assert environ["SKUSCRIBE_DATABASE_URL_FILE"] == "/files/here/run-secrets/database_url"
    assert environ["SKUSCRIBE_BROKER_URL_FILE"] == "/files/here/run-secrets/broker_url"
    assert "SKUSCRIBE_TPM" not in environ


def test_what_the_file_says_wins_over_what_is_inherited():
    environ = launched("web", common={"SKUSCRIBE_LOG": "text", "HOME": "/home/me"}).environ
    assert environ["SKUSCRIBE_LOG"] == "json"
    assert environ["HOME"] == "/home/me"


def test_the_health_checks_ask_this_machine():
    assert launched("web", own={8000: 61}).health[0] == sys.executable
    assert "127.0.0.1:61/health" in launched("web", own={8000: 61}).health[-1]
    assert "/files/here/beat/tmp/celerybeat-schedule" in launched("beat").health[-1]
    assert launched("migrate").health == ()


def test_words_that_only_look_like_a_place_stay_as_they_are():
    service = Service(
        name="one", command=("say", "redis", "my-redis:6379", "/filesystem", "/a/files", "0.0.0.0.example"), environ={},
        health=(), waits_for={}, profiles=(), folders=("/files",), published={}, stop_within_s=10,
    )  # fmt: skip
    launch = launch_of(service, name="one", folder=HERE, own={}, others=OTHERS, common={})
    assert launch.command == service.command
    launch = launch_of(
        replace(service, command=("say", "redis://:x@redis:6379/0", "/files/a")),
        name="one", folder=HERE, own={}, others=OTHERS, common={},
    )  # fmt: skip
    assert launch.command == ("say", "redis://:x@127.0.0.1:41/0", "/files/here/files/a")
