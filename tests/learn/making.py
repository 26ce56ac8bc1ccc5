"""A small catalogue, plans of it, and releases of populations whose truth is known; noise from a fixed seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import Measure, MeasureId
from fedlore.catalogue.plan import Plan
from fedlore.learn.statement import Statement
from fedlore.learn.sums import Sums

MEMBERS, HONEST = 12, 8


def measure(name: str, kind: str = "yes-no", role: str = "practice", **more: object) -> Measure:
    return Measure(
        MeasureId(name),
        "code_patterns",
        "pattern_aggregation",
        f"Is there {name}?",
        "project",
        kind,
        role,
        "d",
        "s",
        **more,
    )


CATALOGUE = Catalogue(
    {
        one.id: one
        for one in (
            measure("code.tests"),
            measure("code.types"),
            measure("success.alive", role="outcome"),
            measure("code.size", "histogram", "descriptor", bins=(1.0, 10.0), quantity="files"),
            measure("code.age", "mean", "descriptor", bounds=(0.0, 8.0), quantity="years"),
        )
    },
    "digest",
)


NOTHING = {"shares": (), "pairs": (), "histograms": (), "means": (), "members": ()}


def only(**asked: object) -> Plan:
    """A plan that asks nothing but this."""
    return plan(**{**NOTHING, **asked})


def plan(**changes: object) -> Plan:
    fields = {
        "round_id": "round-1",
        "federation_id": "federation",
        "learning_type": "code_patterns",
        "as_of": 0,
        "shares": ("code.tests", "code.types", "success.alive"),
        "pairs": (("code.tests", "success.alive"), ("code.types", "success.alive")),
        "histograms": (("code.size", 3),),
        "means": ("code.age",),
        "members": ("code.tests",),
        "mechanism": "discrete gaussian",
        "epsilon_micro": 1_000_000,
        "delta_e15": 10**10,
        "scale": 16,
        "noise_scale": 160.0,
        "least_honest": HONEST,
        "min_cohort": 5,
        "catalogue_digest": "digest",
    }
    return Plan(**{**fields, **changes})


def noised(asked: Plan, exact: npt.ArrayLike, rng: np.random.Generator) -> Sums:
    """A release of these exact sums (units), with the noise of all members."""
    lattice = np.asarray(exact, dtype=np.int64) * np.array(asked.lattice)
    return Sums.from_release(asked, lattice + noise(asked, lattice.shape, rng), MEMBERS)


def noise(asked: Plan, shape: tuple[int, ...], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    fold = MEMBERS / HONEST
    if asked.mechanism == "discrete gaussian":
        return np.rint(rng.normal(0, asked.noise_scale * np.sqrt(fold), shape)).astype(np.int64)
    chance = 1 - np.exp(-1 / asked.noise_scale)
    return rng.negative_binomial(fold, chance, shape) - rng.negative_binomial(fold, chance, shape)


@dataclass(frozen=True)
class Table:
    """Shares of a practice and an outcome, and their odds ratio."""

    practice: float
    outcome: float
    odds_ratio: float

    def cells(self) -> npt.NDArray[np.float64]:
        p, q, ratio = self.practice, self.outcome, self.odds_ratio
        both = p * q
        if ratio != 1:
            total = 1 + (p + q) * (ratio - 1)
            both = (total - np.sqrt(total**2 - 4 * ratio * (ratio - 1) * p * q)) / (2 * (ratio - 1))
        return np.array([both, p - both, q - both, 1 - p - q + both])


def said(name: str, kind: str, estimate: float, low: float, high: float, **changes: object) -> Statement:
    fields = {
        "epsilon": 1.0,
        "cohort": 6,
        "projects": 200.0,
        "estimand": "e",
        "question": "q",
        "confidence": 0.9,
        "confidence_means": "m",
        "measures": tuple(name.split("~")),
    }
    return Statement(id=name, kind=kind, estimate=estimate, low=low, high=high, **{**fields, **changes})
