"""Sums of one round -> all the statements that they allow."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.learn import confidence
from fedlore.learn.associations import associations
from fedlore.learn.consensus import member_ratio
from fedlore.learn.examples import widely_held
from fedlore.learn.frequencies import bin_ratio, in_own_quantity, mean_ratio, share_ratio
from fedlore.learn.intervals import Estimates
from fedlore.learn.statement import Statement, StatementKind
from fedlore.learn.sums import Floats, Sums

OF_PROJECTS = "among projects like these, these organisations held fixed"


def statements(sums: Sums, catalogue: Catalogue) -> tuple[Statement, ...]:
    """Every statement of a round, by kind: shares, odds ratios, bin shares, means, members, templates.

    Pure post-processing of what was released; an id appears once. Raises `PlanError` if the plan pairs a measure whose
    share it does not ask, `CatalogueError` if it asks a measure that the catalogue lacks. One member can put anything
    into a sum, so what does not come out as a finite number is left out.
    """
    said = (
        *_shares(sums, catalogue),
        *_odds_ratios(sums, catalogue),
        *_bin_shares(sums, catalogue),
        *_means(sums, catalogue),
        *_members(sums, catalogue),
        *_templates(sums, catalogue),
    )
    return tuple(one for one in said if _finite(one))


@dataclass(frozen=True, slots=True)
class _Kind:
    """What all statements of one kind have in common."""

    kind: StatementKind
    estimand: str
    confidence_means: str


def _shares(sums: Sums, catalogue: Catalogue) -> Iterator[Statement]:
    kind = _Kind("share", f"share of projects that say yes, {OF_PROJECTS}", confidence.SHARE)
    ratio = share_ratio(sums)
    numbers = _rows(ratio.interval(), ratio.probability_within(confidence.NEAR))
    for name, row in zip(sums.plan.shares, numbers, strict=True):
        yield _statement(sums, kind, row, name, measures=(name,), question=catalogue[name].question)


def _odds_ratios(sums: Sums, catalogue: Catalogue) -> Iterator[Statement]:
    kind = _Kind(
        "odds ratio",
        f"ratio of the odds of the outcome with and without the practice, {OF_PROJECTS}; an association, not a cause",
        confidence.ASSOCIATION,
    )
    found = associations(sums)
    sure = confidence.association_confidence(found.correlation, found.error)
    rows = _rows(found.odds.ratios(), confidence.no_surer_than_the_test(sure, found.q_value))
    tested = zip(found.q_value.tolist(), found.discovery.tolist(), strict=True)
    for pair, row, (q_value, discovery) in zip(sums.plan.pairs, rows, tested, strict=True):
        practice, outcome = (catalogue[name].question for name in pair)
        question = f"Do projects that say yes to the first say yes to the second more often? {practice} {outcome}"
        said = replace(row, q_value=q_value, discovery=discovery)
        yield _statement(sums, kind, said, "~".join(pair), measures=pair, question=question)


def _bin_shares(sums: Sums, catalogue: Catalogue) -> Iterator[Statement]:
    for position, (name, _) in enumerate(sums.plan.histograms):
        measure, ratio = catalogue[name], bin_ratio(sums, position)
        numbers = _rows(ratio.interval(), ratio.probability_within(confidence.NEAR))
        for index, (label, row) in enumerate(zip(measure.bin_labels, numbers, strict=True)):
            within = f"{label} {measure.quantity}".rstrip()
            kind = _Kind(
                "bin share",
                f"share of the projects that have a value whose value is {within}, {OF_PROJECTS}",
                confidence.SHARE,
            )
            yield _statement(sums, kind, row, f"{name}[{index}]", measures=(name,), question=measure.question)


def _means(sums: Sums, catalogue: Catalogue) -> Iterator[Statement]:
    ratio = mean_ratio(sums)
    bounds = tuple(sums.plan.clipping_bounds(catalogue.measures).values())
    scaled = in_own_quantity(ratio.interval(), bounds)
    numbers = _rows(scaled, ratio.probability_within(2 * confidence.NEAR))
    for name, row, (low, high) in zip(sums.plan.means, numbers, bounds, strict=True):
        measure = catalogue[name]
        kind = _Kind(
            "mean",
            f"mean over the projects that have a value of the value clipped to {low:g} to {high:g}, "
            f"{OF_PROJECTS}; only sums are released, so the interval allows for the largest spread that the "
            "bounds allow",
            confidence.MEAN,
        )
        yield _statement(sums, kind, row, name, measures=(name,), question=measure.question)


def _members(sums: Sums, catalogue: Catalogue) -> Iterator[Statement]:
    kind = _Kind("members", "share of the members of this round most of whose projects say yes", confidence.MEMBERS)
    ratio = member_ratio(sums)
    numbers = _rows(ratio.interval(), ratio.probability_within(confidence.NEAR))
    for name, row in zip(sums.plan.members, numbers, strict=True):
        yield _statement(sums, kind, row, f"{name}@members", measures=(name,), question=catalogue[name].question)


def _templates(sums: Sums, catalogue: Catalogue) -> Iterator[Statement]:
    kind = _Kind("template", "share of the members of this round that hold this shape of code", confidence.MEMBERS)
    for held in widely_held(sums):
        template = catalogue.template(held.template)
        row = _Row(held.estimate, min(held.low, held.estimate), max(held.high, held.estimate), held.confidence)
        question = catalogue[template.measure].question
        yield _statement(sums, kind, row, template.id, measures=(template.measure,), question=question)


def _finite(one: Statement) -> bool:
    numbers = (one.estimate, one.confidence, one.projects, 0.0 if one.q_value is None else one.q_value)
    return all(math.isfinite(number) for number in numbers)


@dataclass(frozen=True, slots=True)
class _Row:
    estimate: float
    low: float | None
    high: float | None
    confidence: float
    q_value: float | None = None
    discovery: bool = False


def _rows(numbers: Estimates, sure: Floats) -> Iterator[_Row]:
    columns = (numbers.estimate, numbers.low, numbers.high, sure)
    for estimate, low, high, probability in zip(*(column.tolist() for column in columns), strict=True):
        # Of sums in the millions a bound may miss the estimate that it equals by a rounding error.
        yield _Row(estimate, _bound(min(low, estimate)), _bound(max(high, estimate)), probability)


def _bound(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _statement(
    sums: Sums, kind: _Kind, row: _Row, name: str, *, measures: tuple[MeasureId, ...], question: str
) -> Statement:
    return Statement(
        id=name,
        kind=kind.kind,
        estimate=row.estimate,
        low=row.low,
        high=row.high,
        epsilon=sums.plan.epsilon,
        cohort=sums.members,
        projects=max(sums.count, 0.0),
        estimand=kind.estimand,
        question=question,
        confidence=row.confidence,
        confidence_means=kind.confidence_means,
        measures=measures,
        q_value=row.q_value,
        discovery=row.discovery,
        round_id=sums.plan.round_id,
    )
