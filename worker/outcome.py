"""What an item's last attempt leaves behind: its result, and copy that later jobs may reuse."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.results import ItemState
from jobs.store.attempts import End, Finished
from jobs.store.item_table import OpenItem
from worker.verdicts import Settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a job's requests go, as the ledger records it."""

    job_id: str
    session: str
    realm: str
    region: str
    lane: str
    #: How copy of this job is kept for later ones: catalogue, realm.
    catalogue: str


def finished_item(item: OpenItem, verdict: Settled, end: End, place: Place) -> Finished:
    """Give the result of an item whose attempt ended so."""
    kept = None
    if verdict.state in (ItemState.DONE, ItemState.FLAGGED):
        kept = {
            "realm": place.realm,
            "fingerprint": item.fingerprint,
            "catalogue": place.catalogue,
            "key": item.key,
            "template": item.template.split("@")[0],
            "locale": item.locale,
            "state": "draft" if verdict.state is ItemState.DONE else "flagged",
            "model": item.model,
            "job_id": place.job_id,
        }
    return Finished(
        item_id=item.id,
        state=verdict.state,
        copy=verdict.copy,
        notes=verdict.notes,
        finish=end.finish,
        tier=end.tier,
        lane=place.lane if end.outcome == "ok" else "",
        price_ref=end.price_ref,
        kept_as=kept,
    )
