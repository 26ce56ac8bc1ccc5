"""One line of a benchmark's answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """``ours`` and ``peer`` in ``unit``; ``ratio`` is held against ``limit`` ("at most 1.3", "in 0.94 to 0.98")."""

    name: str
    ours: float
    peer: float | None
    ratio: float
    limit: str
    holds: bool
    unit: str = "s"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def at_most(name: str, ours: float, peer: float, limit: float, unit: str = "s") -> Row:
    """A row whose ratio ours / peer may not exceed ``limit``."""
    ratio = ours / peer
    return Row(name, ours, peer, ratio, f"at most {limit:g}", ratio <= limit, unit)


def at_least(name: str, ours: float, peer: float, limit: float, unit: str = "s") -> Row:
    """A row in which the peer takes at least ``limit`` times as much as ours (ratio = peer / ours)."""
    ratio = peer / ours
    return Row(name, ours, peer, ratio, f"at least {limit:g}", ratio >= limit, unit)


def value(
    name: str,
    ours: float,
    *,
    low: float = float("-inf"),
    high: float = float("inf"),
    peer: float | None = None,
    unit: str = "",
) -> Row:
    """A row whose own value must lie between ``low`` and ``high``; ``peer`` stands beside for comparison."""
    words = (
        f"in {low:g} to {high:g}"
        if low > float("-inf") and high < float("inf")
        else f"at least {low:g}"
        if low > float("-inf")
        else f"at most {high:g}"
    )
    return Row(name, ours, peer, ours, words, low <= ours <= high, unit)
