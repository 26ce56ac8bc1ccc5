"""Clipped features of all of a participant's projects -> the one integer vector whose shape the plan fixes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan, PlanError, Slot
from fedlore.contribute.clip import clip_features, clip_projects
from fedlore.observe.evidence import Features, Value

FINE = 2**20
Bounds = tuple[float, float]
Contribution = npt.NDArray[np.int64]


def encode(plan: Plan, catalogue: Catalogue, projects: Sequence[Features]) -> Contribution:
    """The participant's contribution before noise: shape ``(len(plan.slots),)``, in lattice points (`Plan.lattice`).

    Clips first, the projects to the plan's limit among other things. Raises `PlanError` for more projects than a word
    can count (see `Plan.most_projects`), in words that whoever asked may hear.
    """
    clipped = clip_features(plan, catalogue, clip_projects(plan, projects))
    if len(clipped) > plan.most_projects():
        raise PlanError("there are more projects here than the sums of such a round can count")
    columns = _Columns(clipped, catalogue, plan.clipping_bounds(catalogue.measures))
    sums = [columns.sum(slot, points) for slot, points in zip(plan.slots, plan.lattice, strict=True)]
    return np.array(sums, dtype=np.int64)


class _Columns:
    """The clipped projects by measure, each column made once however many slots need it."""

    def __init__(
        self, projects: Sequence[Mapping[MeasureId, Value]], catalogue: Catalogue, bounds: Mapping[MeasureId, Bounds]
    ) -> None:
        self._projects = projects
        self._catalogue = catalogue
        self._bounds = bounds
        self._signs: dict[MeasureId, npt.NDArray[np.int64]] = {}

    def sum(self, slot: Slot, scale: int) -> int:
        if slot.kind == "count":
            return scale * len(self._projects)
        if slot.measure is None:
            raise PlanError(f"a {slot.kind} slot names no measure")
        if slot.kind == "share":
            return scale * int(self._sign(slot.measure).sum())
        if slot.kind == "pair":
            if slot.outcome is None:
                raise PlanError("a pair names no outcome")
            return scale * int(self._sign(slot.measure) @ self._sign(slot.outcome))
        if slot.kind == "member":
            return scale * int(self._sign(slot.measure).sum() > 0)
        if slot.kind == "holder":
            return scale * any(slot.measure in project for project in self._projects)
        values = [project[slot.measure] for project in self._projects]
        if slot.kind == "present":
            return scale * sum(1 if value is not None else -1 for value in values)
        there = [float(value) for value in values if value is not None]
        measure = self._catalogue[slot.measure]
        if slot.kind == "bin":
            return scale * sum(bisect_right(measure.bin_edges, value) == slot.bin for value in there)
        low, high = self._bounds[slot.measure]
        # Rounding the sum rather than each value keeps a coarse lattice from biasing it; as the floor of a whole number
        # of fine points it still moves by at most ``scale`` when one value comes or goes.
        fine = sum(round(FINE * (2 * (value - low) / (high - low) - 1)) for value in there)
        return (2 * fine * scale + FINE) // (2 * FINE)

    def _sign(self, measure: MeasureId) -> npt.NDArray[np.int64]:
        if measure not in self._signs:
            self._signs[measure] = np.array([1 if p[measure] else -1 for p in self._projects], dtype=np.int64)
        return self._signs[measure]
