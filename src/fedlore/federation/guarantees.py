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
from fedlore.federation.running import Ask, Rounds
from fedlore.federation.terms import Terms
from fedlore.privacy.accountant import event_of, total_epsilon
from fedlore.privacy.ledger import BudgetExceeded
from fedlore.privacy.planner import NothingToSay
from fedlore.privacy.shares import MechanismError
from fedlore.store.ledger import ChargeRow


def guarantees(terms: Terms, ask: Ask, members: int) -> dict[str, Any]:
    """The guarantee of one round and of all, for this many members."""
    honest = least_honest(max(members, 1), Fraction(terms.honest)) if ask.secure_aggregation else 1
    epsilon, delta = terms.epsilon_total_micro / 1e6, terms.delta_total_e15 / 1e15
    return {
        "unit": "project",
        "neighbouring_relation": "one project added or removed",
        "epsilon": epsilon,
        "delta": delta,
        "round_epsilon": ask.epsilon,
        "round_delta": ask.delta,
        "least_honest": honest,
        "min_cohort": terms.min_cohort,
        "mechanism": "shares of discrete Gaussian or discrete Laplace noise, whichever blurs the round's answers less",
        "secure_aggregation": ask.secure_aggregation,
        "words": (
            f"Whoever sees every release of this federation cannot tell whether any one project took part, up to "
            f"epsilon {epsilon:g} and delta {delta:g} in all, as long as {honest} of {members} members add their "
            "noise; "
            + (
                "only the sum over all members is ever opened."
                if ask.secure_aggregation
                else "vectors are added in the clear."
            )
        ),
    }


def schedule(terms: Terms, ask: Ask) -> dict[str, Any]:
    """How many rounds the budget pays, how many members each needs, and when they begin."""
    by_epsilon = int(terms.epsilon_total_micro // round(ask.epsilon * 1e6))
    by_delta = int(terms.delta_total_e15 // round(ask.delta * 1e15)) if ask.delta else by_epsilon
    return {
        "rounds": min(by_epsilon, by_delta),
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


def price_of(coordinator: Coordinator, terms: Terms, plan: Plan) -> dict[str, Any]:
    """What a released round cost, and what all rounds up to it cost: the naive sum and the tight total beside it."""
    standing = _up_to(coordinator.charges(plan.federation_id), plan.round_id)
    spent = sum(row.epsilon_micro for row in standing) / 1e6
    delta = sum(row.delta_e15 for row in standing) / 1e15
    rounds = [row for row in standing if "mechanism" in row.event]
    events = [event_of(charge.event, charge.epsilon_micro, charge.delta_e15) for charge in rounds]
    beside = spent - sum(charge.epsilon_micro for charge in rounds) / 1e6
    return {
        "epsilon": plan.epsilon,
        "delta": plan.delta,
        "mechanism": plan.mechanism,
        "unit": plan.unit,
        "least_honest": plan.least_honest,
        "min_cohort": plan.min_cohort,
        "secure_aggregation": plan.secure_aggregation,
        "naive_epsilon": spent,
        "tight_epsilon": min(spent, total_epsilon(events, delta) + beside),
        "total_delta": delta,
        "left_epsilon": terms.epsilon_total_micro / 1e6 - spent,
        "left_delta": terms.delta_total_e15 / 1e15 - delta,
    }


def _up_to(charges: list[ChargeRow], round_id: str) -> list[ChargeRow]:
    """The charges that stood when this round was released, in their order."""
    standing = [charge for charge in charges if charge.state == "committed"]
    place = next(index for index, charge in enumerate(standing) if charge.operation_id == round_id)
    return standing[: place + 1]
