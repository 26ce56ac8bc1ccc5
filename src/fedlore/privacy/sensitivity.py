"""How far one project can move a contribution, read off the plan's own slots."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fedlore.catalogue.plan import Plan, PlanError, Slot


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Bounds on the change of a round's sum when one project is added or removed, in lattice points.

    ``l1`` and ``l2_squared`` are exact integers, ``linf`` is the most that one slot moves.
    """

    l1: int
    l2_squared: int
    linf: int

    @property
    def l2(self) -> float:
        return math.sqrt(self.l2_squared)


def sensitivity(plan: Plan) -> Sensitivity:
    """Derive the sensitivity of ``plan`` for neighbours that differ in one project, added or removed.

    Every slot moves by at most one unit (``plan.scale`` lattice points): a count by the project itself, a share or pair
    by its sign, a mean by its value in [-1, 1], a member's bit by being turned. Of a histogram's bins only the one that
    the project falls into moves. Raises `PlanError` for any other privacy unit.
    """
    if plan.unit != "project":
        raise PlanError(f"no sensitivity is known for the privacy unit {plan.unit!r}")
    moved = sum(1 for slot in plan.slots if _may_move_with_the_rest(slot))
    return Sensitivity(moved * plan.scale, moved * plan.scale**2, plan.scale)


def l1_units(plan: Plan) -> float:
    """The L1 sensitivity in units, whatever the plan's lattice."""
    found = sensitivity(plan)
    return found.l1 / found.linf


def l2_units(plan: Plan) -> float:
    """The L2 sensitivity in units, whatever the plan's lattice."""
    found = sensitivity(plan)
    return found.l2 / found.linf


def _may_move_with_the_rest(slot: Slot) -> bool:
    return slot.kind != "bin" or slot.bin == 0
