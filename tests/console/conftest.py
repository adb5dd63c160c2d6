from __future__ import annotations

import pytest
from command_line import CommandLine
from stand_in import StandIn


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
