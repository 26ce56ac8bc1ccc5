"""Code templates: which shapes of the public dictionary a project's findings have, and how often."""

from __future__ import annotations

from collections import Counter

from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.templates import load_templates
from fedlore.observe.evidence import Tree
from fedlore.observe.features.sources import production


def held(tree: Tree) -> dict[MeasureId, float]:
    """How many findings in source files outside of tests have each template, by its id; none that has no finding."""
    known = load_templates().entries
    found: Counter[MeasureId] = Counter()
    for file in production(tree):
        for name in file.counts.keys() & known.keys():
            found[MeasureId(name)] += file.counts[name]
    return {template: float(count) for template, count in found.items()}
