"""What a round lets us say: one number with its interval, what it estimates, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

StatementKind = Literal["share", "odds ratio", "bin share", "mean", "members", "template"]
OF_MEMBERS: frozenset[StatementKind] = frozenset({"members", "template"})
"""Statements about members, not projects."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A released statement. ``low`` and ``high`` bound a 95 % interval that includes sampling and privacy noise.

    ``id`` is the measure's, ``practice~outcome`` for an odds ratio, ``measure[bin]`` for one bin of a histogram,
    ``measure@members`` for a share of members, the template's for a share of members that hold it. A bound is None
    where the interval is unbounded (an odds ratio that the noise does not pin down). ``estimate`` is a share in [0, 1],
    an odds ratio, a mean in the measure's own quantity, or a share of members. ``confidence`` is a calibrated
    probability, and ``confidence_means`` says of what. ``epsilon`` is the price of the whole round that said it,
    ``cohort`` the number of members that took part, ``projects`` the noised number of projects.
    """

    id: str
    kind: StatementKind
    estimate: float
    low: float | None
    high: float | None
    epsilon: float
    cohort: int
    projects: float
    estimand: str
    question: str
    confidence: float
    confidence_means: str
    measures: tuple[str, ...] = ()
    q_value: float | None = None
    discovery: bool = False
    round_id: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_dict(table: Mapping[str, Any]) -> Statement:
        return Statement(**{**table, "measures": tuple(table.get("measures", ()))})
