"""What a federation promises and what its rounds have cost, in words and numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from fedlore.catalogue.load import CatalogueError, domains_of
from fedlore.catalogue.measure import DOMAINS
from fedlore.catalogue.plan import Plan
from fedlore.catalogue.presets import least_honest
from fedlore.federation.coordinator import Coordinator
from fedlore.federation.policy import PolicyRefusal
from fedlore.federation.running import Ask, Rounds, likely_charges
from fedlore.federation.terms import Terms
from fedlore.privacy.filters import Spent, spent_by
from fedlore.privacy.ledger import (
    DELTA_UNIT,
    EPSILON_UNIT,
    RENEWAL_DAYS,
    BudgetExceeded,
    Cap,
    day_of,
)
from fedlore.privacy.planner import NothingToSay
from fedlore.privacy.room import left_in, rounds_left, total_of
from fedlore.privacy.sensitivity import NEIGHBOURS
from fedlore.privacy.shares import MechanismError, noise_excess
from fedlore.store.ledger import ChargeRow


def guarantees(terms: Terms, ask: Ask, members: int) -> dict[str, Any]:
    """The guarantee of one round and of a year's, for this many members.

    ``noise_excess`` is what it costs that only ``least_honest`` members are relied upon: when all add their shares, the
    noise has this many times the deviation that the price needs.
    """
    honest = least_honest(max(members, 1), Fraction(terms.honest)) if ask.secure_aggregation else 1
    epsilon, delta = terms.epsilon_total_micro / 1e6, terms.delta_total_e15 / 1e15
    return {
        "unit": ask.unit,
        "neighbouring_relation": NEIGHBOURS[ask.unit],
        "epsilon": epsilon,
        "delta": delta,
        "renewal_days": RENEWAL_DAYS,
        "round_epsilon": ask.epsilon,
        "round_delta": ask.delta,
        "least_honest": honest,
        "noise_excess": round(noise_excess(max(members, honest), honest), 3),
        "min_cohort": terms.min_cohort,
        "mechanism": "shares of discrete Gaussian or discrete Laplace noise, whichever blurs the round's answers less",
        "secure_aggregation": ask.secure_aggregation,
        "words": (
            f"Whoever sees every release of this federation in a year cannot tell whether any one project took part, "
            f"up to epsilon {epsilon:g} and delta {delta:g} a year, as long as {honest} of {members} members add "
            "their noise; "
            + (
                "only the sum over all members is ever opened."
                if ask.secure_aggregation
                else "vectors are added in the clear."
            )
        ),
    }


def schedule(terms: Terms, ask: Ask) -> dict[str, Any]:
    """How many equal rounds a year's budget pays, how many members each needs, and when they begin.

    Which mechanism a round gets is decided when it is planned: the number is that of the one that allows fewer.
    """
    cap = Cap(None, terms.epsilon_total_micro, terms.delta_total_e15, adaptive=True)
    return {
        "rounds": min(rounds_left(cap, Spent(), charge) for charge in likely_charges(ask)),
        "renewal_days": RENEWAL_DAYS,
        "round_epsilon": ask.epsilon,
        "round_delta": ask.delta,
        "quorum": terms.min_cohort,
        "when": "a round begins when it is asked for",
    }


def objectives(rounds: Rounds, federation_id: str, ask: Ask) -> list[dict[str, Any]]:
    """The measures that enough members are interested in, with the forecast of each at the default price of a round."""
    found = []
    for domain in DOMAINS:
        try:
            planned = rounds.plan(
                federation_id, Ask(domain, ask.epsilon, ask.delta, secure_aggregation=ask.secure_aggregation)
            )
        except (PolicyRefusal, NothingToSay, CatalogueError, BudgetExceeded, MechanismError):
            continue
        expected = {forecast.id: forecast for forecast in planned.forecasts}
        for measure in rounds.catalogue.of_domains(domains_of(domain)):
            if measure.id in expected:
                forecast = expected[measure.id]
                found.append(
                    {
                        "measure": measure.id,
                        "domain": domain,
                        "question": measure.question,
                        "forecast_halfwidth": round(forecast.total, 4),
                        "forecast_noise": round(forecast.noise, 4),
                    }
                )
    return found


def price_of(coordinator: Coordinator, plan: Plan) -> dict[str, Any]:
    """What a released round cost, and what the rounds of its year up to it cost, in both ways of counting.

    ``naive_epsilon`` and ``total_delta`` are the plain sums, ``tight_epsilon`` is the total at ``tight_delta``, the
    federation's. ``left_epsilon`` and ``left_delta`` are what the gate then admitted for one more charge of pure
    epsilon, or of delta; ``rounds_left`` how many more rounds like this one.
    """
    place, rows = _up_to(coordinator.charges(plan.federation_id), plan.round_id)
    cap = coordinator.cap(plan.federation_id)
    period = None if cap.period is None else cap.period.at(place.reserved_at_us)
    standing = [row.charge for row in rows if period is None or row.reserved_at_us >= period.since_us]
    total, spent = total_of(standing, cap.delta_e15), spent_by(standing)
    left_epsilon_micro, left_e15 = left_in(cap, spent)
    return {
        "epsilon": plan.epsilon,
        "delta": place.charge.delta_e15 / DELTA_UNIT,
        "mechanism": plan.mechanism,
        "unit": plan.unit,
        "least_honest": plan.least_honest,
        "min_cohort": plan.min_cohort,
        "secure_aggregation": plan.secure_aggregation,
        "naive_epsilon": total.naive_epsilon,
        "total_delta": total.naive_delta,
        "tight_epsilon": total.tight_epsilon,
        "tight_delta": total.tight_delta,
        "left_epsilon": left_epsilon_micro / EPSILON_UNIT,
        "left_delta": left_e15 / DELTA_UNIT,
        "rounds_left": rounds_left(cap, spent, place.charge),
        "renews": None if period is None else day_of(period.until_us),
    }


def _up_to(charges: list[ChargeRow], round_id: str) -> tuple[ChargeRow, list[ChargeRow]]:
    """A round's charge, and the charges that stood when it was released, in their order, itself the last."""
    standing = [charge for charge in charges if charge.state == "committed"]
    place = next(index for index, charge in enumerate(standing) if charge.operation_id == round_id)
    return standing[place], standing[: place + 1]
