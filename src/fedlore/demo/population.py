"""A made-up population of projects: which practices go with which outcomes, and how strongly, exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.bool_]
Pair = tuple[str, str]

PRACTICES = (
    "workflow.ci",
    "workflow.conventional_commits",
    "workflow.dependency_bot",
    "workflow.lockfile",
    "workflow.linter",
    "code.tests",
    "code.type_annotations",
    "code.logging",
    "code.async",
    "code.data_types",
    "architecture.containers",
    "architecture.decision_records",
    "collaboration.code_owners",
    "collaboration.contributing",
    "collaboration.coauthored",
)
OUTCOMES = (
    "success.survival",
    "success.activity_slope",
    "success.release_regularity",
    "success.corrective_share",
)

_WEAKEST, _STRONGEST = 2.5, 8.0
_ROOM = 0.95
"""How much of the way from 1/2 to certainty an outcome's effects may take together."""
_ADDITIVE = 3
"""Up to this many effects on one outcome always fit side by side."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of the population: ``planted`` maps (practice, outcome) to the effect d, all other pairs have none.

    d is the difference P(outcome | practice) - P(outcome | no practice), between -1 and 1; every practice and every
    outcome holds for half of the projects.
    """

    practices: tuple[str, ...]
    outcomes: tuple[str, ...]
    planted: Mapping[Pair, float]

    def odds_ratio(self, practice: str, outcome: str) -> float:
        """The marginal odds ratio of the pair, exact; 1.0 where nothing is planted."""
        effect = self.planted.get((practice, outcome), 0.0)
        return ((1 + effect) / (1 - effect)) ** 2

    def as_dict(self) -> dict[str, Any]:
        """The truth as JSON values; each planted pair also with its odds ratio, for the reader."""
        planted = [
            {"practice": practice, "outcome": outcome, "effect": d, "odds_ratio": self.odds_ratio(practice, outcome)}
            for (practice, outcome), d in self.planted.items()
        ]
        return {"practices": list(self.practices), "outcomes": list(self.outcomes), "planted": planted}

    @staticmethod
    def from_dict(table: Mapping[str, Any]) -> Truth:
        """Read back what `as_dict` gave."""
        planted = {(row["practice"], row["outcome"]): float(row["effect"]) for row in table["planted"]}
        return Truth(tuple(table["practices"]), tuple(table["outcomes"]), planted)


def draw_truth(
    rng: np.random.Generator,
    practices: Sequence[str] = PRACTICES,
    outcomes: Sequence[str] = OUTCOMES,
    planted: int = 9,
) -> Truth:
    """Draw ``planted`` pairs in both directions, spread evenly over the outcomes, with odds ratios from 2.5 to 8.

    Strengths are even on the scale of log odds ratios; where several effects on one outcome would take its probability
    out of (0, 1), the stronger ones are drawn towards 2.5. Raises `ValueError` if an outcome would need more effects
    than there are practices, or more than eleven.
    """
    share, more = divmod(planted, len(outcomes))
    signs = rng.permutation(np.resize([1.0, -1.0], planted))
    effects: dict[Pair, float] = {}
    for place, column in enumerate(rng.permutation(len(outcomes))):
        many = share + (place < more)
        if many > len(practices) or many * _least_effect() > _most_together(many):
            raise ValueError(f"{many} effects of at least {_WEAKEST} on one outcome of {len(practices)} practices")
        chosen = rng.choice(len(practices), many, replace=False)
        for row, size in zip(chosen, _draw_sizes(rng, many), strict=True):
            effects[practices[row], outcomes[column]] = float(signs[len(effects)] * size)
    order = [(practice, outcome) for outcome in outcomes for practice in practices]
    return Truth(tuple(practices), tuple(outcomes), {pair: effects[pair] for pair in order if pair in effects})


def draw_projects(truth: Truth, n: int, rng: np.random.Generator) -> Bits:
    """Draw ``n`` projects: a row of practices, then outcomes, for each; shape (n, P + O).

    Practices are independent fair coins; outcomes are independent given the practices, see `probabilities`.
    """
    practices = rng.random((n, len(truth.practices))) < 0.5
    chances = probabilities(truth, practices)
    return np.hstack([practices, rng.random(chances.shape) < chances])


