"""The requests that `run` sends for a sheet, written down for the bare loop."""

from __future__ import annotations

import json
from pathlib import Path

from measuring import MODEL, TEMPLATE
from products import product_rows

from jobs.store.item_table import OpenItem
from templates.catalog import Catalog
from worker.aws.ask import converse_arguments
from worker.aws.capabilities import capability_of, output_mode
from worker.composing import Asking, Composer, Task


def write_bodies(path: Path, count: int) -> Path:
    """Write the arguments of so many `converse` calls, one JSON object a line."""
    template = Catalog([]).find(TEMPLATE)
    mode, capability = output_mode(MODEL), capability_of(MODEL)
    asking = Asking(
        mode=mode,
        tier="default",
        cache_min_tokens=capability.cache_min_tokens,
        thinks=capability.thinks,
        most_output_tokens=capability.max_output_tokens,
        metadata={"skuscribe_job": "j000000-000000"},
    )
    composer = Composer(template, locale="", brand=None, asking=asking)
    with path.open("w", encoding="utf-8") as file:
        for at, (sku, title, brand, category, features, material, colour, _) in enumerate(product_rows(count)):
            item = OpenItem(
                id=at,
                row=at + 2,
                key=sku,
                template=template.ref,
                locale="",
                model=MODEL,
                fingerprint="",
                values={
                    "title": title,
                    "brand": brand,
                    "category": category,
                    "features": features,
                    "material": material,
                    "colour": colour,
                },
            )
            request = composer.compose(Task(item), mode=mode).request
            file.write(json.dumps(converse_arguments(request, capability)) + "\n")
    return path
