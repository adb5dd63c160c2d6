"""What happens to one request to a model: checks, quota, faults, cache, answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp
from statistics import NormalDist
from typing import Any

from worker.simulator.answer import Answer, write_answer
from worker.simulator.clock import DrivenClock
from worker.simulator.copywriter import Copywriter
from worker.simulator.counters import Counters
from worker.simulator.directory import find_model
from worker.simulator.errors import ServiceError, invalid
from worker.simulator.faults import Fault, choose_fault, draw
from worker.simulator.models import SimulatedModel
from worker.simulator.native import NativeForm, form_of
from worker.simulator.prompt_cache import CacheUse, PromptCache
from worker.simulator.quota import Quota
from worker.simulator.replies import usage_block
from worker.simulator.request import ConverseRequest, input_tokens, parse_json, read_converse
from worker.simulator.settings import SimulatorSettings

_NORMAL = NormalDist()
_THROTTLED = "Too many {what}, please wait before trying again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One accepted request with its answer, before it is sent."""

    model: SimulatedModel
    #: How its reply is written; None is Converse.
    form: NativeForm | None
    request: ConverseRequest
    answer: Answer
    usage: dict[str, Any]
    fault: Fault
    latency_s: float
    tool_use_id: str
    quota: Quota | None
    reserved_tokens: int
    quota_tokens: int


class LocalBedrock:
    """The state of the simulator: quotas, cached prefixes, how often each prompt came."""

    def __init__(self, settings: SimulatorSettings, clock: Callable[[], float]) -> None:
        self.counters = Counters()
        self.clock = DrivenClock(clock, datetime.now(UTC))
        self._apply(settings)
        self._cache = PromptCache()
        self._seen: Counter[bytes] = Counter()
        self._first_request_s: dict[str, float] = {}

    def _apply(self, settings: SimulatorSettings) -> None:
        self.settings = settings
        self._copywriter = Copywriter(settings.seed)
        self._quotas: dict[tuple[str, str], Quota] = {}

    def change(self, settings: SimulatorSettings) -> None:
        """Take other settings; quotas start full again."""
        self._apply(settings)

    def begin(self, model_named: str, body: bytes, region: str, *, native: bool = False, tier: str = "") -> Turn:
        """Accept a request and write its answer.

        Args:
            model_named: Id, inference profile or ARN.
            body: Of Converse, or the model's own.
            region: Where it was asked.
            native: It is the model's own: InvokeModel.
            tier: The service tier that a native request names outside its body.

        Raises:
            ServiceError: Bedrock would refuse it, or a fault says so.
        """
        model, scope = self.model(model_named, region)
        form = form_of(model) if native else None
        given = parse_json(body)
        if form:
            given = {**form.read(given), "serviceTier": {"type": tier} if tier else None}
        request = read_converse(model, given)
        self._check_ready(model)
        nth = self._seen[request.digest]
        self._seen[request.digest] = nth + 1
        fault = choose_fault(self.settings, request.digest, nth)
        asked_tokens = input_tokens(model, request)
        max_tokens = request.max_tokens or model.max_output_tokens
        now_s = self.clock()
        quota = self._reserve(model, scope, asked_tokens + max_tokens, now_s, fault)
        cache = self._cache.use(model, request, now_s)
        answer = write_answer(
            self._copywriter,
            model,
            request,
            fault=fault,
            seed=self.settings.seed,
            fence_rate=self.settings.fence_rate,
            max_tokens=max_tokens,
        )
        usage = usage_block(asked_tokens, answer, cache, caching=bool(request.cache_points))
        return Turn(
            model=model,
            form=form,
            request=request,
            answer=answer,
            usage=usage,
            fault=fault,
            latency_s=self._latency_s(request.digest, nth),
            tool_use_id=f"tooluse_{request.digest[:11].hex()}",
            quota=quota,
            reserved_tokens=asked_tokens + max_tokens,
            quota_tokens=_quota_tokens(model, asked_tokens, cache, answer),
        )

    def finish(self, turn: Turn) -> None:
        """Settle the quota of a request that has ended."""
        if turn.quota:
            turn.quota.settle(turn.reserved_tokens, turn.quota_tokens, self.clock())

    def count(self, model_named: str, body: bytes, region: str) -> int:
        """Count the input tokens of a request, as CountTokens does."""
        model, _ = self.model(model_named, region)
        if not model.count_tokens:
            raise invalid("The provided model doesn't support counting tokens.")
        given = parse_json(body).get("input") or {}
        if "converse" not in given:
            raise invalid("The value at input must hold converse: counting the tokens of InvokeModel is not simulated.")
        return input_tokens(model, read_converse(model, given["converse"]))

    def model(self, named: str, region: str) -> tuple[SimulatedModel, str]:
        """Find a model that the account may use, and the scope of its quota."""
        model, scope = find_model(named, region, datetime.now(UTC).date())
        if model.id in self.settings.denied_models:
            raise ServiceError(
                "AccessDeniedException", "You don't have access to the model with the specified model ID."
            )
        return model, scope

    def _check_ready(self, model: SimulatedModel) -> None:
        if self.settings.cold_start_s:
            now_s = self.clock()
            if now_s - self._first_request_s.setdefault(model.id, now_s) < self.settings.cold_start_s:
                raise ServiceError("ModelNotReadyException", "Model is not ready for inference. Wait and try again.")

    def _reserve(self, model: SimulatedModel, scope: str, tokens: int, now_s: float, fault: Fault) -> Quota | None:
        """Take from the quota, or fail at once as the fault says."""
        if fault is Fault.THROTTLE:
            raise ServiceError("ThrottlingException", _THROTTLED.format(what="requests"))
        if fault is Fault.INTERNAL:
            raise ServiceError(
                "InternalServerException", "The system encountered an unexpected error during processing. Try again."
            )
        if fault is Fault.UNAVAILABLE:
            raise ServiceError(
                "ServiceUnavailableException", "Bedrock is unable to process your request. Try again later."
            )
        settings = self.settings
        if settings.rpm <= 0 and settings.tpm <= 0:
            return None
        quota = self._quotas.get((model.id, scope))
        if quota is None:
            quota = Quota(rpm=settings.rpm, tpm=settings.tpm, burst_s=settings.quota_burst_s, now_s=now_s)
            self._quotas[model.id, scope] = quota
        used_up = quota.take(tokens, now_s)
        if used_up:
            raise ServiceError("ThrottlingException", _THROTTLED.format(what=used_up))
        return quota

    def _latency_s(self, digest: bytes, nth: int) -> float:
        settings = self.settings
        if not settings.latency_s or not settings.latency_spread:
            return settings.latency_s
        share = draw(settings.seed, digest, nth, "latency")
        return settings.latency_s * exp(settings.latency_spread * _NORMAL.inv_cdf(min(max(share, 0.001), 0.999)))


def _quota_tokens(model: SimulatedModel, input_tokens: int, cache: CacheUse, answer: Answer) -> int:
    """Count what a request uses of its quota: cache reads are free of it, output counts by the burndown rate."""
    return input_tokens - cache.read_tokens + answer.output_tokens * model.burndown
