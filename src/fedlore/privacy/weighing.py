"""Split the noise of a round over its slots for the least expected error at the same price.

All answers are put on the scale of shares: a share and a bin as they are, a mean as a part of its range, a pair as its
phi coefficient (the difference of two shares, where both are even). The noise of a slot of weight w is in proportion to
1 / w, the price to the sum of the squared weights that one privacy unit moves. So the sum of c / w^2 over all slots,
where c is how much a slot's noise counts, is least at w^4 = c / moved^2 (Lagrange; Li, Miklau, Hay, McGregor and
Rastogi, VLDB Journal 2015, section 4.2, weigh a strategy's queries this way).
"""

from __future__ import annotations

from collections.abc import Mapping

from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan, SlotKind

MOST = 16
LEAST = 8
"""Whole numbers between which the weights of a round lie."""

_UNKNOWN_SQUARE = 1 / 3
"""What the square of 2 p - 1 is on average where every share p is as likely as any other."""
_LEAST_FREE = 0.19
"""1 - (2 p - 1)^2 at a share of 5 or 95 %: a rarer practice is not worth more of the round."""


def weights_for(plan: Plan, shares: Mapping[MeasureId, float]) -> tuple[int, ...]:
    """One weight for each of the plan's slots, from what is expected of its shares; none if all would be alike.

    ``shares`` are those of earlier releases, so that nothing is spent on them. Laplace noise is left alike for all: it
    is taken for a handful of questions, and moves of different sizes would need an event of their own in the ledger.
    """
    if plan.mechanism != "discrete gaussian" or not shares:
        return ()
    squares = {name: _coded_square(shares.get(name)) for name in plan.shares}
    costs = _costs(plan, squares)
    moved = _squared_moves(plan)
    wanted = [
        (cost / moved[slot.kind]) ** 0.25 if moved[slot.kind] else 0.0
        for slot, cost in zip(plan.slots, costs, strict=True)
    ]
    largest = max(wanted)
    # What a unit cannot move costs nothing, however finely it is asked.
    whole = [
        max(LEAST, round(MOST * one / largest)) if moved[slot.kind] else MOST
        for slot, one in zip(plan.slots, wanted, strict=True)
    ]
    return () if len(set(whole)) == 1 else tuple(whole)


def _costs(plan: Plan, squares: Mapping[MeasureId, float]) -> list[float]:
    """How much the variance of each slot's noise adds to the sum of the answers' variances, in the plan's order.

    All times n squared. A share is (n + X) / 2n. A pair's score is S - X Y / n over n sqrt((1 - x^2)(1 - y^2)), with
    x = X / n and y = Y / n.
    """
    count = sum(square / 4 for square in squares.values()) + len(plan.means) / 48
    share = dict.fromkeys(plan.shares, 1 / 4)
    pairs = []
    for practice, outcome in plan.pairs:
        x2, y2 = squares[practice], squares[outcome]
        cost = 1 / (max(1 - x2, _LEAST_FREE) * max(1 - y2, _LEAST_FREE))
        pairs.append(cost)
        share[practice] += y2 * cost
        share[outcome] += x2 * cost
        count += x2 * y2 * cost
    return [
        count,
        *(share[name] for name in plan.shares),
        *pairs,
        # A histogram counts as one question; one project moves one of its bins.
        *((bins - 1) / bins for _, bins in plan.histograms for _ in range(bins)),
        *(cost for _ in plan.means for cost in (1 / 48, 1 / 4)),
        *(1.0 for _ in plan.members),
        *(1.0 for _ in plan.templates),
    ]


def _squared_moves(plan: Plan) -> dict[SlotKind, float]:
    """By how much one privacy unit moves a slot of each kind, squared, as a part of what it moves a share."""
    if plan.unit in {"project", "organisation"}:
        bit = 1 / max(plan.most_projects_each, 1) ** 2
        return {"count": 1, "share": 1, "pair": 1, "bin": 1, "present": 1, "mean": 1, "member": bit, "holder": bit}
    bit = 1 / (4 * max(plan.most_projects_each if plan.unit == "contributor" else 1, 1) ** 2)
    return {"count": 0, "share": 1, "pair": 1, "bin": 1 / 2, "present": 1, "mean": 1 / 4, "member": bit, "holder": bit}


def _coded_square(share: float | None) -> float:
    return _UNKNOWN_SQUARE if share is None else (2 * min(max(share, 0.0), 1.0) - 1) ** 2
