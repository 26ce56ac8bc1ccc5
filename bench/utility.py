"""What privacy costs at epsilon 1: the mean absolute error of one sum, through the real code path.

A plan is calibrated, every participant encodes its project, adds its share of the noise and, where there are few of
them, masks; what is opened is held against the exact sum. Shares are calibrated once to everybody and once to two
thirds, with everybody adding theirs.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import stats

from bench.planted import masked_sum
from bench.row import Row, value
from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import Measure, MeasureId
from fedlore.catalogue.plan import Mechanism, Plan
from fedlore.catalogue.presets import least_honest
from fedlore.contribute.encode import encode
from fedlore.privacy.calibration import calibrated
from fedlore.privacy.sensitivity import l1_units, l2_units
from fedlore.privacy.shares import noise_share

PARTICIPANTS = (10, 100, 1000)
EPSILON_MICRO, DELTA_E15 = 10**6, 10**9
BINS = 100  # of which one project moves one
MOVED = 32  # bins that one project moves, all of them
MASKED_UP_TO = 100
SUMS = 10_000  # released, over all rounds of one line
WITHIN = 0.1

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table: what is asked, how it is noised, and how many count as honest."""

    name: str
    moved: int
    mechanism: Mechanism
    honest: int
    local: bool = False

    def expected(self, participants: int) -> float:
        """The mean absolute error that theory gives when all participants add their noise."""
        if self.mechanism == "discrete gaussian":
            return _gaussian_sigma() * math.sqrt(2 / math.pi * self.moved * participants / self.honest)
        return _laplace_error(self.moved / (EPSILON_MICRO / 1e6), participants / self.honest)


def run() -> list[Row]:
    """About a minute on one core; ``ours`` is measured, ``peer`` is what theory says of the same noise."""
    return [_row(setting, participants) for participants in PARTICIPANTS for setting in _settings(participants)]


def _settings(participants: int) -> list[Setting]:
    thirds = least_honest(participants)
    return [
        Setting("one-hot, Polya shares, all honest", 1, "discrete laplace", participants),
        Setting("one-hot, Polya shares, two thirds honest", 1, "discrete laplace", thirds),
        Setting("one-hot, everybody adds Laplace(1)", 1, "discrete laplace", 1, local=True),
        Setting(f"{MOVED} bins, Gaussian shares, all honest", MOVED, "discrete gaussian", participants),
        Setting(f"{MOVED} bins, Gaussian shares, two thirds honest", MOVED, "discrete gaussian", thirds),
        Setting(f"{MOVED} bins, everybody adds Laplace({MOVED})", MOVED, "discrete laplace", 1, local=True),
    ]


def _row(setting: Setting, participants: int) -> Row:
    plan, catalogue = _plan(setting)
    rng = np.random.default_rng()
    contributions = [encode(plan, catalogue, [_project(setting, rng)]) for _ in range(participants)]
    exact = np.sum(contributions, axis=0)
    masked = participants <= MASKED_UP_TO and not setting.local
    errors = []
    for index in range(-(-SUMS // len(exact))):
        vectors = [contribution + _noise(plan) for contribution in contributions]
        # Masks cancel exactly, so the first round of a line shows what all of them would.
        total = masked_sum(plan, vectors) if masked and index == 0 else np.sum(vectors, axis=0)
        errors.append(np.abs(total - exact)[_asked(setting)] / plan.scale)
    peer = setting.expected(participants)
    low, high = peer * (1 - WITHIN), peer * (1 + WITHIN)
    return value(f"utility: n={participants}, {setting.name}", float(np.mean(errors)), low=low, high=high, peer=peer)


def _noise(plan: Plan) -> Integers:
    return noise_share(plan.mechanism, plan.noise_scale, plan.least_honest, len(plan.slots), os.urandom)


def _asked(setting: Setting) -> slice:
    """The slots of the table: its bins alone, or all 32 slots of a plan of 31 shares and the number of projects."""
    return slice(1, None) if setting.moved == 1 else slice(None)


def _plan(setting: Setting) -> tuple[Plan, Catalogue]:
    """A histogram whose bins alone are released, or 32 slots that every project moves, at the price of the table."""
    histogram = MeasureId("histogram")
    edges = tuple(float(edge) for edge in range(1, BINS))
    shares = tuple(MeasureId(f"share.{index}") for index in range(MOVED - 1)) if setting.moved > 1 else ()
    common = ("code_patterns", "pattern_aggregation", "?", "project")
    measures = {name: Measure(name, *common, "yes-no", "descriptor", "made up", "none") for name in shares}
    measures[histogram] = Measure(histogram, *common, "histogram", "descriptor", "made up", "none", bins=edges)
    plan = Plan(
        round_id="round",
        federation_id="utility",
        learning_type="code_patterns",
        as_of=0,
        shares=shares,
        pairs=(),
        histograms=() if shares else ((histogram, BINS),),
        means=(),
        members=(),
        mechanism=setting.mechanism,
        epsilon_micro=EPSILON_MICRO,
        delta_e15=DELTA_E15,
        scale=1,
        noise_scale=1.0,
        least_honest=setting.honest,
        min_cohort=3,
        catalogue_digest="made up",
    )
    # The table is of bins alone: the number of projects, which every plan asks too, is left out of its price.
    l1, l2 = (1.0, 1.0) if setting.moved == 1 else (l1_units(plan), l2_units(plan))
    price = calibrated(setting.mechanism, EPSILON_MICRO, DELTA_E15, l1, l2, setting.honest, len(plan.slots))
    return replace(plan, scale=price.scale, noise_scale=price.noise_scale), Catalogue(measures, "made up")


def _project(setting: Setting, rng: np.random.Generator) -> dict[MeasureId, float | bool]:
    if setting.moved == 1:
        return {MeasureId("histogram"): float(rng.integers(BINS))}
    return {MeasureId(f"share.{index}"): bool(rng.integers(2)) for index in range(MOVED - 1)}


def _laplace_error(scale: float, parts: float) -> float:
    """The mean absolute value of a difference of two negative binomials of r = ``parts`` and ratio exp(-1 / scale).

    For ``parts`` = 1 that is the discrete Laplace distribution; a sum of many is as good as normal.
    """
    decay = math.exp(-1 / scale)
    deviation = math.sqrt(2 * parts * decay) / (1 - decay)
    if parts > 50:
        return deviation * math.sqrt(2 / math.pi)
    k = np.arange(int(60 * deviation) + 60)
    one = stats.nbinom.pmf(k, parts, 1 - decay)
    both = np.convolve(one, one[::-1])
    return float(np.abs(np.arange(len(both)) - len(k) + 1) @ both)


def _gaussian_sigma() -> float:
    """The least deviation for L2 = 1, by bisection of the exact condition (Balle and Wang, ICML 2018)."""
    epsilon, delta = EPSILON_MICRO / 1e6, DELTA_E15 / 1e15

    def spent(sigma: float) -> float:
        below, above = stats.norm.cdf([1 / (2 * sigma) - epsilon * sigma, -1 / (2 * sigma) - epsilon * sigma])
        return float(below - math.exp(epsilon) * above)

    low, high = 0.1, 100.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if spent(middle) > delta else (low, middle)
    return high
