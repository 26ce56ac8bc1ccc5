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


def clip_projects(plan: Plan, projects: Sequence[Features]) -> Sequence[Features]:
    """The projects that take part: all, or the first ``plan.most_projects_each`` in their owner's order (by path).

    The choice is stable: it never looks at what a project holds. If the largest or the newest were taken, one commit
    could let a project in and drive another out, and the sum would move by two projects where the noise is for one.
    """
    return projects[: plan.most_projects_each] if plan.most_projects_each else projects


def clip_features(plan: Plan, catalogue: Catalogue, projects: Sequence[Features]) -> list[dict[MeasureId, Value]]:
    """One table a project, of the plan's measures alone.

    Yes-no becomes a bool (absent is no), a mean is clipped to its bounds (`Plan.clipping_bounds`), anything that is not
    a finite number becomes None. Whatever a repository holds, one project's share of a contribution is therefore within
    the plan's sensitivity. Of the plan's templates it keeps `named_templates`, each with True.
    """
    wanted = [(name, catalogue[name]) for name in asked(plan)]
    means = plan.clipping_bounds(catalogue.measures)
    clipped = []
    for features in projects:
        table: dict[MeasureId, Value] = {}
        for name, measure in wanted:
            value = features.get(name)
            if measure.kind == "yes-no":
                table[name] = value is not None and bool(value)
            elif value is None or not math.isfinite(value):
                table[name] = None
            elif name in means:
                low, high = means[name]
                table[name] = min(max(float(value), low), high)
            else:
                table[name] = float(value)
        clipped.append(table | dict.fromkeys(named_templates(plan, features), True))
    return clipped


def named_templates(plan: Plan, features: Features) -> tuple[MeasureId, ...]:
    """The templates that a project names: at most ``plan.most_templates_each``, those that it holds most often first.

    It depends on nothing but the project, so that one project turns no more bits than it names.
    """
    held = {name: count for name in plan.templates if (count := features.get(name)) and 0 < count < math.inf}
    often = sorted(held, key=lambda name: (-held[name], plan.templates.index(name)))
    return tuple(often[: plan.most_templates_each])
