from __future__ import annotations

import socketserver
import threading

import pytest

from worker.checks.broker import check_broker

pytestmark = pytest.mark.servers

WELL = {"redis_version": "7.0.15", "role": "master", "aof_enabled": "1", "maxmemory_policy": "noeviction"}


class Redis(socketserver.ThreadingTCPServer):
    """As much of Redis as the check speaks: it says what it is told to say, and nobody needs a real one for it."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Talk)
        self.info = dict(WELL)
        self.save = "3600 1"
        self.password = ""
        self.url = f"redis://:geheim@127.0.0.1:{self.server_address[1]}/0"


class _Talk(socketserver.StreamRequestHandler):
    def handle(self):
        while line := self.rfile.readline():
            command, *words = [self.word() for _ in range(int(line[1:]))]
            self.wfile.write(self.answer([command.upper(), *words]))

    def word(self):
        return self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2].decode()

    def answer(self, words):
        redis = self.server
        if words[0] == "AUTH" and redis.password not in ("", words[-1]):
            return b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"
        if words[0] == "INFO":
            return bulk("\r\n".join(f"{name}:{value}" for name, value in redis.info.items()))
        if words[:2] == ["CONFIG", "GET"]:
            if redis.save is None:
                return b"-ERR unknown command 'CONFIG'\r\n"
            return b"*2\r\n" + bulk("save") + bulk(redis.save)
        return b"+OK\r\n"


def bulk(text):
    return f"${len(text.encode())}\r\n{text}\r\n".encode()


@pytest.fixture
def redis():
    with Redis() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_without_a_broker_all_is_well():
    check = check_broker("", workers=0)

    assert (check.state, check.detail) == ("ok", "none: jobs run in the command.")


def test_a_redis_that_keeps_its_messages_is_well_and_its_password_is_not_told(redis):
    check = check_broker(redis.url, workers=3)

    assert check.state == "ok"
    assert check.detail == f"Redis 7.0.15 at 127.0.0.1:{redis.server_address[1]}, workers: 3."


def test_valkey_is_told_by_its_own_name(redis):
    redis.info |= {"redis_version": "7.2.4", "valkey_version": "8.1.3"}

    assert "Valkey 8.1.3" in check_broker(redis.url, workers=1).detail


@pytest.mark.parametrize(
    ("info", "save", "workers", "told"),
    [
        ({"aof_enabled": "0"}, "", 1, "writes nothing to its disk"),
        ({"maxmemory_policy": "allkeys-lru"}, "3600 1", 1, "set noeviction"),
        ({}, "", 0, "No worker shows itself"),
    ],
)
def test_what_may_bite_later_is_a_warning(redis, info, save, workers, told):
    redis.info |= info
    redis.save = save
    check = check_broker(redis.url, workers=workers)

    assert check.state == "warn"
    assert told in check.detail


@pytest.mark.parametrize("save", ["3600 1", None])
def test_snapshots_are_enough_and_a_service_that_hides_them_is_believed(redis, save):
    redis.info["aof_enabled"] = "0"
    redis.save = save

    assert check_broker(redis.url, workers=None).state == "ok"


@pytest.mark.parametrize(
    ("info", "told"),
    [
        ({"redis_version": "6.0.16"}, "is Redis 6.0.16"),
        ({"redis_version": ""}, "unknown version"),
        ({"role": "slave"}, "is a replica"),
    ],
)
def test_a_redis_that_cannot_serve_fails(redis, info, told):
    redis.info |= info
    check = check_broker(redis.url, workers=1)

    assert check.state == "fail"
    assert told in check.detail
    assert check.fix


def test_a_wrong_password_is_told_without_it(redis):
    redis.password = "another"  # noqa: S105 - of the stand-in
    check = check_broker(redis.url, workers=1)

    assert check.state == "fail"
    assert "refuses us" in check.detail
    assert "geheim" not in check.detail + check.fix


def test_a_broker_that_is_down_is_told_without_the_password(redis):
    redis.server_close()
    check = check_broker(redis.url, workers=1)

    assert check.state == "fail"
    assert "cannot be asked" in check.detail
    assert "geheim" not in check.detail + check.fix
