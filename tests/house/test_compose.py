from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from itertools import chain
from pathlib import Path

import click
import pytest
from compose_file import COMPOSE, document, services, variables

from console.main import cli
from worker.host import LAST_REPLIES_S
from worker.messages import BULK, CONTROL, INTERACTIVE
from worker.settings import NAMES

ROOT = COMPOSE.parent
SERVICES = document()["services"]
OURS = {name: body for name, body in SERVICES.items() if body["image"].startswith("skuscribe:")}


def test_the_file_is_what_the_compose_specification_allows():
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "version" not in document()


def test_it_has_every_part_of_a_cluster():
    assert set(SERVICES) == {"redis", "postgres", "migrate", "web", "worker", "beat", "simulator"}
    assert SERVICES["simulator"]["profiles"] == ["simulator"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined(name):
    body = SERVICES[name]
    assert str(body["user"]).partition(":")[0] not in ("", "0", "root")
    assert body["read_only"] is True
    assert body["cap_drop"] == ["ALL"]
    assert "cap_add" not in body
    assert not body.get("privileged")
    assert "no-new-privileges:true" in body["security_opt"]
    assert set(body["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert body["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_open_to_this_machine_alone(name):
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))
    assert "network_mode" not in SERVICES[name]


@pytest.mark.parametrize("name", ["redis", "postgres"])
def test_the_stores_are_reached_from_inside_only_and_keep_their_data(name):
    assert SERVICES[name]["networks"] == ["inside"]
    assert document()["networks"]["inside"]["internal"] is True
    assert [mount.split(":")[0] for mount in SERVICES[name]["volumes"]] == [name]


def test_every_volume_network_and_secret_is_declared_and_used():
    whole = document()
    used = {
        "volumes": {mount.split(":")[0] for body in SERVICES.values() for mount in body.get("volumes", ())},
        "networks": {network for body in SERVICES.values() for network in body["networks"]},
        "secrets": {secret for body in SERVICES.values() for secret in body.get("secrets", ())},
    }
    assert {kind: set(whole[kind]) for kind in used} == used


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_pinned_to_a_version(name):
    repository, _, tag = SERVICES[name]["image"].partition(":")
    assert repository
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?(-[a-z]+)?", tag)


def test_our_image_has_the_version_of_the_package():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert {body["image"] for body in OURS.values()} == {f"skuscribe:{version}"}
    assert [name for name, body in OURS.items() if "build" in body] == ["migrate"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_run_in_any_number(name):
    assert "container_name" not in SERVICES[name]
    assert "hostname" not in SERVICES[name]


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_a_service_tells_whether_it_is_well_and_comes_back_when_it_ends(name):
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_nothing_of_ours_starts_before_the_database_is_up_to_date(name):
    found = services({})
    assert found[name].waits_for == {"migrate": "service_completed_successfully", "redis": "service_healthy"}
    assert found["migrate"].waits_for == {"postgres": "service_healthy"}
    assert found["migrate"].command == ("skuscribe", "db", "upgrade")
    assert SERVICES["migrate"]["restart"] == "no"


@pytest.mark.parametrize("name", OURS)
def test_every_setting_is_one_that_skuscribe_has(name):
    for setting in OURS[name].get("environment", {}):
        if setting.startswith("SKUSCRIBE_"):
            assert setting.removeprefix("SKUSCRIBE_").removesuffix("_FILE").lower() in NAMES


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_that_skuscribe_has(name):
    program, *arguments = services({})[name].command
    if program == "celery":
        assert arguments[:3] == ["--app", "worker.celery_app", {"worker": "worker", "beat": "beat"}[name]]
        return
    assert program == "skuscribe"
    command = cli
    while isinstance(command, click.Group):
        command = command.get_command(click.Context(command), arguments.pop(0))
    assert command.make_context(name, arguments)


def test_a_worker_takes_from_every_queue():
    command = services({})["worker"].command
    assert set(command[command.index("--queues") + 1].split(",")) == {INTERACTIVE, BULK, CONTROL}


def test_a_worker_is_given_the_time_that_it_takes_for_paid_replies():
    assert services({})["worker"].stop_within_s >= LAST_REPLIES_S + 20


def test_the_example_environment_names_each_variable_of_the_file_and_sets_none():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    told = {line.lstrip("#").partition("=")[0] for line in lines if re.match(r"#?[A-Z0-9_]+=", line)}
    assert told - {"COMPOSE_PROFILES"} == variables()
    assert all(line.startswith("#") for line in lines if line)


def test_no_password_stands_in_the_file_or_the_environment():
    assert set(document()["secrets"]) == {"postgres_password", "database_url", "redis_conf", "broker_url"}
    told = {name for body in SERVICES.values() for name, value in body.get("environment", {}).items() if value}
    assert not [name for name in told if re.search("PASSWORD|KEY|TOKEN|URL", name) and not name.endswith("_FILE")]


def instructions():
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [line.split(None, 1) for line in lines]


def stays_out(path):
    """Apply .dockerignore: the last pattern that fits decides; a folder that is out takes along what is in it."""
    out = False
    for pattern in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if pattern and not pattern.startswith("#"):
            wanted = pattern.lstrip("!")
            places = [path, *(str(parent) for parent in Path(path).parents if str(parent) != ".")]
            forms = [wanted, wanted.removeprefix("**/")]
            if any(fnmatch(place, form) for place in places for form in forms):
                out = not pattern.startswith("!")
    return out


def test_the_image_is_made_of_what_is_there():
    copied = [shlex.split(rest)[:-1] for name, rest in instructions() if name == "COPY" and "--from" not in rest]
    for source in chain.from_iterable(copied):
        assert (ROOT / source).exists(), source
        assert not stays_out(source), source
    assert stays_out(".env")
    assert stays_out("secrets/database_url")
    assert stays_out(".git/config")
    assert stays_out("outputs/results/job/products.xlsx")
    assert stays_out("tests/cluster.py")


def test_the_image_holds_each_package_and_runs_as_nobody_in_particular():
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = packages["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    copied = {shlex.split(rest)[0] for name, rest in instructions() if name == "COPY"}
    assert set(wheel) <= copied
    last = [line for line in instructions() if line[0] == "USER"][-1]
    assert {body["user"] for body in OURS.values()} == {last[1]}
    assert {rest.split()[0] for name, rest in instructions() if name == "FROM"} == {"python:3.12-slim-trixie"}
    assert all(name in ("FROM", "WORKDIR", "RUN", "COPY", "ENV", "USER", "CMD") for name, _ in instructions())


def test_secrets_stay_out_of_git():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {".env", "secrets/"} <= set(ignored)
