"""Decide what a round asks: as many questions as can still be answered usefully at its price, and not one more.

Every question adds to the sensitivity, so it widens the answers to all others. The planner keeps questions in order
(shares, odds ratios, histograms, means) until the privacy noise alone would blur a share by more than 25 points, or
sampling and noise together an odds ratio by more than a factor of 4; what is left out is named with the reason. Where
an earlier release says how common practices and outcomes are, the pairs with the narrowest forecast come first, so that
those of which nothing can be said take no noise from them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Mechanism, Plan, PlanError
from fedlore.privacy.bisection import largest
from fedlore.privacy.calibration import calibrated
from fedlore.privacy.earlier import Pair, is_doubtful, most_with_value, pair_width, why_not_pair, why_not_value
from fedlore.privacy.forecast import Forecast, likelihood_halfwidth, members_halfwidth, share_halfwidth
from fedlore.privacy.ledger import DELTA_UNIT
from fedlore.privacy.questions import (
    MECHANISMS,
    ODDS_FACTOR,
    SHARE_POINTS,
    Questions,
    Request,
    candidates,
    draft,
    noise_sd,
    template_candidates,
    useful,
)
from fedlore.privacy.remedies import Remedy, for_one_pair, for_one_question
from fedlore.privacy.sensitivity import l1_units, l2_units
from fedlore.privacy.shares import share_variance
from fedlore.privacy.weighing import weights_for

MEMBERS_WITHIN = 2.0
MOST_MEMBER_QUESTIONS = 3
MANY_WITH_VALUE = 0.5
"""Where so many projects may have a value, a histogram or mean that is left out is left out for its noise."""
TOO_FEW_FOR_TEMPLATES = "too few members to show code templates beside so many questions at this price"


class NothingToSay(FedloreError):
    """Not one question would get a useful answer at this price and cohort; ``remedy`` is what would help, if known."""

    def __init__(self, words: str, remedy: Remedy | None = None) -> None:
        super().__init__(words)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Dropped:
    """A question that is not asked, and why in words."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, what it leaves out, and (if reckoned, see `fedlore.learn.expected`) what its answers will be worth.

    Where pairs were wanted and none is asked, ``remedy`` is what would help. ``template_reason`` says why no code
    templates are asked though they were wanted.
    """

    plan: Plan
    dropped: tuple[Dropped, ...]
    member_reason: str = ""
    forecasts: tuple[Forecast, ...] = ()
    remedy: Remedy | None = None
    template_reason: str = ""


def plan_round(request: Request, catalogue: Catalogue) -> Planned:
    """The plan that keeps the most questions; raises `NothingToSay` where none can be answered usefully.

    Raises `PlanError` for a delta of at least one in the number of projects, which would allow to publish one of them.
    """
    if request.delta_e15 * request.projects >= DELTA_UNIT:
        raise PlanError(
            f"delta {request.delta_e15 / 1e15:g} is no protection for {request.projects} projects: not below 1 in "
            f"{request.projects}"
        )
    wanted = candidates(request, catalogue)
    if not wanted.size:
        raise NothingToSay(f"the catalogue has no measure for {request.learning_type}")
    kept = [(_keep(request, wanted, catalogue, mechanism), mechanism) for mechanism in MECHANISMS]
    questions, mechanism = max(
        kept, key=lambda entry: (entry[0].size, -noise_sd(request, entry[0], catalogue, entry[1]))
    )
    if not questions.size:
        if not request.force:
            raise _nothing(request, for_one_question(request, wanted, catalogue))
        questions = wanted.first()
    with_templates, template_reason = _with_templates(request, questions, catalogue, mechanism)
    with_members, reason = _with_members(request, with_templates, catalogue, mechanism)
    plan = _weighed(request, priced(draft(request, with_members, catalogue, mechanism)))
    noise = noise_sd(request, questions, catalogue, mechanism)
    best_first = replace(wanted, pairs=_narrowest_first(request, wanted.pairs, noise))
    lacking = wanted.pairs and not questions.pairs
    remedy = for_one_pair(request, best_first, questions, catalogue) if lacking else None
    dropped = _dropped(request, wanted, questions, remedy, noise)
    return Planned(plan, dropped, reason, remedy=remedy, template_reason=template_reason)


def _nothing(request: Request, remedy: Remedy) -> NothingToSay:
    return NothingToSay(
        f"{request.projects} projects of {request.members} members at epsilon {request.epsilon_micro / 1e6:g} "
        f"allow no useful statement: the noise alone would blur a single share by more than {SHARE_POINTS:.0%}, and no "
        f"smaller plan than one question helps; {remedy.words}; --force asks that one all the same",
        remedy,
    )


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
    widest = max(sd for slot, sd in zip(weighed.slots, sds, strict=True) if slot.kind in {"share", "bin", "mean"})
    of_use = share_halfwidth(request.projects, widest, 1.0, count_sd=sds[0]).noise <= SHARE_POINTS
    return weighed if of_use else plan


def _keep(request: Request, wanted: Questions, catalogue: Catalogue, mechanism: Mechanism) -> Questions:
    """The longest beginning of each list, one list after the other, with which every kept answer is still useful."""

    def grow(most: int, with_first: Callable[[int], Questions]) -> Questions:
        return with_first(largest(most, lambda count: useful(request, with_first(count), catalogue, mechanism)))

    kept = grow(len(wanted.shares), lambda count: Questions(shares=wanted.shares[:count]))
    asked = set(kept.shares)
    n, known, noise = request.projects, request.earlier, noise_sd(request, kept, catalogue, mechanism)
    ordered = _narrowest_first(request, [pair for pair in wanted.pairs if asked.issuperset(pair)], noise)
    # What only the noise of an earlier release leaves possible waits for all that is likely to say something.
    doubtful = tuple(pair for pair in ordered if is_doubtful(known, pair, n, noise, math.log(ODDS_FACTOR)))
    pairs = tuple(pair for pair in ordered if pair not in doubtful)
    histograms = tuple(sorted(wanted.histograms, key=lambda one: -most_with_value(known, one[0])))
    means = tuple(sorted(wanted.means, key=lambda name: -most_with_value(known, name)))
    kept = grow(len(pairs), partial(lambda base, count: replace(base, pairs=pairs[:count]), kept))
    kept = grow(len(histograms), partial(lambda base, count: replace(base, histograms=histograms[:count]), kept))
    kept = grow(len(means), partial(lambda base, count: replace(base, means=means[:count]), kept))
    return grow(len(doubtful), partial(lambda base, count: replace(base, pairs=(*base.pairs, *doubtful[:count])), kept))


def _narrowest_first(request: Request, pairs: Iterable[Pair], noise: float) -> tuple[Pair, ...]:
    """Pairs by what earlier releases let forecast of them; in their own order where none says anything."""
    return tuple(sorted(pairs, key=lambda pair: pair_width(request.earlier, pair, request.projects, noise)))


def _with_members(
    request: Request, questions: Questions, catalogue: Catalogue, mechanism: Mechanism
) -> tuple[Questions, str]:
    """Add up to three questions about members where the forecast is within two members; else say why not."""
    practices = [name for name in questions.shares if catalogue[name].role != "outcome"]
    for count in range(min(MOST_MEMBER_QUESTIONS, len(practices)), 0, -1):
        more = replace(questions, members=tuple(practices[:count]))
        noise = noise_sd(request, more, catalogue, mechanism)
        within = min(MEMBERS_WITHIN, _templates_within(request, more))
        if members_halfwidth(noise) <= within and useful(request, more, catalogue, mechanism):
            return more, ""
    return questions, "too few members to say"


def _with_templates(
    request: Request, questions: Questions, catalogue: Catalogue, mechanism: Mechanism
) -> tuple[Questions, str]:
    """Add the code templates, of which a project names as many as the noise allows; else say why none."""
    templates = template_candidates(request, catalogue)
    for most in range(min(request.max_examples, len(templates)), 0, -1):
        more = replace(questions, templates=templates, most_templates_each=most)
        noise = noise_sd(request, more, catalogue, mechanism)
        within = _templates_within(request, more)
        if members_halfwidth(noise) <= within and useful(request, more, catalogue, mechanism):
            return more, ""
    return questions, TOO_FEW_FOR_TEMPLATES if templates else ""


def _templates_within(request: Request, questions: Questions) -> float:
    """The half-width, in members, up to which code templates come out: with one each, those that all members hold.

    With more, also one that members half-way between ``min_holders`` and all of them hold.
    """
    if not questions.templates:
        return math.inf
    room = request.members - request.min_holders
    return room if questions.most_templates_each == 1 else room / 2


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


def _dropped(
    request: Request, wanted: Questions, kept: Questions, remedy: Remedy | None, noise: float
) -> tuple[Dropped, ...]:
    """What is left out of the wanted questions; ``noise`` is that of the kept ones."""
    share = f"the noise would blur shares by more than {SHARE_POINTS:.0%}"
    odds = f"odds ratios would be uncertain by more than a factor of {ODDS_FACTOR:g}"
    if remedy is not None:
        instead = f"a plan of {remedy.pairs} pairs and their shares alone" if remedy.pairs else "no smaller plan"
        odds += f"; {remedy.words} for one pair, {instead} would do"
    lost, known = share if not kept.pairs else odds, request.earlier
    # What an even pair would be of use for is lost to uneven shares, not to the noise.
    of_use = likelihood_halfwidth(request.projects, noise) <= math.log(ODDS_FACTOR)

    def why_pair(pair: Pair) -> str:
        return (why_not_pair(known, pair) if of_use else "") or odds

    def why_value(name: MeasureId) -> str:
        few = most_with_value(known, name) < MANY_WITH_VALUE
        return (why_not_value(known, name) if few else "") or lost

    return (
        *(Dropped(name, share) for name in wanted.shares if name not in kept.shares),
        *(Dropped("~".join(pair), why_pair(pair)) for pair in wanted.pairs if pair not in kept.pairs),
        *(Dropped(name, why_value(name)) for name, _ in wanted.histograms if name not in dict(kept.histograms)),
        *(Dropped(name, why_value(name)) for name in wanted.means if name not in kept.means),
    )
