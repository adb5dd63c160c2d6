from __future__ import annotations

import os

import pytest
from command_line import CommandLine
from hypothesis import HealthCheck, settings
from stand_in import StandIn

from jobs.store.database import upgrade_database

# Nothing here may depend on how fast the machine is, nor differ between two runs.
settings.register_profile("ours", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

_OURS = ("SKUSCRIBE_", "AWS_")


@pytest.fixture(autouse=True)
def own_surroundings(tmp_path, monkeypatch):
    """No setting of the machine reaches a test, and no test writes into a real home."""
    for name in list(os.environ):
        if name.startswith(_OURS):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SKUSCRIBE_HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-aws-credentials"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def skuscribe(capsys):
    return CommandLine(capsys)


@pytest.fixture
def bedrock(monkeypatch):
    """A stand-in that answers well, and the environment that leads there."""
    with StandIn() as stand_in:
        for name, value in stand_in.environ().items():
            monkeypatch.setenv(name, value)
        yield stand_in


@pytest.fixture(scope="session")
def postgresql():
    """The PostgreSQL of this test process."""
    from servers import Postgres  # noqa: PLC0415 - only for tests that start it

    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def _migrated(postgresql):
    name = postgresql.new_database()
    upgrade_database(postgresql.url(name))
    return name


@pytest.fixture
def postgresql_url(postgresql, _migrated):
    """The URL of a database of this test's own, with our tables in it."""
    name = postgresql.new_database(_migrated)
    yield postgresql.url(name)
    postgresql.drop(name)


@pytest.fixture(scope="session")
def redis_server():
    """The Redis of this test process."""
    from servers import Redis  # noqa: PLC0415 - only for tests that start it

    with Redis() as server:
        yield server


@pytest.fixture
def redis_url(redis_server):
    """The URL of an empty Redis."""
    import redis  # noqa: PLC0415 - only for tests that use it

    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url
