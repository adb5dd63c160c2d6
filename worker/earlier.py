"""What earlier runs of a catalogue left in its sheets."""

from __future__ import annotations

from jobs.spec import JobSpec
from jobs.store.job_table import JobRecord
from jobs.store.store import Store
from outputs.columns import planned_headers
from templates.errors import UserError
from worker.recipe import Recipe


def earlier_headers(store: Store, realm: str, catalogue: str, *, before: JobRecord | None = None) -> frozenset[str]:
    """Give the headers that earlier runs wrote, so that our columns are found again behind those of other templates."""
    recipes = {
        (job.templates, JobSpec.from_json(job.spec).locale)
        for job in store.jobs.of_catalogue(realm, catalogue, before=before)
    }
    found: set[str] = set()
    for recipe, locales in recipes:
        try:
            found |= {*planned_headers(Recipe.from_json(recipe).templates, locales)}
        except UserError:
            # A template of an older version of the program that this one does not take: its columns are not known.
            continue
    return frozenset(found)
