"""The noised sums that one round released, in units, with what is known about their noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan, PlanError, SlotKind

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """One float for each slot of ``plan`` (units, so 1 is one project) and the noise in each of them.

    ``noise_sd`` holds, in units, the standard deviation of the noise that all ``members`` shares together put in each
    slot.
    """

    plan: Plan
    values: Floats
    noise_sd: Floats
    members: int

    @staticmethod
    def from_release(plan: Plan, lattice_sums: npt.NDArray[np.int64], contributors: int) -> Sums:
        """Read a release of ``contributors`` members; ``lattice_sums`` has shape ``(len(plan.slots),)``.

        Shares are sized so that ``plan.least_honest`` of them are enough, so all of them together hold
        ``contributors / least_honest`` times that variance. No contributors means no noise: the exact sums of one's own
        projects. Raises `PlanError` if the shape is not the plan's.
        """
        if lattice_sums.shape != (len(plan.slots),):
            raise PlanError(f"a release of shape {lattice_sums.shape} does not answer {len(plan.slots)} slots")
        if contributors < 0:
            raise PlanError(f"{contributors} contributors cannot have released anything")
        variance = _variance(plan) * contributors / plan.least_honest if contributors else 0.0
        lattice = np.array(plan.lattice, dtype=np.float64)
        return Sums(plan, lattice_sums / lattice, math.sqrt(variance) / lattice, contributors)

    @property
    def excess_kurtosis(self) -> float:
        """Of one slot's noise: 0 for a Gaussian, 3 for one Laplace variable, less for a convolution of more."""
        laplace = self.plan.mechanism == "discrete laplace" and self.members > 0
        return 3 * self.plan.least_honest / self.members if laplace else 0.0

    @property
    def count(self) -> float:
        """The noised number of projects, which may be negative."""
        return float(self.values[0])

    def of_kind(self, kind: SlotKind) -> Floats:
        """The values of all slots of one kind, in the plan's order."""
        return self.values[self._slots(kind)]

    def variance_of(self, kind: SlotKind) -> Floats:
        """The noise's variance in all slots of one kind, in the plan's order (squared units)."""
        return self.noise_sd[self._slots(kind)] ** 2

    def share_of(self, measures: tuple[MeasureId, ...]) -> Floats:
        """The +-1 coded sums of these yes-no measures; raises `PlanError` if the plan did not ask one of them alone."""
        return self.values[self._shares(measures)]

    def noise_of_pairs(self) -> Floats:
        """The deviations of the noise in n, X, Y and S of every pair: shape ``(pairs, 4)``."""
        sides = (self._shares(tuple(pair[side] for pair in self.plan.pairs)) for side in (0, 1))
        product = self._slots("pair")
        return self.noise_sd[np.stack([np.zeros_like(product), *sides, product], axis=1)]

    def _slots(self, kind: SlotKind) -> npt.NDArray[np.intp]:
        return np.array([index for index, slot in enumerate(self.plan.slots) if slot.kind == kind], dtype=np.intp)

    def _shares(self, measures: tuple[MeasureId, ...]) -> npt.NDArray[np.intp]:
        position = dict(zip(self.plan.shares, self._slots("share"), strict=True))
        if missing := sorted({measure for measure in measures if measure not in position}):
            raise PlanError(f"a pair needs the shares of both its measures, the plan lacks {', '.join(missing)}")
        return np.array([position[measure] for measure in measures], dtype=np.intp)


def _variance(plan: Plan) -> float:
    """Of the noise that ``least_honest`` shares add up to, in squared lattice points.

    A discrete Laplace variable of scale b has variance 2 a / (1 - a)^2 with a = exp(-1 / b) (Inusah and Kozubowski,
    "A discrete analogue of the Laplace distribution", 2006); a discrete Gaussian's differs from its parameter's square
    by less than 1e-6 from one lattice point on (Canonne, Kamath and Steinke, 2020, section 3).
    """
    if plan.mechanism == "discrete laplace":
        return 0.5 / math.sinh(0.5 / plan.noise_scale) ** 2
    return plan.noise_scale**2
