"""A simulator process, real clients for it, and a checker of replies by botocore's own models."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.validate import ParamValidator

from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    with start_simulator(SimulatorSettings(denied="mistral.ministral-3-8b-instruct")) as simulator:
        yield simulator.endpoint


@pytest.fixture(scope="session")
def make_client() -> Iterator[Callable[..., Any]]:
    keys = {"aws_access_key_id": "id", "aws_secret_access_key": "any"}
    session = boto3.Session(region_name="us-east-1", **keys)
    clients = []

    def make(service: str, endpoint: str, region: str | None = None) -> Any:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=10)
        clients.append(session.client(service, region, endpoint_url=endpoint, config=config))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def runtime(endpoint, make_client) -> Any:
    return make_client("bedrock-runtime", endpoint)


@pytest.fixture(scope="session")
def control(endpoint, make_client) -> Any:
    return make_client("bedrock", endpoint)


@pytest.fixture(scope="session")
def shapes() -> Callable[[str, str], Any]:
    """Give the output shape of an operation."""
    session = botocore.session.get_session()

    def shape(service: str, operation: str) -> Any:
        return session.get_service_model(service).operation_model(operation).output_shape

    return shape


def breaches(shape: Any, value: Any, where: str = "$") -> list[str]:
    """Say where a reply differs from botocore's model: unknown and missing members, types, enums."""
    found = [str(ParamValidator().validate(value, shape).generate_report())] if where == "$" else []
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        found += [f"{where}.{name} is not in the model" for name in value if name not in shape.members]
        for name, member in shape.members.items():
            if name in value:
                found += breaches(member, value[name], f"{where}.{name}")
    elif shape.type_name == "list":
        for number, item in enumerate(value):
            found += breaches(shape.member, item, f"{where}[{number}]")
    elif getattr(shape, "enum", None) and value not in shape.enum:
        found.append(f"{where} is {value!r}, not one of {shape.enum}")
    return [text for text in found if text]


@pytest.fixture(scope="session")
def differences(shapes) -> Callable[[str, str, Any], list[str]]:
    """Say how the reply of an operation differs from its model."""

    def compare(service: str, operation: str, reply: dict[str, Any]) -> list[str]:
        return breaches(shapes(service, operation), {k: v for k, v in reply.items() if k != "ResponseMetadata"})

    return compare


@pytest.fixture(scope="session")
def ask() -> Callable[..., dict[str, Any]]:
    """Read or change the simulator through its own paths."""

    def call(endpoint: str, path: str, changes: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if changes is None else json.dumps(changes).encode()
        with urllib.request.urlopen(f"{endpoint}/_simulator/{path}", data=data, timeout=10) as reply:  # noqa: S310 - our own server
            return json.loads(reply.read())

    return call
