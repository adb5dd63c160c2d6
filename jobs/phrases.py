"""Amounts of dollars and spans of time in plain words."""

from __future__ import annotations

from decimal import Decimal

from jobs.money import plain

_CENT = Decimal("0.01")
_DIME = Decimal("0.1")
_MINUTE_S, _HOUR_S = 60.0, 3600.0


def money(amount: Decimal) -> str:
    """Say an amount of dollars: to the cent, small ones to a hundredth of a cent."""
    if abs(amount) >= _DIME:
        return f"${amount.quantize(_CENT):,}"
    small = round(amount, 4)
    return f"${plain(small)}" if small or not amount else "less than $0.0001"


def span(seconds: float) -> str:
    """Say a span of time: minutes up to two hours, then hours."""
    if seconds < 2 * _HOUR_S:
        return f"{seconds / _MINUTE_S:,.0f} min"
    return f"{seconds / _HOUR_S:,.1f}".removesuffix(".0") + " h"


def sentence(clause: str) -> str:
    """Begin a clause with a capital letter."""
    return clause[:1].upper() + clause[1:]
