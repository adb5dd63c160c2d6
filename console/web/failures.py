"""Every error becomes `{"error": {code, message, fix}}`, as it does under `--json`."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from console.output import error_json
from jobs.store.database import StoreError
from templates.errors import AccessError, SkuscribeError, UserError, without_passwords

#: Codes of errors that name something which is not there.
_MISSING = {"job"}


def tell_failures(app: FastAPI) -> None:
    """Have the app answer every error in one shape; no traceback reaches a user."""
    app.add_exception_handler(SkuscribeError, _ours)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _defect)


def _status(error: SkuscribeError) -> HTTPStatus:
    if isinstance(error, StoreError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    if error.code in _MISSING:
        return HTTPStatus.NOT_FOUND
    if isinstance(error, UserError):
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.FORBIDDEN if isinstance(error, AccessError) else HTTPStatus.INTERNAL_SERVER_ERROR


def _answer(error: SkuscribeError, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(error_json(error), status_code=status, headers=headers)


def _ours(_request: Request, error: Exception) -> JSONResponse:
    told = error if isinstance(error, SkuscribeError) else SkuscribeError(str(error))
    shown = SkuscribeError(without_passwords(told.message), fix=told.fix, code=told.code)
    return _answer(shown, _status(told))


def _not_valid(_request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    wrong = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in found)
    told = UserError(f"The request is wrong: {wrong}.", fix="/openapi.json says what it takes.", code="request")
    return _answer(told, HTTPStatus.UNPROCESSABLE_ENTITY)


def _of_http(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else None
    told = UserError(
        f"{request.method} {request.url.path}: {HTTPStatus(status).phrase.lower()}.",
        fix="/openapi.json lists what there is.",
        code=HTTPStatus(status).name.lower(),
    )
    return _answer(told, status, headers)


def _defect(_request: Request, error: Exception) -> JSONResponse:
    told = SkuscribeError(
        f"Skuscribe has a defect here: {type(error).__name__}.", fix="Its log says more; report it.", code="defect"
    )
    return _answer(told, HTTPStatus.INTERNAL_SERVER_ERROR)
