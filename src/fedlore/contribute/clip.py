"""Keep of a project's features what the plan asks, each within the catalogue's bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan
from fedlore.observe.evidence import Features, Value


def asked(plan: Plan) -> tuple[MeasureId, ...]:
    """Every measure that the plan needs of a project, once, in the plan's order."""
    names = [
        *plan.shares,
        *(name for pair in plan.pairs for name in pair),
        *(name for name, _ in plan.histograms),
        *plan.means,
        *plan.members,
    ]
    return tuple(dict.fromkeys(names))


def clip_features(plan: Plan, catalogue: Catalogue, projects: Sequence[Features]) -> list[dict[MeasureId, Value]]:
    """One table a project, of the plan's measures alone.

    Yes-no becomes a bool (absent is no), a mean is clipped to its bounds, anything that is not a finite number becomes
    None. Whatever a repository holds, one project's share of a contribution is therefore within the plan's sensitivity.
    """
    wanted = [(name, catalogue[name]) for name in asked(plan)]
    clipped = []
    for features in projects:
        table: dict[MeasureId, Value] = {}
        for name, measure in wanted:
            value = features.get(name)
            if measure.kind == "yes-no":
                table[name] = value is not None and bool(value)
            elif value is None or not math.isfinite(value):
                table[name] = None
            elif measure.bounds is not None:
                low, high = measure.bounds
                table[name] = min(max(float(value), low), high)
            else:
                table[name] = float(value)
        clipped.append(table)
    return clipped
