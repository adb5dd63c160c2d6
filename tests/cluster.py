"""The services of docker-compose.yml as plain processes of this machine: `make cluster`, and clusters for tests.

    with Cluster(tmp_path, workers=3, simulator=True) as cluster:
        ... cluster.environ leads a command there ...
        cluster.worker(0).kill()
        cluster.start_worker()

Redis and PostgreSQL are private ones, on ports of their own; everything that was started ends with the cluster, and
with the process that holds it, however that ends.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from compose_file import COMPOSE, Service, services
from compose_local import launch_of, own_ports
from local_process import LocalProcess
from servers import Postgres, Redis, free_port

_WELL_WITHIN_S = 60.0
_LOOK_S = 0.1
#: Servers that others make for us.
_STORES = ("redis", "postgres")
_ENDED = "service_completed_successfully"
_SIMULATED = {"AWS_ACCESS_KEY_ID": "simulated", "AWS_SECRET_ACCESS_KEY": "simulated", "AWS_REGION": "us-east-1"}


class ClusterError(RuntimeError):
    """A service did not start, or ended by itself."""


class Cluster:
    """All services, started in their order and each waited for until it is well.

    Args:
        folder: where everything is kept.
        workers: how many to begin with.
        simulator: whether there is a local Bedrock; options for it are given as a sequence.
        environ: variables for every process of ours; they win over those of docker-compose.yml.
        without: services that are not wanted.
        steady_ports: take the ports that docker-compose.yml publishes where they are free.
        stop_within_s: time for a process to end before it is killed; None for what docker-compose.yml grants.
        show: gets each line that a process prints, with its name.
        redis: one that runs already, and stays; as `postgres`.
        compose: the file.
    """

    def __init__(
        self,
        folder: Path,
        *,
        workers: int = 1,
        simulator: bool | Sequence[str] = False,
        environ: Mapping[str, str] | None = None,
        without: Sequence[str] = (),
        steady_ports: bool = False,
        stop_within_s: float | None = 15.0,
        show: Callable[[str, str], None] | None = None,
        redis: Redis | None = None,
        postgres: Postgres | None = None,
        compose: Path = COMPOSE,
    ) -> None:
        self.folder = folder.absolute()
        self.processes: dict[str, LocalProcess] = {}
        self._workers_wanted, self._simulator, self._without = workers, simulator, without
        self._steady, self._stop_within_s, self._show, self._compose = steady_ports, stop_within_s, show, compose
        self._extra = dict(environ or {})
        self._redis, self._postgres = redis, postgres
        self._database_url = ""
        self._ports: dict[tuple[str, int], int] = {}
        self._workers: list[LocalProcess] = []
        self._stack = ExitStack()
        self._services: dict[str, Service] = {}

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def redis(self) -> Redis:
        """The broker's server, to be killed and restarted."""
        assert self._redis, "this cluster has no Redis"
        return self._redis

    @property
    def postgres(self) -> Postgres:
        """The store's server."""
        assert self._postgres, "this cluster has no PostgreSQL"
        return self._postgres

    def worker(self, number: int) -> LocalProcess:
        """Give a worker, counted from 0 in the order of their starts."""
        return self._workers[number]

    @property
    def workers(self) -> tuple[LocalProcess, ...]:
        """All workers that were started, the ended ones among them."""
        return tuple(self._workers)

    @property
    def environ(self) -> dict[str, str]:
        """Variables that lead a command to this cluster."""
        told = {"SKUSCRIBE_FILES": str(self.folder / "files")}
        if self._redis:
            told["SKUSCRIBE_BROKER_URL"] = self._redis.url
        if self._postgres:
            told["SKUSCRIBE_DATABASE_URL"] = self._database_url
        if self._simulator:
            told |= {**_SIMULATED, "AWS_ENDPOINT_URL": self.url("simulator", 8787)}
        return told | self._extra

    def url(self, service: str, port: int) -> str:
        """Give the address of a service by the port of its container."""
        return f"http://127.0.0.1:{self._ports[service, port]}"

    def start_worker(self, environ: Mapping[str, str] | None = None) -> LocalProcess:
        """Start one more worker and wait until it is well."""
        process = self._new_worker(environ or {})
        self._wait_until_well(process)
        return process

    def dead(self) -> list[LocalProcess]:
        """Name the processes that have ended although nobody asked them to."""
        return [process for process in self.processes.values() if not process.running]

    def close(self) -> None:
        """Stop everything that was started, those first that need the others."""
        for service in reversed(self._services.values()):
            mine = [process for name, process in self.processes.items() if name.rstrip("-0123456789") == service.name]
            limit_s = service.stop_within_s if self._stop_within_s is None else self._stop_within_s
            for process in mine:
                process.cont()
                process.terminate()
            until_s = time.monotonic() + limit_s
            for process in mine:
                try:
                    process.wait(max(0.0, until_s - time.monotonic()))
                except subprocess.TimeoutExpired:
                    process.kill()
        self.processes.clear()
        self._stack.close()

    def _start(self) -> None:
        asked = {**os.environ, **self._extra, **(_SIMULATED if self._simulator else {})}
        if self._simulator:
            asked["AWS_ENDPOINT_URL"] = "http://simulator:8787"
        self._services = {
            name: service
            for name, service in services(asked | self._extra, self._compose).items()
            if name not in self._without and (not service.profiles or (self._simulator and name == "simulator"))
        }
        self._start_stores()
        self._write_secrets()
        for name, service in self._services.items():
            if name in _STORES:
                continue
            for other, condition in service.waits_for.items():
                self._wait_for(other, condition)
            if name == "worker":
                for _ in range(self._workers_wanted):
                    self._new_worker({})
            else:
                self._run(service, name, {})
        for process in self.processes.values():
            self._wait_until_well(process)

    def _new_worker(self, environ: Mapping[str, str]) -> LocalProcess:
        process = self._run(self._services["worker"], f"worker-{len(self._workers) + 1}", environ)
        self._workers.append(process)
        return process

    def _wait_for(self, name: str, condition: str) -> None:
        if name in self.processes:
            wait = self._wait_for_end if condition == _ENDED else self._wait_until_well
            wait(self.processes[name])

    def _start_stores(self) -> None:
        if "redis" in self._services:
            self._redis = self._redis or self._stack.enter_context(Redis(persistent=True))
            self._ports["redis", 6379] = self._redis.port
        if "postgres" in self._services:
            given = self._postgres
            self._postgres = given or self._stack.enter_context(Postgres())
            database = self._postgres.new_database()
            if given:
                self._stack.callback(given.drop, database)
            self._database_url = self._postgres.url(database)
            self._ports["postgres", 5432] = self._postgres.port

    def _write_secrets(self) -> None:
        folder = self.folder / "run-secrets"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, url in (("broker_url", self._redis and self._redis.url), ("database_url", self._database_url)):
            if url:
                (folder / name).write_text(f"{url}\n", encoding="utf-8")

    def _run(self, service: Service, name: str, environ: Mapping[str, str]) -> LocalProcess:
        own = {port: self._port(service.published.get(port, port)) for port in own_ports(service)}
        self._ports |= {(name, port): local for port, local in own.items()}
        if name == "simulator" and not isinstance(self._simulator, bool):
            service = replace(service, command=(*service.command, *self._simulator))
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("SKUSCRIBE_")}
        home = {"SKUSCRIBE_HOME": str(self.folder / "var-lib-skuscribe")}
        launch = launch_of(service, name=name, folder=self.folder, own=own, others=self._ports, common=inherited | home)
        launch.environ.update(self._extra | dict(environ))
        for inside in launch.folders:
            inside.mkdir(parents=True, exist_ok=True)
        process = LocalProcess(launch, folder=self.folder, show=self._show)
        self.processes[name] = process
        return process

    def _port(self, wanted: int) -> int:
        taken = set(self._ports.values())
        if self._steady and wanted not in taken:
            with socket.socket() as caller:
                if caller.connect_ex(("127.0.0.1", wanted)):
                    return wanted
        return next(port for port in iter(free_port, None) if port not in taken)

    def _wait_for_end(self, process: LocalProcess) -> None:
        code = process.wait(_WELL_WITHIN_S)
        del self.processes[process.name]
        if code:
            raise ClusterError(f"{process.name} ended with {code}:\n{process.last_lines()}")

    def _wait_until_well(self, process: LocalProcess) -> None:
        until_s = time.monotonic() + _WELL_WITHIN_S
        while not process.well():
            if not process.running:
                raise ClusterError(f"{process.name} ended with {process.code}:\n{process.last_lines()}")
            if time.monotonic() > until_s:
                raise ClusterError(f"{process.name} is not well after {_WELL_WITHIN_S:.0f} s:\n{process.last_lines()}")
            time.sleep(_LOOK_S)
