"""A whole round for the empirical audit: two neighbouring cohorts, encoded, noised and added up as in any round.

Only the honest members are there, as many as the price counts on: the others may tell what they added. Masks are left
out, since what they hide cancels to the last bit (see docs/threat-model.md and the tests of `aggregate`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Mechanism, Plan, Unit
from fedlore.contribute.encode import Contribution, encode
from fedlore.observe.evidence import Features, Value
from fedlore.privacy.auditing.audit import Claim, Subject
from fedlore.privacy.auditing.scores import Outputs
from fedlore.privacy.auditing.subjects import NoiseShare
from fedlore.privacy.calibration import event_of_plan
from fedlore.privacy.planner import priced
from fedlore.privacy.sampling import Randomness
from fedlore.privacy.shares import noise_share

HONEST = 4
_MOST_EACH = 3  # projects that a member may contribute, where the unit asks for a limit
_BEYOND = 6  # projects that it holds beyond that
_FAR_OUTSIDE = 1e9  # of any measure's bounds: clipping is part of what is audited

Encode = Callable[[Plan, Catalogue, Sequence[Features]], Contribution]


@dataclass(frozen=True, slots=True)
class RoundTwice:
    """One round in two worlds that are neighbours by the plan's unit (`fedlore.privacy.sensitivity`).

    The first member's part of it moves every slot as far as it can: a project that is there or not, one that is quite
    another, all of its projects that are, or the member itself, there or not. Where the plan limits the projects of a
    member it holds more than that, so that the limit is part of what is audited.

    ``encode`` and ``noise`` are those of every participant; a test passes broken ones.
    """

    plan: Plan
    catalogue: Catalogue
    randomness: Randomness
    encode: Encode = encode
    noise: NoiseShare = noise_share

    def claim(self) -> Claim:
        event = event_of_plan(self.plan)
        mu = 1 / event.noise_multiplier if event.mechanism == "discrete gaussian" else None
        return Claim(self.plan.epsilon, self.plan.delta, mu)

    def many(self, trials: int) -> Subject:
        """Many rounds at once: the cohort is encoded once, the noise of all rounds drawn in one call a member."""

        def draw(with_unit: bool, count: int) -> Outputs:
            total: Outputs = self._exact(with_unit).astype(np.float64)
            for _ in range(HONEST):
                total = total + self._share(count)
            return total

        return Subject(self._name(), self.claim(), draw, trials)

    def one_by_one(self, trials: int) -> Subject:
        """Round after round, everything done anew: what shows noise that comes twice."""

        def draw(with_unit: bool, count: int) -> Outputs:
            return np.concatenate([self._round(with_unit) for _ in range(count)])

        return Subject(f"{self._name()}, one by one", self.claim(), draw, trials)

    def _name(self) -> str:
        unit = "" if self.plan.unit == "project" else f", one {self.plan.unit}"
        return f"whole round, {self.plan.mechanism}{unit}"

    def _round(self, with_unit: bool) -> Outputs:
        total: Outputs = self._exact(with_unit) + np.sum([self._share(1) for _ in range(HONEST)], axis=0)
        return total

    def _exact(self, with_unit: bool) -> Contribution:
        total: Contribution = np.sum(
            [self.encode(self.plan, self.catalogue, projects) for projects in self._cohort(with_unit)], axis=0
        )
        return total

    def _share(self, rounds: int) -> Outputs:
        plan = self.plan
        drawn = self.noise(
            plan.mechanism, plan.noise_scale, plan.least_honest, rounds * len(plan.slots), self.randomness
        )
        return drawn.astype(np.float64).reshape(rounds, len(plan.slots))

    def _cohort(self, with_unit: bool) -> list[list[Features]]:
        plan = self.plan
        more: dict[MeasureId, Value] = dict.fromkeys((*plan.shares, *plan.members), True)
        more |= dict.fromkeys(plan.means, _FAR_OUTSIDE) | dict.fromkeys(dict(plan.histograms), 0.0)
        nothing: dict[MeasureId, Value] = dict.fromkeys(plan.shares, False)
        opposite: dict[MeasureId, Value] = nothing | dict.fromkeys(dict(plan.histograms), _FAR_OUTSIDE)
        without: dict[Unit, list[Features]] = {
            "project": [],
            "record": [opposite],
            "contributor": [opposite] * (plan.most_projects_each + _BEYOND),
            "organisation": [],
        }
        many = plan.unit in {"contributor", "organisation"}
        there: list[Features] = [more] * (plan.most_projects_each + _BEYOND if many else 1)
        others: list[list[Features]] = [[nothing] for _ in range(HONEST - 1)]
        return [there if with_unit else without[plan.unit], *others]


def round_twice(
    catalogue: Catalogue,
    mechanism: Mechanism,
    epsilon_micro: int,
    delta_e15: int,
    randomness: Randomness,
    unit: Unit = "project",
) -> RoundTwice:
    """A round that asks one question of every kind, at this price, for neighbours of this unit."""
    practice = next(m.id for m in catalogue.measures.values() if m.kind == "yes-no" and m.role == "practice")
    outcome = catalogue.outcomes()[0].id
    histogram = next(m for m in catalogue.measures.values() if m.kind == "histogram")
    mean = next(m.id for m in catalogue.measures.values() if m.kind == "mean")
    plan = Plan(
        round_id="audit",
        federation_id="audit",
        learning_type=catalogue[practice].domain,
        as_of=0,
        shares=(practice, outcome),
        pairs=((practice, outcome),),
        histograms=((histogram.id, len(histogram.bin_labels)),),
        means=(mean,),
        members=(practice,),
        mechanism=mechanism,
        epsilon_micro=epsilon_micro,
        delta_e15=delta_e15,
        scale=1,
        noise_scale=1.0,
        least_honest=HONEST,
        min_cohort=HONEST,
        catalogue_digest=catalogue.digest,
        unit=unit,
        most_projects_each=_MOST_EACH if unit in {"contributor", "organisation"} else 0,
    )
    return RoundTwice(priced(plan), catalogue, randomness)
