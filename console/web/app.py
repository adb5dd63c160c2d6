from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from console.web.failures import tell_failures
from console.web.headers import SecurityHeaders
from console.web.jobs import jobs_routes
from console.web.metrics import metrics_routes
from console.web.readiness import QueueDepths, readiness_routes
from jobs.store.figures import Figures
from worker.wiring import Parts

#: Names of this machine, whichever a browser or a probe calls it by.
OWN_NAMES = ("localhost", "127.0.0.1", "[::1]")


def make_app(parts: Parts, *, hosts: Sequence[str], queue_depths: QueueDepths | None = None) -> ASGIApp:
    """Put the web service together.

    Args:
        parts: what it shows.
        hosts: names, besides those of this machine, that a request may call the service by; `*` for any.
        queue_depths: how many messages wait; None where there is no broker.
    """
    app = FastAPI(
        title="Skuscribe",
        summary="Jobs, health and metrics",
        version=version("skuscribe"),
        # Their pages load scripts from elsewhere; /openapi.json is for a viewer of one's own.
        docs_url=None,
        redoc_url=None,
    )
    tell_failures(app)
    app.include_router(readiness_routes(parts.store.engine, queue_depths))
    app.include_router(metrics_routes(Figures(parts.store.engine), queue_depths))
    app.include_router(jobs_routes(parts))
    # A page of a stranger whose name is made to lead here (DNS rebinding) has the stranger's name as its host.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*OWN_NAMES, *hosts], www_redirect=False)
    return SecurityHeaders(app)
