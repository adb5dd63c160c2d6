from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import Engine

from console.web.schemas import Health, Readiness
from jobs.store.upgrading import newest_revision, revision
from templates.errors import SkuscribeError, without_passwords

#: Counts the messages that wait, by queue.
QueueDepths = Callable[[], Mapping[str, int]]


def readiness_routes(engine: Engine, queue_depths: QueueDepths | None) -> APIRouter:
    """Give the routes that say whether the process lives, and whether it can work."""
    router = APIRouter(tags=["health"])

    @router.get("/health", response_model=Health, summary="Whether the process lives")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    not_ready: dict[int | str, dict[str, Any]] = {503: {"model": Readiness, "description": "A part fails"}}

    @router.get("/ready", response_model=Readiness, responses=not_ready, summary="Whether store and broker are there")
    def ready() -> JSONResponse:
        checks = [_check("store", lambda: _store(engine))]
        if queue_depths:
            checks.append(_check("broker", lambda: _broker(queue_depths)))
        is_ready = all(check["state"] == "ok" for check in checks)
        status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse({"ready": is_ready, "checks": checks}, status_code=status)

    return router


def _check(name: str, look: Callable[[], str]) -> dict[str, str]:
    try:
        return {"name": name, "state": "ok", "detail": look()}
    except SkuscribeError as error:
        return {"name": name, "state": "fail", "detail": without_passwords(error.message)}


def _store(engine: Engine) -> str:
    with engine.connect() as connection:
        found = revision(connection)
    if found != newest_revision():
        raise SkuscribeError(
            f"The store is at revision {found or 'none'}, this version wants {newest_revision()}: "
            "`skuscribe db upgrade` brings it there."
        )
    return f"at revision {found}"


def _broker(queue_depths: QueueDepths) -> str:
    return f"{sum(queue_depths().values())} messages wait"
