"""What failed a job, kept in the store so that who follows it from elsewhere is told the same."""

from __future__ import annotations

import json

from jobs.store.database import StoreError
from templates.errors import AccessError, SkuscribeError, UserError
from worker.model import ModelError

_KINDS = {kind.exit_code: kind for kind in (UserError, StoreError, AccessError)}


def told(error: SkuscribeError) -> SkuscribeError:
    """Turn what stopped a job into what a person is told: exit 5 with the cure."""
    if isinstance(error, ModelError):
        return AccessError(error.message, fix=error.fix, code=error.kind)
    return error


def to_json(error: SkuscribeError) -> str:
    """Write an error for the store."""
    error = told(error)
    return json.dumps(
        {"message": error.message, "fix": error.fix, "code": error.code, "exit": error.exit_code}, ensure_ascii=False
    )


def from_json(text: str) -> SkuscribeError:
    """Read an error from the store, with the exit code that it had."""
    kept = json.loads(text)
    kind = _KINDS.get(kept["exit"], SkuscribeError)
    return kind(kept["message"], fix=kept["fix"], code=kept["code"])
