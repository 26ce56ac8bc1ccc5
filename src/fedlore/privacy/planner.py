"""Decide what a round asks: as many questions as can still be answered usefully at its price, and not one more.

Every question adds to the sensitivity, so it widens the answers to all others. The planner keeps questions in order
(shares, odds ratios, histograms, means) until the privacy noise alone would blur a share by more than 25 points, or
sampling and noise together an odds ratio by more than a factor of 4; what is left out is named with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.load import Catalogue, domains_of
from fedlore.catalogue.measure import Measure, MeasureId
from fedlore.catalogue.plan import MOST_EPSILON_MICRO, Mechanism, Plan, PlanError, Unit
from fedlore.privacy.accountant import calibrate
from fedlore.privacy.calibration import calibrated
from fedlore.privacy.forecast import Forecast, likelihood_halfwidth, members_halfwidth, share_halfwidth
from fedlore.privacy.ledger import DELTA_UNIT
from fedlore.privacy.sensitivity import l1_units, l2_units
from fedlore.privacy.shares import share_variance
from fedlore.privacy.weighing import weights_for

SHARE_POINTS = 0.25
ODDS_FACTOR = 4.0
MEMBERS_WITHIN = 2.0
MOST_MEMBER_QUESTIONS = 3
_MOST_PROJECTS = 10**6
MECHANISMS: tuple[Mechanism, ...] = ("discrete gaussian", "discrete laplace")


class NothingToSay(FedloreError):
    """Not one question would get a useful answer at this price and cohort."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a round is for and what it may cost.

    ``projects`` is the number that the forecast reckons with (from the members' rounded bands), ``measures`` narrows
    the learning type to these ids. Budgets are in 1e-6 and 1e-15. ``unit`` is what the noise protects,
    ``most_projects_each`` the limit on a member's projects that goes with it. ``expected`` holds the shares that
    earlier releases said, by which the noise is split, ``bounds`` what they allow to clip means to. With ``reach`` only
    histograms of the means are asked, from which such bounds come. With ``force`` something is asked even if its
    answer says nothing.
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
    bounds: Mapping[MeasureId, tuple[float, float]] = field(default_factory=dict)
    reach: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """A question that is not asked, and why in words."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, what it leaves out, and (if reckoned, see `fedlore.learn.expected`) what its answers will be worth."""

    plan: Plan
    dropped: tuple[Dropped, ...]
    member_reason: str = ""
    forecasts: tuple[Forecast, ...] = ()


@dataclass(frozen=True, slots=True)
class _Questions:
    shares: tuple[MeasureId, ...] = ()
    pairs: tuple[tuple[MeasureId, MeasureId], ...] = ()
    histograms: tuple[tuple[MeasureId, int], ...] = ()
    means: tuple[MeasureId, ...] = ()
    members: tuple[MeasureId, ...] = ()


def plan_round(request: Request, catalogue: Catalogue) -> Planned:
    """The plan that keeps the most questions; raises `NothingToSay` where none can be answered usefully.

    Raises `PlanError` for a delta of at least one in the number of projects, which would allow to publish one of them.
    """
    if request.delta_e15 * request.projects >= DELTA_UNIT:
        raise PlanError(
            f"delta {request.delta_e15 / 1e15:g} is no protection for {request.projects} projects: not below 1 in "
            f"{request.projects}"
        )
    wanted = _candidates(request, catalogue)
    if not _size(wanted):
        raise NothingToSay(f"the catalogue has no measure for {request.learning_type}")
    kept = [(_keep(request, wanted, catalogue, mechanism), mechanism) for mechanism in MECHANISMS]
    questions, mechanism = max(
        kept, key=lambda entry: (_size(entry[0]), -_noise_sd(request, entry[0], catalogue, entry[1]))
    )
    if not _size(questions):
        if not request.force:
            raise NothingToSay(_nothing(request, wanted, catalogue))
        questions = _first(wanted)
    with_members, reason = _with_members(request, questions, catalogue, mechanism)
    plan = _weighed(request, priced(_draft(request, with_members, catalogue, mechanism)))
    more = _for_pairs(request, wanted, questions, catalogue) if wanted.pairs and not questions.pairs else ""
    return Planned(plan, _dropped(wanted, questions, more), reason)


def noise_sds(plan: Plan, members: int) -> tuple[float, ...]:
    """The standard deviation, in units, of the noise that so many members together add to each slot."""
    sd = math.sqrt(members * share_variance(plan.mechanism, plan.noise_scale, plan.least_honest))
    return tuple(sd / points for points in plan.lattice)


def _weighed(request: Request, plan: Plan) -> Plan:
    """The plan with its noise split for the least expected error, unless a share would be of no use then."""
    weights = weights_for(plan, request.expected)
    if not weights:
        return plan
    weighed = priced(replace(plan, weights=weights, scale=1, noise_scale=1.0))
    sds = noise_sds(weighed, request.members)
    widest = max(
        (sd for slot, sd in zip(weighed.slots, sds, strict=True) if slot.kind in {"share", "bin", "mean"}), default=0.0
    )
    useful = share_halfwidth(request.projects, widest, 1.0, count_sd=sds[0]).noise <= SHARE_POINTS
    return weighed if useful else plan


def _first(wanted: _Questions) -> _Questions:
    """The one question that is asked although its answer says nothing."""
    if wanted.shares:
        return _Questions(shares=wanted.shares[:1])
    return _Questions(histograms=wanted.histograms[:1], means=wanted.means[: 0 if wanted.histograms else 1])


def _nothing(request: Request, wanted: _Questions, catalogue: Catalogue) -> str:
    """Why nothing is asked, and from which epsilon or cohort on something would be."""
    one = _first(wanted)

    def fits(changed: Request) -> bool:
        return any(_useful(changed, one, catalogue, mechanism) for mechanism in MECHANISMS)

    return (
        f"{request.projects} projects of {request.members} members at epsilon {request.epsilon_micro / 1e6:g} "
        f"allow no useful statement: the noise alone would blur a single share by more than {SHARE_POINTS:.0%}, and no "
        f"smaller plan than one question helps; {_remedy(request, fits)}; --force asks that one all the same"
    )


def _for_pairs(request: Request, wanted: _Questions, kept: _Questions, catalogue: Catalogue) -> str:
    """From which epsilon or cohort on one pair would be asked beside what is, or how many pairs without the rest."""
    (practice, outcome), *_ = wanted.pairs
    beside = replace(kept, shares=tuple(dict.fromkeys([*kept.shares, practice, outcome])), pairs=wanted.pairs[:1])

    def fits(changed: Request) -> bool:
        return any(_useful(changed, beside, catalogue, mechanism) for mechanism in MECHANISMS)

    def alone(count: int) -> bool:
        pairs = wanted.pairs[:count]
        few = _Questions(shares=tuple(dict.fromkeys(name for pair in pairs for name in pair)), pairs=pairs)
        return any(_useful(request, few, catalogue, mechanism) for mechanism in MECHANISMS)

    smaller = _largest(len(wanted.pairs), alone)
    instead = f"a plan of {smaller} pairs and their shares alone would do" if smaller else "no smaller plan would do"
    return f"; {_remedy(request, fits)} for one pair, {instead}"


def _remedy(request: Request, fits: Callable[[Request], bool]) -> str:
    """The least epsilon, and the fewest projects, with which a request fits all else alike, found by bisection."""
    epsilon = _least(MOST_EPSILON_MICRO // 10**4, lambda cents: fits(replace(request, epsilon_micro=cents * 10**4)))
    projects = _least(_MOST_PROJECTS, lambda count: fits(replace(request, projects=count)))
    would = [
        f"epsilon {epsilon / 100:g} would do" if epsilon else "no epsilon would do",
        f"{projects} projects would do" if projects else "no cohort would do",
    ]
    return " and ".join(would)


def _least(most: int, fits: Callable[[int], bool]) -> int:
    """The least count from 1 to ``most`` that fits, where fitting is never lost again; 0 if none does."""
    if not fits(most):
        return 0
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def _candidates(request: Request, catalogue: Catalogue) -> _Questions:
    measures: Sequence[Measure]
    if request.measures:
        measures = [catalogue[name] for name in request.measures]
    else:
        measures = _in_turn(catalogue.of_domains(domains_of(request.learning_type)))
    if request.reach:
        return _Questions(histograms=tuple((m.id, len(m.bin_labels)) for m in measures if m.kind == "mean"))
    yes_no = [m for m in measures if m.kind == "yes-no"]
    practices = [m.id for m in yes_no if m.role == "practice"]
    outcomes = [m.id for m in yes_no if m.role == "outcome"]
    if not request.measures and practices:
        outcomes = [m.id for m in catalogue.outcomes()]
    others = [m.id for m in yes_no if m.role == "descriptor"]
    return _Questions(
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


def _keep(request: Request, wanted: _Questions, catalogue: Catalogue, mechanism: Mechanism) -> _Questions:
    """The longest beginning of each list, one list after the other, with which every kept answer is still useful."""

    def grow(most: int, with_first: Callable[[int], _Questions]) -> _Questions:
        return with_first(_largest(most, lambda count: _useful(request, with_first(count), catalogue, mechanism)))

    kept = grow(len(wanted.shares), lambda count: _Questions(shares=wanted.shares[:count]))
    asked = set(kept.shares)
    pairs = tuple(pair for pair in wanted.pairs if asked.issuperset(pair))
    kept = grow(len(pairs), partial(lambda base, count: replace(base, pairs=pairs[:count]), kept))
    kept = grow(
        len(wanted.histograms),
        partial(lambda base, count: replace(base, histograms=wanted.histograms[:count]), kept),
    )
    return grow(len(wanted.means), partial(lambda base, count: replace(base, means=wanted.means[:count]), kept))


def _largest(most: int, fits: Callable[[int], bool]) -> int:
    """The largest count up to ``most`` that fits, where fitting never returns once it is lost."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _useful(request: Request, questions: _Questions, catalogue: Catalogue, mechanism: Mechanism) -> bool:
    noise = _noise_sd(request, questions, catalogue, mechanism)
    if share_halfwidth(request.projects, noise, p=1.0).noise > SHARE_POINTS:  # the widest case: all say yes, or none
        return False
    return not questions.pairs or likelihood_halfwidth(request.projects, noise) <= math.log(ODDS_FACTOR)


def _with_members(
    request: Request, questions: _Questions, catalogue: Catalogue, mechanism: Mechanism
) -> tuple[_Questions, str]:
    """Add up to three questions about members where the forecast is within two members; else say why not."""
    practices = [name for name in questions.shares if catalogue[name].role != "outcome"]
    for count in range(min(MOST_MEMBER_QUESTIONS, len(practices)), 0, -1):
        more = replace(questions, members=tuple(practices[:count]))
        noise = _noise_sd(request, more, catalogue, mechanism)
        if members_halfwidth(noise) <= MEMBERS_WITHIN and _useful(request, more, catalogue, mechanism):
            return more, ""
    return questions, "too few members to say"


def _draft(request: Request, questions: _Questions, catalogue: Catalogue, mechanism: Mechanism) -> Plan:
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
    )


def _bounds(request: Request, means: Sequence[MeasureId], catalogue: Catalogue) -> tuple[tuple[float, float], ...]:
    """What the means are clipped to; none if that is the catalogue's bounds for all of them."""
    own = {name: bounds for name in means if (bounds := catalogue[name].bounds) is not None}
    found = tuple(request.bounds.get(name, own[name]) for name in means)
    return () if found == tuple(own.values()) else found


def priced(plan: Plan) -> Plan:
    """The plan with the lattice and the noise that its epsilon and delta demand; a participant checks it this way."""
    price = calibrated(
        plan.mechanism,
        plan.epsilon_micro,
        plan.delta_e15,
        l1_units(plan),
        l2_units(plan),
        plan.least_honest,
        len(plan.slots),
    )
    return replace(plan, scale=price.scale, noise_scale=price.noise_scale)


def _noise_sd(request: Request, questions: _Questions, catalogue: Catalogue, mechanism: Mechanism) -> float:
    """The standard deviation, in units, of the noise that all members together add to each slot."""
    draft = _draft(request, questions, catalogue, mechanism)
    excess = math.sqrt(request.members / request.least_honest)
    epsilon, delta = request.epsilon_micro / 1e6, request.delta_e15 / 1e15
    if mechanism == "discrete laplace":
        return math.sqrt(2) * calibrate(mechanism, epsilon, delta, l1_units(draft)) * excess
    return calibrate(mechanism, epsilon, delta, 1.0) * l2_units(draft) * excess


def _size(questions: _Questions) -> int:
    return len(questions.shares) + len(questions.pairs) + len(questions.histograms) + len(questions.means)


def _dropped(wanted: _Questions, kept: _Questions, for_pairs: str) -> tuple[Dropped, ...]:
    share = f"the noise would blur shares by more than {SHARE_POINTS:.0%}"
    odds = f"odds ratios would be uncertain by more than a factor of {ODDS_FACTOR:g}{for_pairs}"
    lost = share if not kept.pairs else odds
    return (
        *(Dropped(name, share) for name in wanted.shares if name not in kept.shares),
        *(Dropped(f"{a}~{b}", odds) for a, b in wanted.pairs if (a, b) not in kept.pairs),
        *(Dropped(name, lost) for name, _ in wanted.histograms if name not in dict(kept.histograms)),
        *(Dropped(name, lost) for name in wanted.means if name not in kept.means),
    )
