"""docker-compose.yml as `make cluster` and the tests read it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

COMPOSE = Path(__file__).parents[1] / "docker-compose.yml"
#: `$$`, `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:?message}`.
#: Source: https://docs.docker.com/reference/compose-file/interpolation/
_VARIABLE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)(?:(:?[-?])([^}]*))?\})")
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service as it runs in its container."""

    name: str
    command: tuple[str, ...]
    environ: dict[str, str]
    #: The command that says whether it is well, () for none.
    health: tuple[str, ...]
    #: Services that it waits for -> `service_healthy`, `service_completed_successfully`.
    waits_for: dict[str, str]
    profiles: tuple[str, ...]
    #: Folders of the container that it may write.
    folders: tuple[str, ...]
    #: Ports of the container -> the port that the host publishes.
    published: dict[int, int]
    stop_within_s: float


def document(path: Path = COMPOSE) -> dict[str, Any]:
    """Read the file with its anchors resolved and its variables as they stand."""
    return _loaded(path, path.stat().st_mtime_ns)


@cache
def _loaded(path: Path, _changed_ns: int) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def services(environ: Mapping[str, str], path: Path = COMPOSE) -> dict[str, Service]:
    """Give the services, each after those that it waits for, with the variables of `environ` put in."""
    found = {name: _service(name, interpolated(body, environ)) for name, body in document(path)["services"].items()}
    order = TopologicalSorter({name: service.waits_for for name, service in found.items()}).static_order()
    return {name: found[name] for name in order}


def interpolated(value: Any, environ: Mapping[str, str]) -> Any:
    """Put variables in as Compose does; a name of an environment without a value is taken over, or left out.

    Raises:
        KeyError: a variable that the file demands is not set.
    """
    if isinstance(value, dict):
        given = {key: environ.get(key) if item is None else interpolated(item, environ) for key, item in value.items()}
        return {key: item for key, item in given.items() if item is not None}
    if isinstance(value, list):
        return [interpolated(item, environ) for item in value]
    return _VARIABLE.sub(lambda found: _put_in(found, environ), value) if isinstance(value, str) else value


def _put_in(found: re.Match[str], environ: Mapping[str, str]) -> str:
    dollar, plain, braced, mark, rest = found.groups()
    if dollar:
        return "$"
    given = environ.get(plain or braced)
    if given or (given == "" and mark in ("-", "?")):
        return given
    if mark in ("?", ":?"):
        raise KeyError(rest or plain or braced)
    return rest if mark else ""


def variables(path: Path = COMPOSE) -> set[str]:
    """Name what the file takes from the shell or from .env."""
    told = {
        name for text in _texts(document(path)) for _, *name in _VARIABLE.findall(text) for name in name[:2] if name
    }
    return told | {
        name
        for service in document(path)["services"].values()
        for name, value in service.get("environment", {}).items()
        if value is None
    }


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _service(name: str, body: Mapping[str, Any]) -> Service:
    kind, *test = body.get("healthcheck", {}).get("test", ["NONE"])
    return Service(
        name=name,
        command=tuple(str(part) for part in body.get("command", ())),
        environ={key: str(value) for key, value in body.get("environment", {}).items()},
        health=("sh", "-c", *test) if kind == "CMD-SHELL" else tuple(test),
        waits_for={other: how["condition"] for other, how in body.get("depends_on", {}).items()},
        profiles=tuple(body.get("profiles", ())),
        folders=tuple(mount.split(":")[0 if mount.startswith("/") else 1] for mount in _mounts(body)),
        published=dict(_published(port) for port in body.get("ports", ())),
        stop_within_s=_seconds(body.get("stop_grace_period", "10s")),
    )


def _mounts(body: Mapping[str, Any]) -> list[str]:
    return [*body.get("volumes", ()), *body.get("tmpfs", ())]


def _published(port: str) -> tuple[int, int]:
    *_, host, container = port.split(":")
    return int(container), int(host)


def _seconds(text: str) -> float:
    return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(r"([\d.]+)([smh]?)", text))
