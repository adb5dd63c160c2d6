"""References to cells, as sheets spell them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jobs.intake.letters import column_index
from outputs.xlsx.regions import Region

_RANGE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})(?::\$?([A-Za-z]{1,3})\$?(\d{1,7}))?")


def regions_of(refs: Iterable[bytes | str]) -> Iterator[Region]:
    """Read references such as `A1:B2 D4`; what is none is passed over."""
    for ref in refs:
        for each in (ref.decode("latin-1") if isinstance(ref, bytes) else ref).split():
            found = _RANGE.fullmatch(each.rpartition("!")[2])
            if found is None:
                continue
            left, right = column_index(found[1]), column_index(found[3] or found[1])
            if left is not None and right is not None:
                yield Region(top=int(found[2]), left=left, bottom=int(found[4] or found[2]), right=right)
