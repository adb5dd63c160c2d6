from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from jobs.store.schema import copies
from templates.fields import Copy

_pack = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
#: Copy in these states is never written over.
LOCKED = ("approved", "edited")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCopy:
    """Copy that an earlier item gave."""

    fingerprint: str
    state: str
    copy: Copy
    notes: str
    model: str


@dataclass(frozen=True, slots=True)
class Slot:
    """Where copy belongs in a catalogue: a product's key, a template's name and a locale."""

    key: str
    template: str
    locale: str


class CopyTable:
    """The copy that items gave, over all jobs of a realm."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def by_fingerprint(self, realm: str, fingerprints: Iterable[str]) -> dict[str, KeptCopy]:
        """Give the newest copy of each fingerprint that has any."""
        wanted = list(set(fingerprints))
        if not wanted:
            return {}
        newest = (
            select(func.max(copies.c.id))
            .where(copies.c.realm == realm, copies.c.fingerprint.in_(wanted))
            .group_by(copies.c.fingerprint)
        )
        with self._engine.connect() as connection:
            found = connection.execute(select(copies).where(copies.c.id.in_(newest))).mappings()
            return {row["fingerprint"]: _kept(row) for row in found}

    def of_products(self, realm: str, catalogue: str, keys: Sequence[str]) -> dict[Slot, KeptCopy]:
        """Give the newest copy of each slot of these products of a catalogue."""
        newest = (
            select(func.max(copies.c.id))
            .where(copies.c.realm == realm, copies.c.catalogue == catalogue, copies.c.key.in_(keys))
            .group_by(copies.c.key, copies.c.template, copies.c.locale)
        )
        with self._engine.connect() as connection:
            found = connection.execute(select(copies).where(copies.c.id.in_(newest))).mappings()
            return {Slot(row["key"], row["template"], row["locale"]): _kept(row) for row in found}


def pack_copy(copy: Copy) -> str:
    """Write copy as JSON."""
    return _pack(copy)


def unpack_copy(text: str | None) -> Copy:
    """Read copy from JSON."""
    loaded = json.loads(text) if text else {}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in loaded.items()}


def _kept(row: object) -> KeptCopy:
    values = dict(row)  # type: ignore[call-overload]  # a RowMapping; its stub lacks the mapping overload
    return KeptCopy(
        fingerprint=values["fingerprint"],
        state=values["state"],
        copy=unpack_copy(values["copy"]),
        notes=values["notes"],
        model=values["model"],
    )
