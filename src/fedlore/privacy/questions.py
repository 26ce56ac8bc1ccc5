"""The questions that a round may ask, what noise their answers get, and whether these are of use."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fedlore.catalogue.load import Catalogue, domains_of
from fedlore.catalogue.measure import Measure, MeasureId
from fedlore.catalogue.plan import Mechanism, Plan, Unit
from fedlore.privacy.accountant import calibrate
from fedlore.privacy.earlier import Earlier, bin_width, mean_width, pair_width
from fedlore.privacy.forecast import share_halfwidth
from fedlore.privacy.sensitivity import l1_units, l2_units

SHARE_POINTS = 0.25
ODDS_FACTOR = 4.0
MIN_HOLDERS = 3
MECHANISMS: tuple[Mechanism, ...] = ("discrete gaussian", "discrete laplace")


@dataclass(frozen=True, slots=True)
class Request:
    """What a round is for and what it may cost.

    ``projects`` is the number that the forecast reckons with (from the members' rounded bands), ``measures`` narrows
    the learning type to these ids. Budgets are in 1e-6 and 1e-15. ``unit`` is what the noise protects,
    ``most_projects_each`` the limit on a member's projects that goes with it. ``expected`` holds the shares that
    earlier releases said, by which the noise is split, ``earlier`` their intervals, by which is left out what nothing
    can be said of, ``bounds`` what they allow to clip means to. With ``reach`` only histograms of the means are asked,
    from which such bounds come. With ``force`` something is asked even if its answer says nothing. ``max_examples`` is
    the most code templates that a project may name (0: none are asked), and nothing is said of one that fewer than
    ``min_holders`` members hold.
    """

    round_id: str
    federation_id: str
    learning_type: str
    as_of: int
    epsilon_micro: int
    delta_e15: int
    members: int
    projects: int
    least_honest: int
    min_cohort: int
    secure_aggregation: bool = True
    measures: tuple[MeasureId, ...] = ()
    unit: Unit = "project"
    most_projects_each: int = 0
    expected: Mapping[MeasureId, float] = field(default_factory=dict)
    earlier: Mapping[MeasureId, Earlier] = field(default_factory=dict)
    bounds: Mapping[MeasureId, tuple[float, float]] = field(default_factory=dict)
    reach: bool = False
    force: bool = False
    max_examples: int = 0
    min_holders: int = MIN_HOLDERS


@dataclass(frozen=True, slots=True)
class Questions:
    """Lists of questions by kind, each in the order in which it is kept."""

    shares: tuple[MeasureId, ...] = ()
    pairs: tuple[tuple[MeasureId, MeasureId], ...] = ()
    histograms: tuple[tuple[MeasureId, int], ...] = ()
    means: tuple[MeasureId, ...] = ()
    members: tuple[MeasureId, ...] = ()
    templates: tuple[MeasureId, ...] = ()
    most_templates_each: int = 0

    @property
    def size(self) -> int:
        """How many questions there are, without those about members and templates."""
        return len(self.shares) + len(self.pairs) + len(self.histograms) + len(self.means)

    def first(self) -> Questions:
        """The one question that is asked although its answer says nothing."""
        if self.shares:
            return Questions(shares=self.shares[:1])
        return Questions(histograms=self.histograms[:1], means=self.means[: 0 if self.histograms else 1])


def candidates(request: Request, catalogue: Catalogue) -> Questions:
    """Every question that the request's measures allow."""
    measures: Sequence[Measure]
    if request.measures:
        measures = [catalogue[name] for name in request.measures]
    else:
        measures = _in_turn(catalogue.of_domains(domains_of(request.learning_type)))
    if request.reach:
        return Questions(histograms=tuple((m.id, len(m.bin_labels)) for m in measures if m.kind == "mean"))
    yes_no = [m for m in measures if m.kind == "yes-no"]
    practices = [m.id for m in yes_no if m.role == "practice"]
    outcomes = [m.id for m in yes_no if m.role == "outcome"]
    if not request.measures and practices:
        outcomes = [m.id for m in catalogue.outcomes()]
    others = [m.id for m in yes_no if m.role == "descriptor"]
    return Questions(
        shares=(*practices, *outcomes, *others),
        pairs=tuple((practice, outcome) for practice in practices for outcome in outcomes),
        histograms=tuple((m.id, len(m.bin_labels)) for m in measures if m.kind == "histogram"),
        means=tuple(m.id for m in measures if m.kind == "mean"),
    )


def _in_turn(measures: Sequence[Measure]) -> list[Measure]:
    """The first measure of each domain, then the second of each: what few projects can be asked is not all of one."""
    turn: dict[str, int] = {}
    placed = []
    for measure in measures:
        turn[measure.domain] = turn.get(measure.domain, -1) + 1
        placed.append((turn[measure.domain], measure))
    return [measure for _, measure in sorted(placed, key=lambda entry: entry[0])]


def template_candidates(request: Request, catalogue: Catalogue) -> tuple[MeasureId, ...]:
    """The code templates of the request's measures: the most common one of each rule first, then the second of each."""
    if not request.max_examples or request.reach:
        return ()
    domains = domains_of(request.learning_type)
    asked = set(request.measures) or {measure.id for measure in catalogue.of_domains(domains)}
    found = [template for template in catalogue.templates.values() if template.measure in asked]
    return tuple(template.id for template in sorted(found, key=lambda template: template.number))


def useful(request: Request, questions: Questions, catalogue: Catalogue, mechanism: Mechanism) -> bool:
    """Whether the noise leaves a share within `SHARE_POINTS` and an odds ratio, sampled too, within `ODDS_FACTOR`.

    Where an earlier release says how many projects have a value, also bins and means within `SHARE_POINTS`.
    """
    noise, n, known = noise_sd(request, questions, catalogue, mechanism), request.projects, request.earlier
    # The widest case: all say yes, or none.
    blurs = [share_halfwidth(n, noise, p=1.0).noise]
    blurs += [bin_width(known, name, bins, n, noise) for name, bins in questions.histograms if name in known]
    blurs += [mean_width(known, name, n, noise) for name in questions.means if name in known]
    return max(blurs) <= SHARE_POINTS and all(
        pair_width(known, pair, n, noise) <= math.log(ODDS_FACTOR) for pair in questions.pairs
    )


def draft(request: Request, questions: Questions, catalogue: Catalogue, mechanism: Mechanism) -> Plan:
    """A plan of these questions that has no price yet."""
    return Plan(
        round_id=request.round_id,
        federation_id=request.federation_id,
        learning_type=request.learning_type,
        as_of=request.as_of,
        shares=questions.shares,
        pairs=questions.pairs,
        histograms=questions.histograms,
        means=questions.means,
        members=questions.members,
        mechanism=mechanism,
        epsilon_micro=request.epsilon_micro,
        delta_e15=request.delta_e15,
        scale=1,
        noise_scale=1.0,
        least_honest=request.least_honest,
        min_cohort=request.min_cohort,
        catalogue_digest=catalogue.digest,
        secure_aggregation=request.secure_aggregation,
        bounds=_bounds(request, questions.means, catalogue),
        unit=request.unit,
        most_projects_each=request.most_projects_each,
        templates=questions.templates,
        most_templates_each=questions.most_templates_each,
        min_holders=request.min_holders if questions.templates else 0,
    )


def _bounds(request: Request, means: Sequence[MeasureId], catalogue: Catalogue) -> tuple[tuple[float, float], ...]:
    """What the means are clipped to; none if that is the catalogue's bounds for all of them."""
    own = {name: bounds for name in means if (bounds := catalogue[name].bounds) is not None}
    found = tuple(request.bounds.get(name, own[name]) for name in means)
    return () if found == tuple(own.values()) else found


def noise_sd(request: Request, questions: Questions, catalogue: Catalogue, mechanism: Mechanism) -> float:
    """The standard deviation, in units, of the noise that all members together add to each slot."""
    plan = draft(request, questions, catalogue, mechanism)
    excess = math.sqrt(request.members / request.least_honest)
    epsilon, delta = request.epsilon_micro / 1e6, request.delta_e15 / 1e15
    if mechanism == "discrete laplace":
        return math.sqrt(2) * calibrate(mechanism, epsilon, delta, l1_units(plan)) * excess
    return calibrate(mechanism, epsilon, delta, 1.0) * l2_units(plan) * excess
