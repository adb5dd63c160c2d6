"""What a service of docker-compose.yml is on this machine: the same command, with ports and folders of its own."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from compose_file import Service

_SECRETS = "/run/secrets"
_PORT_SETTING = "SKUSCRIBE_METRICS_PORT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A process to start."""

    name: str
    command: tuple[str, ...]
    environ: dict[str, str]
    #: The command that says whether it is well, () for none.
    health: tuple[str, ...]
    #: Folders that stand for those that the container may write.
    folders: tuple[Path, ...]


def own_ports(service: Service) -> tuple[int, ...]:
    """Name the ports that a service listens on in its container, the one of its metrics last."""
    told = [after for before, after in zip(service.command, service.command[1:], strict=False) if before == "--port"]
    return tuple(map(int, [*told, *filter(None, [service.environ.get(_PORT_SETTING)])]))


def launch_of(
    service: Service,
    *,
    name: str,
    folder: Path,
    own: Mapping[int, int],
    others: Mapping[tuple[str, int], int],
    common: Mapping[str, str],
) -> Launch:
    """Bring a service here.

    Args:
        service: as the file has it.
        name: of the process, which also tells several workers of one machine apart.
        folder: stands for the folders of the container; volumes are shared, `/tmp` is the process's own.
        own: port of the container -> port of this machine, for the ports that the service listens on.
        others: (service, port of its container) -> port of this machine, for those that it talks to.
        common: what the process inherits.
    """
    here = _Here(name=name, folders=(*service.folders, _SECRETS), folder=folder, own=own, others=others)
    environ = {key: here.text(value) for key, value in service.environ.items()}
    if _PORT_SETTING in environ:
        environ[_PORT_SETTING] = str(own[int(environ[_PORT_SETTING])])
    command = here.program([here.text(part) for part in service.command])
    for at, part in enumerate(command[:-1]):
        if part == "--port":
            command[at + 1] = str(own[int(command[at + 1])])
    if "worker.celery_app" in command and "worker" in command:
        # In a container the name of the host tells workers apart.
        command += ["--hostname", f"{name}@%h"]
    return Launch(
        name=name,
        command=tuple(command),
        environ={**common, **environ},
        health=tuple(here.program([here.text(part) for part in service.health])),
        folders=tuple(Path(here.text(inside)) for inside in service.folders),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Here:
    name: str
    folders: tuple[str, ...]
    folder: Path
    own: Mapping[int, int]
    others: Mapping[tuple[str, int], int]

    def text(self, text: str) -> str:
        """Put this machine's addresses and folders into an argument or a setting."""
        for (other, port), local in self.others.items():
            text = re.sub(rf"(?<![\w.-]){other}:{port}\b", f"127.0.0.1:{local}", text)
        for port, local in self.own.items():
            text = re.sub(rf"\b127\.0\.0\.1:{port}\b", f"127.0.0.1:{local}", text)
        # All at once: a folder of this machine may begin as one of the container does.
        insides = "|".join(sorted(self.folders, key=len, reverse=True))
        text = re.sub(rf"(?<![\w/.])(?:{insides})(?=/|\b)", lambda found: str(self._folder(found[0])), text)
        return "127.0.0.1" if text == "0.0.0.0" else text  # noqa: S104 - it is what is not wanted here

    def program(self, command: list[str]) -> list[str]:
        """Run our own programs out of this installation."""
        if not command:
            return []
        name, *arguments = command
        ours = Path(sys.executable).parent / name
        return [sys.executable if name == "python" else str(ours) if ours.exists() else name, *arguments]

    def _folder(self, inside: str) -> Path:
        base = self.folder / self.name if inside == "/tmp" else self.folder  # noqa: S108 - a container's own
        return base / inside.strip("/").replace("/", "-")
