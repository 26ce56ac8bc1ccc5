"""What a participant demands of every round, whoever runs it. It outranks the coordinator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.plan import Plan
from fedlore.catalogue.presets import least_honest
from fedlore.federation.terms import Terms
from fedlore.observe.owner.capacity import CAPACITIES, DEFAULT, Capacity
from fedlore.privacy.ledger import DELTA_UNIT
from fedlore.privacy.planner import priced

_DAY = 86_400


class PolicyRefusal(FedloreError):
    """This participant does not take part, and says why."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Caps for one round and a year (None: no cap of its own), least cohort, share of members trusted to add noise.

    ``epsilon_total_micro`` and ``delta_total_e15`` cap all that this participant pays in a year, in any federation;
    ``federation_epsilon_micro`` and ``federation_delta_e15`` what it pays in this one. ``project_epsilon_micro`` and
    ``project_delta_e15`` (both or none) cap what one project is part of in a year, over all federations: in further
    rounds it is left out. ``allow_clear`` lets its noised
    vector be added without masks. ``contribution_capacity`` names how much it reads for a round, and ``left_out`` is
    the number of its repositories that this left out when it joined.
    """

    epsilon_round_micro: int | None = None
    delta_round_e15: int | None = None
    federation_epsilon_micro: int | None = None
    federation_delta_e15: int | None = None
    epsilon_total_micro: int | None = None
    delta_total_e15: int | None = None
    project_epsilon_micro: int | None = None
    project_delta_e15: int | None = None
    min_cohort: int = 3
    honest: str = "2/3"
    allow_clear: bool = False
    interests: tuple[str, ...] = ()
    contribution_capacity: str = DEFAULT
    left_out: int = 0

    @property
    def capacity(self) -> Capacity:
        return CAPACITIES[self.contribution_capacity]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_dict(table: Mapping[str, Any]) -> Policy:
        return Policy(**{**table, "interests": tuple(table.get("interests", ()))})

    def check_plan(self, plan: Plan, catalogue: Catalogue, now: float) -> None:
        """Refuse a plan that asks too much, comes too cheap, or is not of this catalogue; raises `PolicyRefusal`."""
        if plan.catalogue_digest != catalogue.digest:
            raise PolicyRefusal("the plan's measures are of another version of the catalogue")
        plan.check_shape()
        plan.check_measures(catalogue.measures, catalogue.templates)
        if self.epsilon_round_micro is not None and plan.epsilon_micro > self.epsilon_round_micro:
            raise PolicyRefusal(
                f"the round costs epsilon {plan.epsilon:g}, above this participant's cap of "
                f"{self.epsilon_round_micro / 1e6:g} for one round"
            )
        if self.delta_round_e15 is not None and plan.delta_e15 > self.delta_round_e15:
            raise PolicyRefusal(
                f"the round costs delta {plan.delta:g}, above this participant's cap of "
                f"{self.delta_round_e15 / 1e15:g} for one round"
            )
        if plan.min_cohort < self.min_cohort:
            raise PolicyRefusal(
                f"the round would do with {plan.min_cohort} members, this participant asks {self.min_cohort}"
            )
        if not plan.secure_aggregation and not self.allow_clear:
            raise PolicyRefusal("the round would add vectors without masks, which this participant does not allow")
        if plan.as_of > now + _DAY:
            raise PolicyRefusal("the round looks back from a day that has not come")
        if priced(plan) != plan:
            raise PolicyRefusal("the plan's noise is not what its epsilon and delta demand")

    def check_cohort(self, plan: Plan, members: int) -> None:
        """Refuse a cohort too small, or one of which the plan assumes more honest members than this policy does."""
        if members < max(plan.min_cohort, self.min_cohort):
            raise PolicyRefusal(
                f"{members} members take part, at least {max(plan.min_cohort, self.min_cohort)} are asked"
            )
        if plan.delta_e15 * members >= DELTA_UNIT:
            raise PolicyRefusal(f"delta {plan.delta:g} is not below 1 in the number of members")
        most = least_honest(members, Fraction(self.honest)) if plan.secure_aggregation else 1
        if plan.least_honest > most:
            raise PolicyRefusal(
                f"the plan's noise needs {plan.least_honest} honest members of {members}, "
                f"this participant counts on {most}"
            )


def policy_of(terms: Terms, interests: tuple[str, ...] = (), contribution_capacity: str = DEFAULT) -> Policy:
    """The policy of a participant that joins on a federation's stated terms and adds nothing of its own.

    The federation's total of a year caps what the participant pays in this federation and, with it, in all others
    together.
    """
    return Policy(
        epsilon_round_micro=terms.epsilon_round_micro,
        delta_round_e15=terms.delta_round_e15,
        federation_epsilon_micro=terms.epsilon_total_micro,
        federation_delta_e15=terms.delta_total_e15,
        epsilon_total_micro=terms.epsilon_total_micro,
        delta_total_e15=terms.delta_total_e15,
        min_cohort=terms.min_cohort,
        honest=terms.honest,
        interests=interests,
        contribution_capacity=contribution_capacity,
    )
