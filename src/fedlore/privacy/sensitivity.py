"""How far one privacy unit can move a round's sum, read off the plan's own slots, weights and limit on projects.

Neighbours, by the plan's unit:

- ``project``: one project is added or removed.
- ``record``: one commit, story or file is another, and with it any feature of one project; the projects stay.
- ``contributor``: one person's work within one member is another, and with it any feature of all the projects that the
  member contributes, at most ``most_projects_each``.
- ``organisation``: a whole member with its projects, at most ``most_projects_each``, is there or is not.

Nothing is known of what the unit changes in a project but the bounds that `fedlore.contribute.clip` enforces. Whatever
the unit, the noise is never below what one project added or removed asks for, so that no round protects less than that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan, PlanError, SlotKind, Unit

NEIGHBOURS: dict[Unit, str] = {
    "project": "one project added or removed",
    "record": "one commit, story or file changed, and with it any feature of one project",
    "contributor": "one person's work within one member changed, in all of the projects that the member contributes",
    "organisation": "one member with all of the projects that it contributes, there or not",
}


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Bounds on the change of a round's sum between neighbours, in lattice points.

    ``l0`` counts the slots that can move at once, ``linf`` is the most that one of them moves. ``l1`` and
    ``l2_squared`` are exact integers.
    """

    l0: int
    l1: int
    l2_squared: int
    linf: int

    @property
    def l2(self) -> float:
        return math.sqrt(self.l2_squared)

    def __add__(self, other: Sensitivity) -> Sensitivity:
        """Of two groups of slots that may both move as far as they can."""
        return Sensitivity(
            self.l0 + other.l0,
            self.l1 + other.l1,
            self.l2_squared + other.l2_squared,
            max(self.linf, other.linf),
        )

    def times(self, projects: int, slots: int) -> Sensitivity:
        """Of so many projects, each moving any of ``slots`` slots: farthest if all move the same ones the same way."""
        l0 = min(projects * self.l0, slots)
        return Sensitivity(l0, projects * self.l1, projects**2 * self.l2_squared, projects * self.linf)

    def at_least(self, other: Sensitivity) -> Sensitivity:
        """The farther of two norms each (``l0`` stays, as no noise follows from it)."""
        return Sensitivity(
            self.l0, max(self.l1, other.l1), max(self.l2_squared, other.l2_squared), max(self.linf, other.linf)
        )


def sensitivity(plan: Plan) -> Sensitivity:
    """Derive the sensitivity of ``plan`` for its unit's neighbours; raises `PlanError` for a unit that it lacks.

    A project adds at most one unit to a slot and falls into one bin of a histogram. Changed, it moves a share or pair
    by two units, leaves one bin for another, and a mean either appears (two units of ``present``, one of ``mean``) or
    crosses its whole range (two of ``mean``). A member's bit moves by one whatever is changed.
    Of the members' bits for templates one project turns at most those that it names, ``most_templates_each``, and one
    that is changed those that it named and those that it names now.
    """
    slots = _Slots(plan)
    limit = plan.most_projects_each
    project = slots.added() + slots.bits() + slots.held(1)
    match plan.unit:
        case "project":
            return project
        case "record":
            return (slots.changed() + slots.bits() + slots.held(2)).at_least(project)
        case "contributor" if limit:
            return (slots.changed().times(limit, slots.size - 1) + slots.bits() + slots.held(2 * limit)).at_least(
                project
            )
        case "organisation" if limit:
            # Beyond the limit one project more drives out another, which changes one that takes part.
            driven_out = slots.changed() + slots.bits() + slots.held(2)
            whole = slots.added().times(limit, slots.size) + slots.bits() + slots.held(limit)
            return replace(whole.at_least(driven_out), l0=max(whole.l0, driven_out.l0))
    raise PlanError(
        f"no sensitivity is known for the privacy unit {plan.unit!r} without a limit on a member's projects"
    )


def l1_units(plan: Plan) -> float:
    """The L1 sensitivity in units of a slot of weight 1, whatever the plan's lattice."""
    return sensitivity(plan).l1 / plan.scale


def l2_units(plan: Plan) -> float:
    """The L2 sensitivity in units of a slot of weight 1, whatever the plan's lattice."""
    return sensitivity(plan).l2 / plan.scale


class _Slots:
    """The lattice points of one unit in each of a plan's slots, by what moves them together."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._by_kind: dict[SlotKind, list[int]] = {}
        for slot, points in zip(plan.slots, plan.lattice, strict=True):
            self._by_kind.setdefault(slot.kind, []).append(points)

    @property
    def size(self) -> int:
        """How many slots projects move, the count of projects included; members' own are not among them."""
        return sum(len(points) for kind, points in self._by_kind.items() if kind not in {"member", "holder"})

    def added(self) -> Sensitivity:
        """One project more or less."""
        kinds: tuple[SlotKind, ...] = ("count", "share", "pair", "present", "mean")
        moved = [points for kind in kinds for points in self._of(kind)]
        return _moved(*moved, *(max(bins) for bins in self._histograms()))

    def changed(self) -> Sensitivity:
        """One project turned into any other."""
        total = self._signs()
        for bins in self._histograms():
            total += _moved(*sorted(bins)[-2:])
        for present, mean in zip(self._of("present"), self._of("mean"), strict=True):
            total += _moved(2 * present, mean).at_least(_moved(2 * mean))
        return total

    def bits(self) -> Sensitivity:
        """Every member's bit turned."""
        return _moved(*self._of("member"))

    def held(self, projects: int) -> Sensitivity:
        """The members' bits for templates that so many projects name, each turned: the heaviest of them."""
        named = projects * self._plan.most_templates_each
        return _moved(*sorted(self._of("holder"), reverse=True)[:named])

    def _signs(self) -> Sensitivity:
        """Shares and pairs, each turned, but of two shares and their product never more than two.

        So each of any pairs that have no measure in common saves the least of its three moves.
        """
        share = dict(zip(self._plan.shares, self._of("share"), strict=True))
        pairs = [
            (practice, outcome, points)
            for (practice, outcome), points in zip(self._plan.pairs, self._of("pair"), strict=True)
            if practice != outcome  # a sign times itself is 1 whatever it is
        ]
        total = _moved(*(2 * points for points in share.values()), *(2 * points for _, _, points in pairs))
        taken: set[MeasureId] = set()
        for practice, outcome, points in pairs:
            if taken.isdisjoint((practice, outcome)):
                taken.update((practice, outcome))
                saved = 2 * min(share[practice], share[outcome], points)
                total = Sensitivity(total.l0 - 1, total.l1 - saved, total.l2_squared - saved**2, total.linf)
        return total

    def _of(self, kind: SlotKind) -> list[int]:
        return self._by_kind.get(kind, [])

    def _histograms(self) -> Iterator[list[int]]:
        start = 0
        for _, bins in self._plan.histograms:
            yield self._of("bin")[start : start + bins]
            start += bins


def _moved(*points: int) -> Sensitivity:
    return Sensitivity(len(points), sum(points), sum(one * one for one in points), max(points, default=0))