def probabilities(truth: Truth, practices: Bits) -> npt.NDArray[np.float64]:
    """P(outcome | practices), shape (n, O), for rows of practices, shape (n, P).

    Of one outcome, let d_1 ... d_k be the planted effects, z_i = 2 x_i - 1 (so +1 or -1), s_i the sign of d_i, and
    m = C(k - 1, floor((k - 1) / 2)) / 2^(k - 1). Then

        P(y = 1 | x) = 1/2 + sum_i r_i (x_i - 1/2) + lambda/2 sign(sum_i s_i z_i),    r_i = d_i - lambda m s_i.

    *The marginal effect of practice i is d_i exactly.* The z_j are independent with mean 0. Given z_i, the terms r_j
    (x_j - 1/2) of the others have mean 0, and that of i is r_i/2 or -r_i/2: a difference of r_i. The vote
    sign(sum_j s_j z_j) is turned by voter i only where the other k - 1 are split as evenly as they can be. If k - 1 is
    even, that is into halves, with probability C(k - 1, (k - 1)/2) / 2^(k - 1), and the vote moves by 2 s_i. If k - 1
    is odd, one side leads by one, with probability 2 C(k - 1, (k - 2)/2) / 2^(k - 1), and the vote moves by s_i,
    between that side and a tie. Both ways its mean moves by 2 m s_i, of which lambda/2 takes lambda m s_i; and
    r_i + lambda m s_i = d_i.

    *Odds ratios.* By symmetry P(y = 1) = 1/2, so P(y = 1 | x_i = 1 or 0) = 1/2 +- d_i/2 and the marginal odds ratio is
    ((1/2 + d_i/2) / (1/2 - d_i/2))^2. *Nulls are exact:* a practice that is not among the k is independent of all that
    stands in the formula, hence of y.

    *Range.* Where sum |d_i| is at most .95, lambda is 0 and the model is additive. Otherwise lambda is the least number
    that brings lambda + sum |r_i| down to .95; so P lies in [.025, .975].
    """
    chances = np.full((len(practices), len(truth.outcomes)), 0.5)
    for column, outcome in enumerate(truth.outcomes):
        rows = [row for row, practice in enumerate(truth.practices) if (practice, outcome) in truth.planted]
        if not rows:
            continue
        effects = np.array([truth.planted[truth.practices[row], outcome] for row in rows])
        signs = np.sign(effects)
        weight = _vote_weight(len(rows), float(np.abs(effects).sum()))
        z = np.where(practices[:, rows], 1, -1)
        additive = z @ (effects - weight * _pivotal(len(rows)) * signs)
        chances[:, column] += (additive + weight * np.sign(z @ signs)) / 2
    return chances


def _pivotal(many: int) -> float:
    """Half of what one of so many voters moves the mean of a majority vote by (m in `probabilities`)."""
    return comb(many - 1, (many - 1) // 2) / float(2 ** (many - 1))


def _vote_weight(many: int, total: float) -> float:
    """The vote's share of the model (lambda in `probabilities`) for effects with this sum of sizes."""
    # Up to two voters have no vote's worth to give; there a total above the room is rounding.
    return (total - _ROOM) / (many * _pivotal(many) - 1) if many >= _ADDITIVE and total > _ROOM else 0.0


def _effect(odds_ratio: float) -> float:
    return (sqrt(odds_ratio) - 1) / (sqrt(odds_ratio) + 1)


def _least_effect() -> float:
    return _effect(_WEAKEST)


def _most_together(many: int) -> float:
    """How much so many effects may add up to, so that the vote takes no more from any of them than it has."""
    if many <= _ADDITIVE:
        return _ROOM
    return _ROOM + (many * _pivotal(many) - 1) * _least_effect() / _pivotal(many)


def _draw_sizes(rng: np.random.Generator, many: int) -> npt.NDArray[np.float64]:
    """Sizes of effects whose sum is at most `_most_together`, by shrinking what each has above the least."""
    ratios = np.exp(rng.uniform(np.log(_WEAKEST), np.log(_STRONGEST), many))
    above = (np.sqrt(ratios) - 1) / (np.sqrt(ratios) + 1) - _least_effect()
    room = _most_together(many) - many * _least_effect()
    return np.asarray(_least_effect() + above * min(1.0, room / max(float(above.sum()), 1e-12)), np.float64)
