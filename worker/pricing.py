"""Prices a job's attempts by the price book, in its Region, scope and lane."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from jobs.cost import billed_lane, price_usage, reserve_pico
from jobs.money import from_pico
from jobs.prices.book import PriceBook
from jobs.usage import TokenUsage
from worker.aws.capabilities import capability_of
from worker.aws.models import ModelRef, parse_model


class BookPricing:
    """The engine's prices, from the price book."""

    def __init__(
        self,
        book: PriceBook,
        *,
        region: str,
        lane: str,
        today: Callable[[], date],
        resolved: ModelRef | None = None,
    ) -> None:
        self._book = book
        self._region = region
        self._lane = lane
        self._today = today
        self._refs = {resolved.id: resolved} if resolved else {}

    def base(self, model: str) -> str | None:
        """Give the base model of a model as asked for; None when it is not known."""
        return self._ref(model).base

    def is_priced(self, model: str, lane: str = "") -> bool:
        """Whether both an input and an output token of a model have a price in a lane."""
        ref = self._ref(model)
        return all(
            self._book.rate(
                ref.base, self._region, ref.scope, lane or self._lane, kind, on=self._today(), input_tokens=1
            )
            for kind in ("input", "output")
        )

    def has_cache_prices(self, model: str) -> bool:
        """Whether cache reads and writes of a model have a price: without one, caching is not used."""
        return self._has_prices(model, ("cache_read", "cache_write_5m"))

    def reserve_pico(self, model: str, *, input_tokens: int, output_tokens: int, cached: bool) -> int | None:
        """The most that a request can cost; None when its price is not known."""
        ref = self._ref(model)
        return reserve_pico(
            self._book,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            model=ref.base,
            region=self._region,
            scope=ref.scope,
            # A flex request may be served, and billed, as default.
            lane="on-demand" if self._lane == "flex" else self._lane,
            cached=cached,
            on=self._today(),
        )

    def cost(self, model: str, usage: TokenUsage, *, tier: str) -> tuple[int | None, str]:
        """What a reply cost and the reference of its price; (None, "") when it is not known."""
        ref = self._ref(model)
        cost = price_usage(
            self._book,
            usage,
            model=ref.base,
            region=self._region,
            scope=ref.scope,
            lane=billed_lane(self._lane, tier),
            on=self._today(),
        )
        return cost.pico, cost.ref

    def quota_tokens(self, model: str, usage: TokenUsage) -> int:
        """What a reply counts against tokens per minute (Bedrock user guide, quotas-token-burndown, 2026-10)."""
        rate = capability_of(self._ref(model).base).burndown_rate
        return usage.input_tokens + usage.cache_write_tokens + usage.output_tokens * rate

    def tokens_usd(self, model: str, input_tokens: int, output_tokens: int) -> Decimal | None:
        """Price tokens, for an estimate."""
        ref = self._ref(model)
        usage = TokenUsage(input_tokens=input_tokens, output_tokens=output_tokens)
        cost = price_usage(
            self._book, usage, model=ref.base, region=self._region, scope=ref.scope, lane=self._lane, on=self._today()
        )
        if cost.pico is None and not (input_tokens or output_tokens):
            return Decimal(0)
        return None if cost.pico is None else from_pico(cost.pico)

    def _has_prices(self, model: str, kinds: tuple[str, ...]) -> bool:
        ref, on = self._ref(model), self._today()
        return all(
            self._book.rate(ref.base, self._region, ref.scope, self._lane, kind, on=on, input_tokens=1)
            for kind in kinds
        )

    def _ref(self, model: str) -> ModelRef:
        if model not in self._refs:
            self._refs[model] = parse_model(model)
        return self._refs[model]
