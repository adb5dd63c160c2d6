"""What one batch-inference job may hold, and how many there may be: by setting, by Service Quotas, by default.

Source of names and defaults: general reference, Bedrock quotas, read 2026-10. Each is of a base model and a Region.
Whether a gigabyte is 10^9 or 2^30 bytes is not said: the smaller is kept to. A job has one input file here, so that the
limit of a file (1 GB) comes before that of a job (5 GB; 100 GB for Nova Pro on an older page).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from templates.errors import UserError
from worker.aws.models import ModelRef
from worker.aws.quotas import name_words
from worker.batch_settings import BatchSettings

if TYPE_CHECKING:
    pass

_GB = 10**9
_JOB_GB = 5
_NAME = re.compile(
    r"(?P<what>Minimum number of records per batch inference job|Records per batch inference job"
    r"|Records per input file per batch inference job|Batch inference input file size \(in GB\)"
    r"|Batch inference job size \(in GB\)"
    r"|Sum of in-progress and submitted batch inference jobs using a base model) for (?P<model>.+)",
    re.IGNORECASE,
)
#: A version at the end of an id (`openai.gpt-oss-120b-1:0`) that no quota's name has.
_VERSION = re.compile(r"-\d+:\d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """What Bedrock takes of one model in one Region."""

    #: Records of one job.
    least_records: int
    most_records: int
    #: Bytes of its input file.
    most_bytes: int
    #: Jobs that are submitted or in progress at a time.
    most_jobs: int


DEFAULTS = BatchLimits(least_records=100, most_records=100_000, most_bytes=_GB, most_jobs=100)


def batch_limits(settings: BatchSettings, found: BatchLimits | None) -> BatchLimits:
    """Give the limits to keep to: what is set, else what was found, else the documented defaults.

    Raises:
        UserError: no job can keep to them.
    """
    known = found or DEFAULTS
    limits = BatchLimits(
        least_records=_set(settings.least_records, known.least_records),
        most_records=_set(settings.most_records, known.most_records),
        most_bytes=_set(settings.most_bytes, known.most_bytes),
        most_jobs=_set(settings.most_jobs, known.most_jobs),
    )
    if limits.most_records < limits.least_records:
        raise UserError(
            f"A batch job is to hold at most {limits.most_records:,} records, and takes at least"
            f" {limits.least_records:,}.",
            fix="Raise SKUSCRIBE_BATCH_MOST_RECORDS, or lower SKUSCRIBE_BATCH_LEAST_RECORDS where Bedrock takes fewer.",
            code="setting",
        )
    return limits


def limits_among(quotas: Iterable[Mapping[str, Any]], ref: ModelRef) -> BatchLimits | None:
    """Find a model's limits in a list of Service Quotas by their names; the defaults stand for those not listed."""
    base = _VERSION.sub("", ref.base or "")
    # The names leave out the maker of some models.
    wanted = (name_words(base), name_words(base.partition(".")[2]))
    values: dict[str, float] = {}
    for quota in quotas:
        name = _NAME.fullmatch(str(quota.get("QuotaName") or ""))
        value = quota.get("Value")
        if name is None or not isinstance(value, int | float) or value <= 0:
            continue
        if name_words(name["model"]) in wanted:
            values[name["what"].casefold()] = value
    return _limits(values) if values else None


def _limits(values: Mapping[str, float]) -> BatchLimits:
    least = values.get("minimum number of records per batch inference job", DEFAULTS.least_records)
    most = min(
        values.get("records per batch inference job", DEFAULTS.most_records),
        values.get("records per input file per batch inference job", DEFAULTS.most_records),
    )
    size_gb = min(
        values.get("batch inference input file size (in gb)", DEFAULTS.most_bytes / _GB),
        values.get("batch inference job size (in gb)", _JOB_GB),
    )
    jobs = values.get("sum of in-progress and submitted batch inference jobs using a base model", DEFAULTS.most_jobs)
    return BatchLimits(
        least_records=int(least), most_records=int(most), most_bytes=int(size_gb * _GB), most_jobs=int(jobs)
    )


def _set(setting: int | None, found: int) -> int:
    return found if setting is None else setting
