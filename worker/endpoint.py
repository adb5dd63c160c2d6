"""Where a job's requests go: Amazon Bedrock, what stands in for it, or the simulator inside the command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from templates.errors import UserError
from worker.aws.access import preflight
from worker.aws.client import client_for, control_endpoint, runtime_endpoint, session_for, simulated_session
from worker.aws.endpoint import realm_of
from worker.aws.models import ModelRef, parse_model
from worker.aws.runtime import BedrockModel
from worker.limits.limiter import Quotas
from worker.model import ModelClient
from worker.settings import DEFAULT_REGION, Settings
from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings

SIMULATED = "simulated"
#: How the simulator inside the command answers: quickly enough for a demo, slowly enough to see the progress bar.
_SIMULATED_LATENCY_S = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An opened way to a model."""

    realm: str
    region: str
    client: ModelClient
    model: ModelRef
    quotas: Quotas
    #: No quota at all: the simulator inside the command.
    unlimited: bool
    #: The AWS account whose quotas are used, "" where it is not known.
    account: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Which realm and Region requests would go to; known before anything is opened."""

    realm: str
    region: str
    #: False where no Region is set anywhere, so that prices are those of the default one.
    is_told: bool = True


def find_target(settings: Settings, *, region: str, simulate: bool) -> Target:
    """Say where requests would go, without sending any."""
    if simulate:
        return Target(realm=SIMULATED, region=region or settings.region or DEFAULT_REGION)
    session = session_for(region=region or settings.region or None)
    named = session.region_name or DEFAULT_REGION
    return Target(
        realm=realm_of(runtime_endpoint(session, region=named)), region=named, is_told=bool(session.region_name)
    )


def find_batch_realm(settings: Settings, *, region: str) -> str:
    """Say where batch-inference jobs would be asked for, without asking for any."""
    session = session_for(region=region or settings.region or None)
    return realm_of(control_endpoint(session, region=session.region_name or DEFAULT_REGION))


def named_model(text: str) -> ModelRef:
    """Read a model id that a user gave.

    Raises:
        UserError: it cannot be one.
    """
    ref = parse_model(text)
    if not ref.id or any(sign.isspace() for sign in ref.id):
        raise UserError(f'"{text}" is not a model id.', fix="`skuscribe prices` lists the known models.", code="model")
    return ref


@contextmanager
def open_endpoint(
    settings: Settings, *, model: str, region: str, simulate: bool, connections: int, today: Callable[[], date]
) -> Iterator[Endpoint]:
    """Open the way to a model and check what can be checked before the first request.

    Raises:
        AccessError: no credentials, no access, no such model or Region.
        UserError: the model id is not one.
    """
    ref = named_model(model)
    if simulate:
        with start_simulator(SimulatorSettings(latency_s=_SIMULATED_LATENCY_S, latency_spread=0.3)) as simulator:
            yield _simulated(
                settings, ref, simulator.endpoint, region or settings.region or DEFAULT_REGION, connections
            )
        return
    session = session_for(region=region or settings.region or None)
    asked = session.region_name or None
    checked = preflight(session, ref, region=asked, today=today(), quotas=True)
    named = asked or DEFAULT_REGION
    client = client_for(session, region=named, connections=connections, read_timeout_s=settings.read_timeout_s)
    quotas = checked.quotas
    yield Endpoint(
        realm=checked.realm,
        region=named,
        client=BedrockModel(client, base=checked.model.base),
        model=checked.model,
        quotas=Quotas(quotas.requests_per_min, quotas.tokens_per_min) if quotas else Quotas(),
        unlimited=False,
        account=checked.account,
        warnings=checked.warnings,
    )


def _simulated(settings: Settings, ref: ModelRef, url: str, region: str, connections: int) -> Endpoint:
    session = simulated_session(region)
    client = client_for(
        session, region=region, connections=connections, read_timeout_s=settings.read_timeout_s, endpoint_url=url
    )
    return Endpoint(
        realm=SIMULATED, region=region, client=BedrockModel(client), model=ref, quotas=Quotas(), unlimited=True
    )
