"""A PostgreSQL and a Redis of a test's own: on a free port, in a folder of their own, gone when the test is."""

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import redis

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_READY_S = 60
#: Linux ends the child of a thread with the thread: all servers are started by one that stays.
_STARTER = ThreadPoolExecutor(1, thread_name_prefix="servers")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def found(*names, folders=()):
    """Give the path of a program, which Debian may keep outside of PATH; the newest of several."""
    for name in names:
        in_folders = [folder / name for folder in sorted(folders, key=_version, reverse=True)]
        for path in [Path(shutil.which(name) or name), *in_folders]:
            if path.is_absolute() and path.exists():
                return path
    raise RuntimeError(f"{names[0]} is not installed: `make servers` installs it")


def _version(folder):
    digits = [part for part in folder.parts if part.replace(".", "").isdigit()]
    return float(digits[-1]) if digits else 0


class _Server:
    """A server as a child of this process: it ends with it, however that ends."""

    #: Ends it at once when this process dies.
    _death_signal = signal.SIGKILL
    _user = None

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix=f"skuscribe-{type(self).__name__.lower()}-"))
        self.port = free_port()
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self):
        return self._process.pid

    def start(self):
        """Start it, or start it again on what it kept, and wait until it answers."""
        self._process = _STARTER.submit(self._begin).result()
        until_s = time.monotonic() + _READY_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until_s:
                self.kill()
                raise RuntimeError(f"it did not start: {(self.folder / 'log').read_text(errors='replace')[-2000:]}")
            time.sleep(0.01)

    def stop(self):
        """End it in an orderly way."""
        self._end(self._stop_signal)

    def kill(self):
        """Kill -9 of the server with all its processes."""
        if not self.running:
            return
        with suppress(psutil.NoSuchProcess):
            server = psutil.Process(self._process.pid)
            server.suspend()  # it starts no child in between
            family = [*server.children(recursive=True), server]
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            self._process.wait(_READY_S)
            psutil.wait_procs(family, _READY_S)

    def restart(self):
        self.stop()
        self.start()

    def freeze(self):
        """Let it answer nobody, with all connections open."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self):
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number):
        server = psutil.Process(self._process.pid)
        for process in (server, *server.children(recursive=True)):
            process.send_signal(number)

    def _end(self, number):
        if self.running:
            self._process.send_signal(number)
            try:
                self._process.wait(_READY_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def _begin(self):
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                # Ctrl-C is for us alone: whoever uses it ends before it does.
                start_new_session=True,
                preexec_fn=self._before_exec,  # noqa: PLW1509 - it takes no lock that another thread may hold
                **self._as_user(),
            )

    def _before_exec(self):
        _LIBC.prctl(_PR_SET_PDEATHSIG, self._death_signal)

    def _as_user(self):
        return {}


class Postgres(_Server):
    """A PostgreSQL that orders text by a language, as many do, and asks for a password."""

    _death_signal = signal.SIGQUIT
    _stop_signal = signal.SIGINT
    user, password = "skuscribe", "s3cret-f0r-tests"

    def __init__(self):
        super().__init__()
        self._bin = found("postgres", folders=Path("/usr/lib/postgresql").glob("*/bin")).parent
        self._data = self.folder / "data"

    def start(self):
        if not self._data.exists():
            self._make_cluster()
        super().start()

    def immediate(self):
        """End it without a checkpoint, as in a crash of which its clients hear: it says goodbye to them."""
        self._end(signal.SIGQUIT)

    def url(self, database="postgres"):
        return f"postgresql://{self.user}:{self.password}@127.0.0.1:{self.port}/{database}"

    def new_database(self, template="template0"):
        """Make a database, as a copy of another where one is named; give its name."""
        name = f"t{secrets.token_hex(6)}"
        self.run(f'CREATE DATABASE {name} TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name

    def drop(self, name):
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def run(self, statement, database="postgres"):
        """Run one statement; give its rows, None where it has none."""
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=10) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else None

    def _make_cluster(self):
        if self._as_user():
            shutil.chown(self.folder, *self._as_user().values())
        secret = self.folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)
        version = int(self._run("postgres", "--version").split()[2].split(".")[0])
        language = ("--locale-provider=icu", "--icu-locale=en-US") if version >= 15 else ()
        self._run(
            "initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", *language, "--auth=scram-sha-256",
            f"--username={self.user}", f"--pwfile={secret}", "-D", self._data,
        )  # fmt: skip

    def _run(self, program, *arguments):
        done = subprocess.run(
            [self._bin / program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd=self.folder,
            **self._as_user(),
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def _command(self):
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "shared_buffers": "32MB",
            "max_connections": "100",
            "logging_collector": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self._bin / "postgres", "-D", self._data, "-p", str(self.port), *options]

    def _answers(self):
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _as_user(self):
        # PostgreSQL does not run as root: its package has made a user for it.
        if os.geteuid():
            return {}
        entry = pwd.getpwnam("postgres")
        return {"user": entry.pw_uid, "group": entry.pw_gid}


class Redis(_Server):
    """A Redis (or Valkey); with `persistent` it keeps on disk what it was told, at every command."""

    _stop_signal = signal.SIGTERM

    def __init__(self, *, persistent=False):
        super().__init__()
        self._program = found("redis-server", "valkey-server")
        self._persistent = persistent

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def lose_data(self):
        """Forget everything that a stopped or killed server had on disk."""
        assert not self.running
        for entry in self.folder.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != "log":
                entry.unlink()

    def _command(self):
        kept = ("--appendonly", "yes", "--appendfsync", "always") if self._persistent else ("--appendonly", "no")
        return [
            self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, "--save", "", *kept,
        ]  # fmt: skip

    def _answers(self):
        client = redis.Redis(port=self.port, socket_timeout=5)
        try:
            return client.ping()
        except redis.RedisError:
            return False
        finally:
            client.close()
