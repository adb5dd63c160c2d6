"""Dollars: `Decimal` in code, whole numbers of 10⁻¹² USD in the store."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

PICO = Decimal(10) ** 12


def to_pico(usd: Decimal) -> int:
    """Give an amount as whole picodollars, rounded half-even."""
    return int((usd * PICO).to_integral_value(rounding=ROUND_HALF_EVEN))


def from_pico(pico: int) -> Decimal:
    """Give picodollars as dollars, exactly."""
    return Decimal(pico).scaleb(-12)


def plain(usd: Decimal) -> str:
    """Write an amount as its shortest decimal, without exponent: `0.00042`, `12`, `0`."""
    text = f"{usd:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
